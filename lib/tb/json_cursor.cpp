// SPDX-License-Identifier: Apache-2.0
#include "tb/json_cursor.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/json_text.hpp"

namespace tbgw::tb {
namespace {

/// The high bit of each byte of `eight` that is `byte`; above the first such byte it may also be
/// set for others.
std::uint64_t bytes_equal(std::uint64_t eight, char byte) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  const std::uint64_t zero_there = eight ^ (kOnes * static_cast<unsigned char>(byte));
  return (zero_there - kOnes) & ~zero_there & (kOnes << 7U);
}

/// Between the tokens of checked JSON no other character is as small. (A plain char may be signed,
/// so the bytes above 0x7F count as well; they stand in strings only.)
bool is_space(char c) {
  return c <= ' ';
}

const char* skip_space(const char* at, const char* end) {
  while (at < end && is_space(*at))
    ++at;
  return at;
}

/// Past the end of the string that starts at `at`.
const char* string_end(const char* at, const char* end) {
  ++at;
  // Eight characters at a time, in the order in which a little-endian word holds them.
  while (std::endian::native == std::endian::little && end - at >= 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, sizeof eight);
    const std::uint64_t found = bytes_equal(eight, '"') | bytes_equal(eight, '\\');
    if (found == 0) {
      at += sizeof eight;
      continue;
    }
    at += static_cast<std::size_t>(std::countr_zero(found)) / 8U;
    if (*at == '"') return at + 1;
    at += 2;
  }
  for (; at < end; ++at) {
    if (*at == '"') return at + 1;
    if (*at == '\\') ++at;
  }
  return end;
}

/// What ends a number or a word.
constexpr std::array<bool, 256> kEndsScalar = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c <= ' '; ++c)
    table[c] = true;
  table[','] = table[']'] = table['}'] = true;
  return table;
}();

/// Past the end of the value that starts at `at`.
const char* value_end(const char* at, const char* end) {
  if (*at == '"') return string_end(at, end);
  if (*at != '{' && *at != '[') {
    while (at < end && !kEndsScalar[static_cast<unsigned char>(*at)])
      ++at;
    return at;
  }
  int depth = 0;
  while (at < end) {
    const char c = *at;
    if (c == '"') {
      at = string_end(at, end);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) break;
  }
  return at;
}

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

JsonCursor::JsonCursor(std::string_view checked)
    : at_(checked.data()),
      end_(checked.data() + checked.size()),
      in_object_(!checked.empty() && checked.front() == '{') {
  if (at_ < end_) ++at_;
}

bool JsonCursor::next() {
  if (value_ != nullptr) value();
  const char* at = skip_space(at_, end_);
  if (at < end_ && *at == ',') at = skip_space(at + 1, end_);
  if (at >= end_ || *at == '}' || *at == ']') {
    at_ = at;
    value_ = nullptr;
    return false;
  }
  if (in_object_) {
    const char* const begin = at;
    at = string_end(at, end_);
    key_ = between(begin, at);
    at = skip_space(at, end_);
    at = skip_space(std::min(at + 1, end_), end_);  // over the colon
    if (at >= end_) {
      at_ = end_;
      value_ = nullptr;
      return false;
    }
  }
  value_ = at;
  value_end_ = nullptr;
  return true;
}

std::string_view JsonCursor::value() {
  if (value_end_ == nullptr) at_ = value_end_ = value_end(value_, end_);
  return between(value_, value_end_);
}

void JsonCursor::leave(const JsonCursor& inner) {
  at_ = value_end_ = std::min(inner.at_ + 1, end_);
}

JsonType JsonCursor::type() const {
  return json_type(*value_);
}

std::string_view string_text(std::string_view quoted, std::string& unescaped) {
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return inside;
  const auto parsed = nlohmann::json::parse(quoted, nullptr, false);
  unescaped = parsed.is_string() ? parsed.get<std::string>() : std::string{};
  return unescaped;
}

void append_compact(std::string& out, std::string_view checked) {
  const char* const end = checked.data() + checked.size();
  for (const char* at = checked.data(); at < end;) {
    if (is_space(*at)) {
      ++at;
      continue;
    }
    const char* const stop = *at == '"' ? std::min(string_end(at, end), end) : at + 1;
    out.append(at, stop);
    at = stop;
  }
}

std::string compact(std::string_view json) {
  std::string out;
  append_compact(out, json);
  return out;
}

}  // namespace tbgw::tb
