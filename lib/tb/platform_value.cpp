// SPDX-License-Identifier: Apache-2.0
#include "tb/platform_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

namespace tbgw::tb {
namespace {

constexpr std::size_t kMaxName = 255;  // characters, as Java counts them (UTF-16 units)
constexpr std::int64_t kMaxDecimals = 16;
constexpr double kInt64Limit = 9223372036854775808.0;  // 2^63

/// UTF-16 units of valid UTF-8: one a character, two for the 4-byte ones.
std::size_t utf16_length(std::string_view utf8) {
  std::size_t units = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0U ? 2U : 1U;
  }
  return units;
}

/// A '<' that a parser of HTML would take for the start of a tag, comment or declaration.
bool holds_html(std::string_view text) {
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    if (at + 1 == text.size()) return false;
    const char next = text[at + 1];
    const bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
    if (letter || next == '/' || next == '!' || next == '?') return true;
  }
  return false;
}

/// A JSON number taken apart.
struct Literal {
  std::size_t fraction = 0;  ///< digits behind the point
  std::int64_t exponent = 0;
  std::int64_t magnitude = 0;  ///< power of ten of the first digit that is not 0
  bool has_point = false;
  bool has_exponent = false;

  [[nodiscard]] std::int64_t decimals() const {
    return static_cast<std::int64_t>(fraction) - exponent;
  }
};

Literal take_apart(std::string_view number) {
  constexpr std::int64_t kFar = 1'000'000;  // past every double, and far from overflow
  Literal literal;
  const std::size_t e = number.find_first_of("eE");
  if (e != std::string_view::npos) {
    literal.has_exponent = true;
    std::string_view digits = number.substr(e + 1);
    const bool negative = digits.front() == '-';
    if (negative || digits.front() == '+') digits.remove_prefix(1);
    std::int64_t value = 0;
    const auto got = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (got.ec != std::errc{} || value > kFar) value = kFar;
    literal.exponent = negative ? -value : value;
    number = number.substr(0, e);
  }
  const std::size_t point = number.find('.');
  if (point != std::string_view::npos) {
    literal.has_point = true;
    literal.fraction = number.size() - point - 1;
  }
  const std::size_t whole_end = std::min(point, number.size());
  const std::size_t first = number.find_first_of("123456789");
  if (first != std::string_view::npos) {
    const auto distance = static_cast<std::int64_t>(whole_end) - static_cast<std::int64_t>(first);
    literal.magnitude = distance - (first < whole_end ? 1 : 0) + literal.exponent;
  }
  return literal;
}

bool fits_int64(std::string_view integer) {
  std::int64_t value = 0;
  return std::from_chars(integer.data(), integer.data() + integer.size(), value).ec == std::errc{};
}

/// Without exponent, with at least one decimal and at most kMaxDecimals.
std::string print(double value) {
  std::array<char, 400> text{};  // 1e308 has 309 digits, 5e-324 has 326 characters
  char* const begin = text.data();
  char* const limit = begin + text.size();
  char* end = std::to_chars(begin, limit, value, std::chars_format::fixed).ptr;
  const char* point = std::find(begin, end, '.');
  if (end - point > kMaxDecimals + 1) {
    end = std::to_chars(begin, limit, value, std::chars_format::fixed, int{kMaxDecimals}).ptr;
    while (end[-1] == '0' && end[-2] != '.')
      --end;
    return {begin, end};
  }
  std::string out{begin, end};
  if (point == end) out += ".0";
  return out;
}

/// Whether the platform stores this literal as a number by itself.
bool is_stored_as_number(std::string_view number, const Literal& literal) {
  if (!literal.has_exponent && !literal.has_point) return fits_int64(number);
  if (literal.decimals() > kMaxDecimals) return false;
  if (!literal.has_exponent) return true;
  double value = 0;
  std::from_chars(number.data(), number.data() + number.size(), value);
  return std::trunc(value) != value || std::abs(value) < kInt64Limit;
}

}  // namespace

std::string_view name_trouble(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= '\0' && c <= ' '; })) {
    return "is blank";
  }
  if (text.size() > kMaxName && utf16_length(text) > kMaxName) {
    return "is longer than 255 characters";
  }
  if (holds_html(text)) return "holds HTML";
  if (text.find('\0') != std::string_view::npos) return "holds a NUL character";
  return {};
}

Result<std::optional<std::string>> platform_number(std::string_view number) {
  const Literal literal = take_apart(number);
  double value = 0;
  const auto got = std::from_chars(number.data(), number.data() + number.size(), value);
  if (got.ec == std::errc::result_out_of_range) {
    // Too near to zero is zero; too far from it is nothing we could send.
    if (literal.magnitude >= 0) return Error{"is a number larger than a double can hold"};
    return std::optional<std::string>{"0.0"};
  }
  if (is_stored_as_number(number, literal)) return std::optional<std::string>{};
  return std::optional<std::string>{print(value)};
}

bool changes_as_number(std::string_view text) {
  constexpr std::size_t kExactDecimals = 15;  // of a double, whatever the digits
  const std::size_t sign = !text.empty() && text.front() == '-' ? 1 : 0;
  const std::string_view digits = text.substr(sign);
  const std::size_t point = digits.find('.');
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto plain =
      std::all_of(digits.begin(), digits.end(), [&](char c) { return is_digit(c) || c == '.'; });
  if (digits.empty() || !plain || digits.back() == '.' || digits.rfind('.') != point) return false;
  if (digits.front() == '.' || (digits.front() == '0' && digits.size() > 1 && point != 1)) {
    return true;
  }
  if (point == std::string_view::npos) return text == "-0" || !fits_int64(text);
  return digits.back() == '0' || digits.size() - 1 > kExactDecimals;
}

}  // namespace tbgw::tb
