// SPDX-License-Identifier: Apache-2.0
#include "tb/firmware.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/fd.hpp"
#include "core/status.hpp"
#include "core/text.hpp"
#include "tb/checksum.hpp"
#include "tb/topics.hpp"

namespace tbgw::tb {
namespace {

using Json = nlohmann::ordered_json;

/// Far from the numbers that other questions count up from 1.
constexpr std::string_view kQuestion = "2000000000";
constexpr const char* kAsked =
    R"({"sharedKeys":"fw_title,fw_version,fw_size,fw_checksum,fw_checksum_algorithm"})";

bool starts_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

void take_text(const Json& attributes, const char* key, std::string& text) {
  const auto found = attributes.find(key);
  if (found == attributes.end()) return;
  // "1.2" arrives as the number 1.2: the platform stores text that looks like one so.
  if (found->is_string()) text = found->get<std::string>();
  if (found->is_number()) text = found->dump();
}

/// A name from afar as a part of a file's name.
std::string plain(std::string_view name) {
  std::string out;
  for (const char c : name.substr(0, 100)) {
    const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || (c == '.' && !out.empty());
    out.push_back(good ? c : '_');
  }
  return out;
}

std::uint64_t file_size(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode)
             ? static_cast<std::uint64_t>(info.st_size)
             : 0;
}

}  // namespace

Firmware::Firmware(std::string folder) : folder_(std::move(folder)) {}

std::string Firmware::part_path() const {
  return folder_ + "/." + plain(loading_->checksum) + ".part";
}
std::string Firmware::image_path() const {
  return folder_ + "/" + plain(loading_->title) + "-" + plain(loading_->version);
}

void Firmware::connection_up(Time now) {
  up_ = true;
  messages_.push_back({std::string{topics::kMyAttributesRequest}.append(kQuestion), kAsked});
  if (loading_) begin(now);
}

void Firmware::connection_lost() {
  up_ = false;
  due_ = Time::max();
  messages_.clear();
}

bool Firmware::message(std::string_view topic, std::string_view payload, Time now) {
  if (topic == topics::kMyAttributes) {
    offered(payload, false, now);
    return false;
  }
  if (topic == std::string{topics::kMyAttributesResponse}.append(kQuestion)) {
    offered(payload, true, now);
    return true;
  }
  if (topic == topics::kFirmwareError) {
    if (loading_) fail("the platform says " + std::string{payload});
    return true;
  }
  if (!starts_with(topic, topics::kFirmwareResponse)) return false;
  const std::string awaited = std::string{topics::kFirmwareResponse} + std::to_string(request_) +
                              std::string{topics::kChunk} + std::to_string(chunk_);
  if (loading_ && topic == awaited) take_chunk(payload, now);
  return true;
}

/// An update names only what changed; the answer to our question has it all, one level deeper.
void Firmware::offered(std::string_view text, bool all, Time now) {
  const Json parsed = Json::parse(text, nullptr, false);
  if (!parsed.is_object()) return;
  const Json* attributes = &parsed;
  if (all) {
    offer_ = Image{};
    const auto shared = parsed.find("shared");
    if (shared == parsed.end() || !shared->is_object()) return;
    attributes = &*shared;
  }
  take_text(*attributes, "fw_title", offer_.title);
  take_text(*attributes, "fw_version", offer_.version);
  take_text(*attributes, "fw_checksum", offer_.checksum);
  take_text(*attributes, "fw_checksum_algorithm", offer_.algorithm);
  if (const auto size = attributes->find("fw_size");
      size != attributes->end() && size->is_number_unsigned()) {
    offer_.size = size->get<std::uint64_t>();
  }
  const bool whole = !offer_.title.empty() && !offer_.version.empty() && offer_.size > 0 &&
                     !offer_.checksum.empty() && !offer_.algorithm.empty();
  if (!whole || loading_ == offer_ || done_ == offer_) return;
  loading_ = offer_;
  tries_ = 0;
  if (offer_.size > kLargest) return fail("it is larger than 1 GiB");
  begin(now);
}

/// From where the part on the disk ends; whole chunks only.
void Firmware::begin(Time now) {
  have_ = 0;
  const auto there = has_checksum(image_path(), loading_->algorithm, loading_->checksum);
  if (there && *there) return finish();
  have_ = file_size(part_path());
  if (have_ > loading_->size) have_ = 0;
  have_ -= have_ == loading_->size ? 0 : have_ % kChunk;
  ++request_;
  if (have_ == loading_->size) return finish();
  report("DOWNLOADING");
  ask(now);
}

void Firmware::ask(Time now) {
  chunk_ = have_ / kChunk;
  messages_.push_back({std::string{topics::kFirmwareRequest} + std::to_string(request_) +
                           std::string{topics::kChunk} + std::to_string(chunk_),
                       std::to_string(kChunk)});
  due_ = now + kPatience;
}

void Firmware::tick(Time now) {
  if (!loading_ || !up_ || now < due_) return;
  if (++tries_ >= kTries) return fail("the platform does not send it");
  ask(now);
}

void Firmware::take_chunk(std::string_view data, Time now) {
  const std::uint64_t wanted = std::min(kChunk, loading_->size - have_);
  if (data.size() != wanted) {
    return fail("a chunk has " + std::to_string(data.size()) + " bytes instead of " +
                std::to_string(wanted));
  }
  const std::string path = part_path();
  const Fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!fd || ::ftruncate(fd.get(), static_cast<off_t>(have_)) != 0 ||
      ::lseek(fd.get(), 0, SEEK_END) < 0) {
    return fail(path + ": " + errno_text(errno));
  }
  if (const auto put = write_all(fd.get(), data); !put) return fail(path + ": " + put.error().text);
  have_ += data.size();
  tries_ = 0;
  if (have_ < loading_->size) return ask(now);
  if (::fsync(fd.get()) != 0) return fail(path + ": " + errno_text(errno));
  finish();
}

/// The whole image is there, in its place or as a part.
void Firmware::finish() {
  const std::string path = image_path();
  const std::string part = part_path();
  if (have_ == loading_->size && file_size(part) == loading_->size) {
    report("DOWNLOADED");
    const auto good = has_checksum(part, loading_->algorithm, loading_->checksum);
    if (!good || !*good) {
      ::unlink(part.c_str());
      return fail(good ? "its checksum is wrong" : good.error().text);
    }
    if (::rename(part.c_str(), path.c_str()) != 0) return fail(path + ": " + errno_text(errno));
  }
  report("VERIFIED");
  events_.push_back(R"({"event":"firmware","title":)" + json_string(loading_->title) +
                    ",\"version\":" + json_string(loading_->version) + ",\"size\":" +
                    std::to_string(loading_->size) + ",\"file\":" + json_string(path) + "}");
  done_ = std::exchange(loading_, std::nullopt);
  due_ = Time::max();
}

void Firmware::fail(const std::string& why) {
  report("FAILED", why);
  warnings_.push_back("the image " + in_quotes(loading_->title) + " " +
                      in_quotes(loading_->version) + ": " + why);
  done_ = std::exchange(loading_, std::nullopt);
  due_ = Time::max();
}

void Firmware::report(std::string_view state, const std::string& error) {
  Json values{
      {"fw_state", state}, {"fw_title", loading_->title}, {"fw_version", loading_->version}};
  if (!error.empty()) values["fw_error"] = error;
  messages_.push_back({std::string{topics::kMyTelemetry},
                       values.dump(-1, ' ', false, Json::error_handler_t::replace)});
}

std::vector<Firmware::Say> Firmware::take_messages() {
  return std::exchange(messages_, {});
}
std::vector<std::string> Firmware::take_events() {
  return std::exchange(events_, {});
}
std::vector<std::string> Firmware::take_warnings() {
  return std::exchange(warnings_, {});
}

}  // namespace tbgw::tb
