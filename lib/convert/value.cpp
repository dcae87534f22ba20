// SPDX-License-Identifier: Apache-2.0
#include "convert/value.hpp"

#include <algorithm>
#include <array>

#include "convert/decimal.hpp"
#include "core/line_reader.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

// A value stands this deep in a reading: the record, the list, its entry, "values".
constexpr int kDepthInReading = 4;

// White space of Unicode beyond ASCII, in UTF-8.
constexpr std::array<std::string_view, 19> kWideSpaces{
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

/// White space of Unicode within ASCII.
bool is_narrow_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

bool is_ascii(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::size_t space_at_front(std::string_view text) {
  if (is_narrow_space(text.front())) return 1;
  if (static_cast<unsigned char>(text.front()) < 0x80) return 0;
  for (const std::string_view space : kWideSpaces) {
    if (text.substr(0, space.size()) == space) return space.size();
  }
  return 0;
}

std::size_t space_at_back(std::string_view text) {
  if (is_narrow_space(text.back())) return 1;
  if (static_cast<unsigned char>(text.back()) < 0x80) return 0;
  for (const std::string_view space : kWideSpaces) {
    if (text.size() >= space.size() && text.substr(text.size() - space.size()) == space) {
      return space.size();
    }
  }
  return 0;
}

/// What Python's numbers may be surrounded by.
bool is_ascii_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view strip_ascii(std::string_view text) {
  while (!text.empty() && is_ascii_space(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_ascii_space(text.back()))
    text.remove_suffix(1);
  return text;
}

/// Python allows one '_' between two digits. Anything else is left for the number reader to refuse.
std::string without_underscores(std::string_view text) {
  const auto is_digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool between = i > 0 && i + 1 < text.size() && is_digit(i - 1) && is_digit(i + 1);
    if (text[i] != '_' || !between) out += text[i];
  }
  return out;
}

/// An integer of any size; `text` is one (is_integer_text).
void append_big_integer(std::string& out, std::string_view text) {
  const std::size_t first = text.find_first_of("123456789");
  if (first == std::string_view::npos) {
    out.push_back('0');
    return;
  }
  if (text.front() == '-') out.push_back('-');
  out.append(text.substr(first));
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// Appends valid JSON without the white space between its tokens; false if it nests too deep.
bool append_minified(std::string& out, std::string_view json) {
  bool in_string = false;
  int depth = 0;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    out.push_back(c);
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\') out.push_back(json[++i]);
    if (in_string) continue;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > kMaxDepth - kDepthInReading) return false;
  }
  return true;
}

}  // namespace

std::string_view strip(std::string_view utf8) {
  while (!utf8.empty()) {
    const std::size_t space = space_at_front(utf8);
    if (space == 0) break;
    utf8.remove_prefix(space);
  }
  while (!utf8.empty()) {
    const std::size_t space = space_at_back(utf8);
    if (space == 0) break;
    utf8.remove_suffix(space);
  }
  return utf8;
}

bool is_falsy(std::string_view json) {
  if (json == "false" || json == "null" || json == "\"\"" || json == "{}" || json == "[]") {
    return true;
  }
  const std::string_view mantissa = json.substr(0, json.find_first_of("eE"));
  return !mantissa.empty() && mantissa.find_first_not_of("-0.") == std::string_view::npos;
}

std::string_view name_of(ValueType type) {
  switch (type) {
    case ValueType::text:
      return "string";
    case ValueType::integer:
      return "int";
    case ValueType::real:
      return "float";
    case ValueType::number:
      return "byte";
    case ValueType::boolean:
      return "bool";
    case ValueType::json:
      return "json";
    case ValueType::hex:
      break;
  }
  return "hex";
}

Result<void> ValueWriter::append(std::string& out, ValueType type, std::string_view bytes) {
  switch (type) {
    case ValueType::text:
      return append_text(out, bytes);
    case ValueType::integer:
    case ValueType::real:
    case ValueType::number:
      return append_number(out, type, bytes);
    case ValueType::boolean:
      return append_boolean(out, bytes);
    case ValueType::json:
      return append_json(out, bytes);
    case ValueType::hex:
      break;
  }
  out.append("\"").append(to_hex(bytes)).append("\"");
  return {};
}

Result<void> ValueWriter::append_text(std::string& out, std::string_view bytes) {
  if (!is_ascii(bytes) && !is_utf8(bytes)) return Error{in_quotes(bytes) + " is not valid UTF-8"};
  append_json_string(out, strip(bytes));
  return {};
}

Result<void> ValueWriter::append_number(std::string& out, ValueType type, std::string_view bytes) {
  std::string_view text = strip_ascii(bytes);
  if (compat_ && text.find('_') != std::string_view::npos) {
    scratch_ = without_underscores(text);
    text = scratch_;
  }
  if (type == ValueType::real) return append_real(out, text);
  if (type == ValueType::number && !is_integer_text(text)) return append_real(out, text);
  if (compat_ && is_integer_text(text)) {
    append_big_integer(out, text);
    return {};
  }
  return append_integer(out, text);
}

Result<void> ValueWriter::append_boolean(std::string& out, std::string_view bytes) {
  std::string_view text = strip_ascii(bytes);
  if (compat_ && text.find('_') != std::string_view::npos) {
    scratch_ = without_underscores(text);
    text = scratch_;
  }
  if (is_integer_text(text)) {
    out.append(text.find_first_of("123456789") == std::string_view::npos ? "false" : "true");
    return {};
  }
  if (compat_ && !is_utf8(bytes)) return Error{in_quotes(bytes) + " is not valid UTF-8"};
  if (compat_) text = strip(bytes);
  const bool yes = equals_ignoring_case(text, "true");
  if (!yes && !compat_ && !equals_ignoring_case(text, "false")) {
    if (text.empty()) return Error{"empty, not a boolean"};
    return Error{in_quotes(text) + " is not true, false or a whole number"};
  }
  out.append(yes ? "true" : "false");
  return {};
}

Result<void> ValueWriter::append_json(std::string& out, std::string_view bytes) {
  // As the only element of a list, so that scalars go the same way as objects.
  scratch_.assign("[").append(bytes).append("]");
  const std::size_t size = scratch_.size();
  scratch_.append(kLinePadding, '\0');
  const auto elements = view_.array({scratch_.data(), size});
  if (!elements) return Error{in_quotes(bytes) + ": " + elements.error().text};
  if (elements->size() != 1) return Error{in_quotes(bytes) + ": not valid JSON"};
  const std::size_t start = out.size();
  if (append_minified(out, elements->front().raw)) return {};
  out.resize(start);
  return Error{in_quotes(bytes) + ": nested too deep for a record (at most " +
               std::to_string(kMaxDepth - kDepthInReading) + " levels)"};
}

}  // namespace tbgw::convert
