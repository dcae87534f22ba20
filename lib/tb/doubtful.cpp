// SPDX-License-Identifier: Apache-2.0
#include "tb/doubtful.hpp"

#include "core/number.hpp"
#include "tb/json_cursor.hpp"

namespace tbgw::tb {
namespace {

const Error kOtherBoot{
    "was stamped while the clock was not set, and the machine has been started anew since"};

/// {"boot":…,"up":…}, and `ms` in the case of `_t`. The right time of it.
Result<std::string> right_time(std::string_view object, const ClockFacts& clock) {
  std::string boot;
  std::string unescaped;
  std::int64_t up = 0;
  for (JsonCursor cursor(object); cursor.next();) {
    if (cursor.key() == "\"boot\"" && cursor.type() == JsonType::string) {
      boot = string_text(cursor.value(), unescaped);
    }
    if (cursor.key() == "\"up\"") up = parse_integer(cursor.value(), 0, INT64_MAX / 2).value_or(-1);
  }
  if (boot != clock.boot || up < 0 || up > clock.up) return kOtherBoot;
  return std::to_string(clock.now - (clock.up - up));
}

void append_member(std::string& out, std::string_view key, std::string_view value) {
  if (out.back() != '{') out.push_back(',');
  out.append(key).append(":").append(value);
}

Result<std::string> entry(std::string_view object, const ClockFacts& clock) {
  std::string_view doubt;
  for (JsonCursor cursor(object); cursor.next();) {
    if (cursor.key() == "\"clock\"" && cursor.type() == JsonType::object) doubt = cursor.value();
  }
  if (doubt.empty()) return std::string{object};
  auto ts = right_time(doubt, clock);
  if (!ts) return ts;
  std::string out = "{";
  for (JsonCursor cursor(object); cursor.next();) {
    if (cursor.key() == "\"clock\"") continue;
    append_member(out, cursor.key(), cursor.key() == "\"ts\"" ? *ts : cursor.value());
  }
  return out + "}";
}

Result<std::string> telemetry(JsonCursor& member, const ClockFacts& clock) {
  if (member.type() == JsonType::object) return entry(member.value(), clock);
  if (member.type() != JsonType::array) return std::string{member.value()};
  std::string out = "[";
  for (JsonCursor list(member.value()); list.next();) {
    auto one = list.type() == JsonType::object ? entry(list.value(), clock)
                                               : Result<std::string>{std::string{list.value()}};
    if (!one) return one;
    if (out.size() > 1) out.push_back(',');
    out += *one;
  }
  return out + "]";
}

}  // namespace

bool may_be_doubtful(std::string_view line) {
  // Asked of every line, so it looks for letters that are rarer than quotes: ten times quicker.
  if (line.find("boot\"") != std::string_view::npos) return true;
  constexpr std::string_view kMember = "\"clock\"";
  constexpr std::size_t kBefore = kMember.size() - 2;
  for (std::size_t at = 0; (at = line.find("k\"", at)) != std::string_view::npos; ++at) {
    if (at >= kBefore && line.substr(at - kBefore, kMember.size()) == kMember) return true;
  }
  return false;
}

Result<std::string> put_right(std::string_view checked, const ClockFacts& clock) {
  std::string out = "{";
  for (JsonCursor cursor(checked); cursor.next();) {
    if (cursor.key() == "\"telemetry\"") {
      const auto right = telemetry(cursor, clock);
      if (!right) return right.error();
      append_member(out, cursor.key(), *right);
    } else if (cursor.key() == "\"_t\"" && cursor.type() == JsonType::object) {
      const auto right = right_time(cursor.value(), clock);
      if (!right) return right.error();
      append_member(out, cursor.key(), *right);
    } else {
      append_member(out, cursor.key(), cursor.value());
    }
  }
  return out + "}";
}

}  // namespace tbgw::tb
