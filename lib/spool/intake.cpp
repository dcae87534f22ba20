// SPDX-License-Identifier: Apache-2.0
#include "spool/intake.hpp"

#include <cstdint>
#include <cstring>

#include "core/text.hpp"

namespace tbgw::spool {
namespace {

constexpr std::uint64_t kEach = 0x0101010101010101ULL;

/// Some byte of the eight is below 0x20 (Mycroft's test; exact about whether there is one).
bool has_control(std::uint64_t eight) {
  return ((eight - kEach * 0x20U) & ~eight & (kEach * 0x80U)) != 0;
}

bool is_plain(std::string_view bytes) {
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20U && byte != '\t') return false;
  }
  return true;
}

bool has_only_plain_bytes(std::string_view text) {
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), sizeof eight);
    if (has_control(eight) && !is_plain(text.substr(0, sizeof eight))) return false;
    text.remove_prefix(sizeof eight);
  }
  return is_plain(text);
}

}  // namespace

std::string_view refusal(std::string_view line, std::size_t most) {
  if (line.empty()) return "an empty line";
  if (line.size() > most) return "longer than --max-record";
  if (line.front() != '{') return "not a JSON object: the first byte is not '{'";
  if (line.size() < 2 || line.back() != '}') return "not a JSON object: the last byte is not '}'";
  if (!has_only_plain_bytes(line)) return "a control byte in it";
  if (!is_utf8(line)) return "not valid UTF-8";
  return {};
}

void append_spliced(std::string& out, std::string_view member, std::string_view line) {
  out.push_back('{');
  out.append(member);
  const std::size_t next = line.find_first_not_of(" \t", 1);
  if (next != std::string_view::npos && line[next] != '}') out.push_back(',');
  out.append(line.substr(1));
}

Intake::Verdict Intake::judge(const Line& line) {
  Verdict verdict;
  verdict.text = line.text;
  verdict.refused = line.too_long ? "longer than --max-record" : refusal(line.text, most_);
  if (!verdict.refused.empty()) return verdict;
  const Glance glance = glance_.look(line.text);
  verdict.traffic = glance.traffic;
  if (glance.traffic == Traffic::foreign) {
    verdict.refused =
        "a line of another spool (its hello, or a record with _n): give that one "
        "--ack write";
  } else if (glance.untimed) {
    stamped_.clear();
    append_spliced(stamped_, acceptance_time(), line.text);
    verdict.text = stamped_;
  }
  return verdict;
}

std::string Intake::acceptance_time() {
  const EpochMs now = now_ms();
  const auto doubt = clock_.doubt(now);
  if (!doubt) return "\"_t\":" + std::to_string(now);
  // "clock":{"boot":…,"up":…} becomes "_t":{"ms":…,"boot":…,"up":…}
  constexpr std::string_view kName = "\"clock\":{";
  return "\"_t\":{\"ms\":" + std::to_string(now) + "," + doubt->substr(kName.size());
}

}  // namespace tbgw::spool
