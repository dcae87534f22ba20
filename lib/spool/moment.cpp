// SPDX-License-Identifier: Apache-2.0
#include "spool/moment.hpp"

#include <array>
#include <ctime>

#include "core/capture.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::spool {
namespace {

// Where the milliseconds of all clocks are today; a smaller number is no point in time.
constexpr EpochMs kLeastMs = 100'000'000'000;
constexpr EpochMs kMostMs = 100'000'000'000'000;

std::optional<EpochMs> parse_date(std::string text) {
  bool utc = false;
  if (!text.empty() && text.back() == 'Z') {
    utc = true;
    text.pop_back();
  }
  for (const char* format : {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"}) {
    std::tm parts{};
    parts.tm_isdst = -1;
    const char* end = ::strptime(text.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') continue;
    const std::time_t seconds = utc ? ::timegm(&parts) : std::mktime(&parts);
    return EpochMs{seconds} * 1000;
  }
  return std::nullopt;
}

}  // namespace

std::optional<EpochMs> record_time(std::string_view payload) {
  thread_local CaptureParser parser;  // it keeps its memory
  return parser.parse(payload).time;
}

Result<EpochMs> parse_moment(std::string_view text, EpochMs now) {
  if (const auto stamp = parse_integer(text, kLeastMs, kMostMs)) return *stamp;
  if (const auto date = parse_date(std::string{text})) return *date;
  if (const auto before = parse_duration(text)) return now - before->count();
  return Error{in_quotes(text) +
               " is no time: write 2026-11-24T07:30, milliseconds since 1970, or 90m"};
}

std::string format_moment(EpochMs time) {
  const std::time_t seconds = time / 1000;
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&seconds, &parts) == nullptr) return "?";
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

}  // namespace tbgw::spool
