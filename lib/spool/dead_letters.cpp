// SPDX-License-Identifier: Apache-2.0
#include "spool/dead_letters.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.hpp"

namespace tbgw::spool {
namespace {

using Json = nlohmann::ordered_json;

/// Small: most spools never see a dead letter, and then only a few.
constexpr std::uint64_t kDeadSegment = std::uint64_t{64} << 10;

// What of a longer line is kept fits a payload also as base64, and as text unless it is full of
// control bytes.
constexpr std::size_t kMostKept = std::size_t{1} << 20;
constexpr std::size_t kMostText = kMostPayload - (std::size_t{64} << 10);

DeadLetter shortened(const DeadLetter& letter) {
  DeadLetter kept = letter;
  kept.record.resize(std::min(kept.record.size(), kMostKept));
  kept.reason.resize(std::min<std::size_t>(kept.reason.size(), 1024));
  kept.cut = true;
  return kept;
}

}  // namespace

std::string dead_payload(const DeadLetter& letter) {
  if (letter.record.size() > kMostKept || letter.reason.size() > 1024) {
    return dead_payload(shortened(letter));
  }
  std::string record;
  bool text = is_utf8(letter.record);
  if (text) append_json_string(record, letter.record);
  text = text && record.size() < kMostText;
  if (!text) record = json_string(to_base64(letter.record));
  std::string out = "{\"t\":" + std::to_string(letter.time) + ",\"reason\":";
  append_json_string(out, is_utf8(letter.reason) ? letter.reason : latin1_to_utf8(letter.reason));
  if (letter.seq) out += ",\"seq\":" + std::to_string(*letter.seq);
  if (!text) out += R"(,"encoding":"base64")";
  if (letter.cut) out += R"(,"cut":true)";
  return out + ",\"record\":" + record + "}";
}

Result<DeadLetter> parse_dead(std::string_view payload) {
  const Json json = Json::parse(payload, nullptr, false);
  if (!json.is_object()) return Error{"is no dead letter"};
  const auto text = [&](const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string{};
  };
  DeadLetter letter;
  letter.reason = text("reason");
  letter.record = text("record");
  if (const auto time = json.find("t"); time != json.end() && time->is_number_integer()) {
    letter.time = time->get<EpochMs>();
  }
  if (const auto seq = json.find("seq"); seq != json.end() && seq->is_number_unsigned()) {
    letter.seq = seq->get<std::uint64_t>();
  }
  letter.cut = json.find("cut") != json.end();
  if (text("encoding") == "base64") {
    Result<std::string> bytes = from_base64(letter.record);
    if (!bytes) return bytes.error();
    letter.record = *std::move(bytes);
  }
  return letter;
}

std::string dead_folder(std::string_view cursor) {
  return cursor.empty() || cursor == kMainCursor ? "dead" : "dead." + std::string{cursor};
}

DeadLetters::DeadLetters(std::string spool_path, std::string_view cursor, bool sync)
    : path_(std::move(spool_path) + "/" + dead_folder(cursor)), sync_(sync) {}

DeadLetters::~DeadLetters() = default;

Outcome DeadLetters::file(const DeadLetter& letter) {
  keep(letter);
  return retry();
}

void DeadLetters::keep(const DeadLetter& letter) {
  if (!writer_) {
    WriterOptions options;
    options.segment_bytes = kDeadSegment;
    options.max_bytes = kDeadBytes;
    options.min_free = 0;  // it is a record of the spool that has its place already
    options.sync = sync_;
    writer_ = std::make_unique<Writer>(Directory::create(path_), options);
  }
  writer_->append(dead_payload(letter));
  ++filed_;
}

Outcome DeadLetters::retry() {
  if (!writer_) return {};
  Outcome done = writer_->commit();
  // Its own bound, by the policy that suits it: the oldest letters go.
  const auto near_bound = [this] {
    return writer_->bytes() + kDeadSegment + kMostPayload > kDeadBytes;
  };
  while (done.trouble == Trouble::full && near_bound() && writer_->drop_oldest(0)) {
    done = writer_->commit();
  }
  return done;
}

std::uint64_t DeadLetters::dropped() const {
  return writer_ ? writer_->counters().dropped : 0;
}

}  // namespace tbgw::spool
