// SPDX-License-Identifier: Apache-2.0
#include "convert/line.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr std::uint8_t kNoDigit = 16;
constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> values{};
  for (std::uint8_t& value : values)
    value = kNoDigit;
  for (std::uint8_t i = 0; i < 10; ++i)
    values[static_cast<std::size_t>('0') + i] = i;
  for (std::uint8_t i = 0; i < 6; ++i) {
    values[static_cast<std::size_t>('a') + i] = static_cast<std::uint8_t>(10 + i);
    values[static_cast<std::size_t>('A') + i] = static_cast<std::uint8_t>(10 + i);
  }
  return values;
}();

std::uint8_t hex_value(char c) {
  return kHexValues[static_cast<unsigned char>(c)];
}

/// Pairs of digits and nothing else, into memory that is there already; false if it is not that.
bool decode_plain_hex(std::string_view text, std::string& out) {
  if (text.size() % 2 != 0) return false;
  out.resize(text.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::uint8_t high = hex_value(text[2 * i]);
    const std::uint8_t low = hex_value(text[2 * i + 1]);
    if (high == kNoDigit || low == kNoDigit) return false;
    out[i] = static_cast<char>(high << 4U | low);
  }
  return true;
}

/// Compares without a call: the length is known where this is compiled.
template <std::size_t N>
bool is(std::string_view key, const char (&name)[N]) {
  return key.size() == N - 1 && std::memcmp(key.data(), name, N - 1) == 0;
}

/// Where a member with this key belongs, or nullptr.
const JsonMember** place_of(Members& out, std::string_view key) {
  switch (key.size()) {
    case 2:
      if (is(key, "ts")) return &out.ts;
      if (is(key, "_n")) return &out.number;
      return is(key, "_t") ? &out.accepted : nullptr;
    case 3:
      return is(key, "rpc") ? &out.rpc : nullptr;
    case 4:
      if (is(key, "data")) return &out.data;
      return is(key, "send") ? &out.send : nullptr;
    case 5:
      if (is(key, "event")) return &out.event;
      if (is(key, "clock")) return &out.clock;
      return is(key, "spool") ? &out.spool : nullptr;
    case 6:
      if (is(key, "source")) return &out.source;
      return is(key, "device") ? &out.device : nullptr;
    case 8:
      return is(key, "encoding") ? &out.encoding : nullptr;
    default:
      return nullptr;
  }
}

}  // namespace

LineKind Members::kind() const {
  if (spool != nullptr) return LineKind::hello;
  if (event != nullptr) return LineKind::event;
  if (send != nullptr) return LineKind::command;
  if (rpc != nullptr) return LineKind::answer;
  return data != nullptr ? LineKind::raw : LineKind::reading;
}

Members look_at(std::span<const JsonMember> members) {
  Members out;
  out.all = members;
  for (const JsonMember& member : members) {
    if (const JsonMember** place = place_of(out, member.key)) *place = &member;
  }
  return out;
}

Envelope envelope_of(const Members& members) {
  Envelope envelope;
  if (members.number != nullptr) envelope.number = members.number->raw;
  if (members.accepted != nullptr) envelope.accepted = members.accepted->raw;
  return envelope;
}

Envelope envelope_of_broken(std::string_view line) {
  constexpr std::string_view kStart = "{\"_n\":";
  if (line.substr(0, kStart.size()) != kStart) return {};
  line.remove_prefix(kStart.size());
  const std::size_t end = line.find_first_not_of("0123456789");
  // A number as a spool writes it, whole: "1" of a cut "17" would acknowledge another record.
  if (end == 0 || end == std::string_view::npos || line.front() == '0') return {};
  if (line[end] != ',' && line[end] != '}') return {};
  return {line.substr(0, end), {}};
}

void open_line(std::string& out, const Envelope& envelope) {
  out.push_back('{');
  if (!envelope.number.empty()) out.append("\"_n\":").append(envelope.number).push_back(',');
  if (!envelope.accepted.empty()) out.append("\"_t\":").append(envelope.accepted).push_back(',');
}

void append_nothing(std::string& out, const Envelope& envelope) {
  if (!envelope.number.empty()) out.append("{\"_n\":").append(envelope.number).append("}\n");
}

Result<std::string_view> text_of(const JsonMember* member, std::string_view key) {
  if (member == nullptr) return std::string_view{};
  if (member->type != JsonType::string) {
    return Error{std::string{key} + ": must be a text, is " + in_quotes(member->raw)};
  }
  return member->text;
}

Result<std::string_view> stamp_of(const Members& members) {
  const JsonMember* ts = members.ts;
  if (ts == nullptr) return std::string_view{};
  const bool whole = std::all_of(ts->raw.begin(), ts->raw.end(),
                                 [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
  if (ts->type != JsonType::number || !whole || ts->raw.size() > 16) {
    return Error{"ts: must be whole milliseconds since 1970, is " + in_quotes(ts->raw)};
  }
  return ts->raw;
}

Result<std::string_view> clock_of(const Members& members) {
  if (members.clock == nullptr) return std::string_view{};
  if (members.clock->type != JsonType::object) return Error{"clock: must be an object"};
  return members.clock->raw;
}

Result<std::string_view> address_of(const Members& members, std::string_view fallback) {
  const auto source = text_of(members.source, "source");
  if (!source) return source.error();
  std::string_view key = address_member(*source);
  if (key.empty()) key = fallback;
  return text_of(find(members.all, key), key);
}

Result<std::string_view> FrameBytes::read(const Members& members) {
  const auto data = text_of(members.data, "data");
  if (!data || members.encoding == nullptr) return data;
  const auto encoding = text_of(members.encoding, "encoding");
  if (!encoding) return encoding.error();
  if (encoding->empty() || *encoding == "text") return *data;
  if (*encoding == "hex") {
    if (decode_plain_hex(*data, decoded_)) return std::string_view{decoded_};
    auto bytes = parse_hex(*data);
    if (!bytes) return Error{"data: " + bytes.error().text};
    decoded_ = *std::move(bytes);
    return std::string_view{decoded_};
  }
  if (*encoding == "base64") {
    auto bytes = from_base64(*data);
    if (!bytes) return Error{"data: " + bytes.error().text};
    decoded_ = *std::move(bytes);
    return std::string_view{decoded_};
  }
  return Error{"encoding: " + in_quotes(*encoding) + " is not known (hex, base64, or none)"};
}

std::string_view unreadable(const Line& line) {
  if (line.too_long) return "longer than a record may be (--max-record)";
  for (const char c : line.text) {
    if (c != ' ' && c != '\t' && c != '\r') return "";
  }
  return "an empty line";
}

}  // namespace tbgw::convert
