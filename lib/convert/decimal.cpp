// SPDX-License-Identifier: Apache-2.0
#include "convert/decimal.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>

#include "core/text.hpp"

namespace tbgw::convert {
namespace {

// Every decimal with this many significant digits survives the way through a double.
constexpr std::size_t kExactDigits = 15;

/// The parts of "[+-]whole[.fraction][e exponent]".
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::string_view unsigned_text;
  bool has_point = false;
  bool has_exponent = false;
};

std::string_view take_digits(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9')
    ++count;
  const std::string_view digits = text.substr(0, count);
  text.remove_prefix(count);
  return digits;
}

bool take(std::string_view& text, char one, char other) {
  if (text.empty() || (text.front() != one && text.front() != other)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Decimal> scan(std::string_view text) {
  Decimal number;
  number.negative = !text.empty() && text.front() == '-';
  take(text, '+', '-');
  number.unsigned_text = text;
  number.whole = take_digits(text);
  number.has_point = take(text, '.', '.');
  if (number.has_point) number.fraction = take_digits(text);
  if (number.whole.empty() && number.fraction.empty()) return std::nullopt;
  number.has_exponent = take(text, 'e', 'E');
  if (number.has_exponent) {
    take(text, '+', '-');
    if (take_digits(text).empty()) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return number;
}

std::string_view without_leading_zeros(std::string_view digits) {
  while (!digits.empty() && digits.front() == '0')
    digits.remove_prefix(1);
  return digits;
}

std::string_view without_trailing_zeros(std::string_view digits) {
  while (!digits.empty() && digits.back() == '0')
    digits.remove_suffix(1);
  return digits;
}

bool fits_64_bits(std::string_view digits, bool negative) {
  const std::string_view most = negative ? "9223372036854775808" : "18446744073709551615";
  return digits.size() < most.size() || (digits.size() == most.size() && digits <= most);
}

Error not_a_number(std::string_view text) {
  if (text.empty()) return Error{"empty, not a number"};
  return Error{in_quotes(text) + " is not a number"};
}

}  // namespace

bool is_integer_text(std::string_view text) {
  take(text, '+', '-');
  return !take_digits(text).empty() && text.empty();
}

Result<void> append_integer(std::string& out, std::string_view text) {
  if (!is_integer_text(text)) {
    if (text.empty()) return Error{"empty, not a whole number"};
    return Error{in_quotes(text) + " is not a whole number"};
  }
  std::string_view digits = text;
  take(digits, '+', '-');
  digits = without_leading_zeros(digits);
  const bool negative = text.front() == '-' && !digits.empty();
  if (!fits_64_bits(digits, negative)) return Error{in_quotes(text) + " does not fit 64 bits"};
  if (negative) out.push_back('-');
  out.append(digits.empty() ? "0" : digits);
  return {};
}

Result<void> append_real(std::string& out, std::string_view text) {
  const std::optional<Decimal> number = scan(text);
  if (!number) return not_a_number(text);
  const std::string_view whole = without_leading_zeros(number->whole);
  const std::string_view fraction = without_trailing_zeros(number->fraction);
  if (!number->has_exponent && whole.size() + fraction.size() <= kExactDigits) {
    if (number->negative) out.push_back('-');
    out.append(whole.empty() ? "0" : whole).push_back('.');
    out.append(fraction.empty() ? "0" : fraction);
    return {};
  }
  double value = 0;
  const std::string_view digits = number->unsigned_text;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  static_cast<void>(stop);
  if (error != std::errc{} || !std::isfinite(value)) {
    return Error{in_quotes(text) + " is out of the range of a double"};
  }
  append_double(out, number->negative ? -value : value);
  return {};
}

void append_double(std::string& out, double value) {
  // Python's repr() writes an exponent below 1e-4 and from 1e16 on.
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e16);
  std::array<char, 64> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out.append(digits);
  if (plain && digits.find('.') == std::string_view::npos) out.append(".0");
}

}  // namespace tbgw::convert
