// SPDX-License-Identifier: Apache-2.0
#include "tb/json_cursor.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>

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

/// Past the end of the string that starts at `at`.
std::size_t string_end(std::string_view text, std::size_t at) {
  std::size_t i = at + 1;
  // Eight characters at a time, in the order in which a little-endian word holds them.
  while (std::endian::native == std::endian::little && i + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + i, sizeof eight);
    const std::uint64_t found = bytes_equal(eight, '"') | bytes_equal(eight, '\\');
    if (found == 0) {
      i += sizeof eight;
      continue;
    }
    i += static_cast<std::size_t>(std::countr_zero(found)) / 8U;
    if (text[i] == '"') return i + 1;
    i += 2;
  }
  for (; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return text.size();
}

/// Past the end of the value that starts at `at`.
std::size_t value_end(std::string_view text, std::size_t at) {
  if (text[at] == '"') return string_end(text, at);
  if (text[at] != '{' && text[at] != '[') {
    while (at < text.size() && text[at] != ',' && text[at] != '}' && text[at] != ']' &&
           !is_space(text[at])) {
      ++at;
    }
    return at;
  }
  int depth = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = string_end(text, at);
      continue;
    }
    ++at;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) break;
  }
  return at;
}

}  // namespace

JsonCursor::JsonCursor(std::string_view checked)
    : text_(checked), in_object_(!checked.empty() && checked.front() == '{') {}

inline void JsonCursor::skip_space() {
  while (at_ < text_.size() && is_space(text_[at_]))
    ++at_;
}

bool JsonCursor::next() {
  if (value_open_) value();
  skip_space();
  if (at_ < text_.size() && text_[at_] == ',') {
    ++at_;
    skip_space();
  }
  if (at_ >= text_.size() || text_[at_] == '}' || text_[at_] == ']') return false;
  if (in_object_) {
    const std::size_t start = at_;
    at_ = string_end(text_, at_);
    key_ = text_.substr(start, at_ - start);
    skip_space();
    ++at_;  // the colon
    skip_space();
    if (at_ >= text_.size()) return false;
  }
  value_begin_ = at_;
  value_open_ = true;
  return true;
}

std::string_view JsonCursor::value() {
  if (value_open_) {
    at_ = value_end_ = value_end(text_, value_begin_);
    value_open_ = false;
  }
  return text_.substr(value_begin_, value_end_ - value_begin_);
}

void JsonCursor::leave(const JsonCursor& inner) {
  at_ = value_end_ = std::min(value_begin_ + inner.at_ + 1, text_.size());
  value_open_ = false;
}

JsonType JsonCursor::type() const {
  switch (text_[value_begin_]) {
    case '"':
      return JsonType::string;
    case '{':
      return JsonType::object;
    case '[':
      return JsonType::array;
    case 't':
    case 'f':
      return JsonType::boolean;
    case 'n':
      return JsonType::null;
    default:
      return JsonType::number;
  }
}

std::string_view string_text(std::string_view quoted, std::string& unescaped) {
  const std::string_view inside = quoted.substr(1, quoted.size() - 2);
  if (inside.find('\\') == std::string_view::npos) return inside;
  const auto parsed = nlohmann::json::parse(quoted, nullptr, false);
  unescaped = parsed.is_string() ? parsed.get<std::string>() : std::string{};
  return unescaped;
}

void append_compact(std::string& out, std::string_view checked) {
  for (std::size_t i = 0; i < checked.size();) {
    if (is_space(checked[i])) {
      ++i;
      continue;
    }
    const std::size_t end = checked[i] == '"' ? string_end(checked, i) : i + 1;
    out.append(checked.substr(i, end - i));
    i = end;
  }
}

std::string compact(std::string_view json) {
  std::string out;
  append_compact(out, json);
  return out;
}

}  // namespace tbgw::tb
