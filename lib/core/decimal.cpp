// SPDX-License-Identifier: Apache-2.0
#include "core/decimal.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "core/text.hpp"

namespace tbgw {
namespace {

constexpr std::size_t kMostDigits = 36;  // of 127 bits
constexpr int kMostExponent = 400;       // past any double
constexpr int kQuotientDigits = 21;      // more than any 64-bit number has
constexpr Int128 kTen = 10;

bool multiply(Int128& to, Int128 by) {
  Int128 out = 0;
  if (__builtin_mul_overflow(to, by, &out)) return false;
  to = out;
  return true;
}

/// digits × 10^places, if it fits.
bool shift(Int128& digits, int places) {
  for (int i = 0; i < places; ++i) {
    if (digits == 0) return true;
    if (!multiply(digits, kTen)) return false;
  }
  return true;
}

bool is_short(Int128 value) {
  return value == static_cast<std::int64_t>(value);
}

template <class Integer>
Decimal without_zeros(Integer digits, int exponent) {
  while (digits % 10 == 0) {
    digits /= 10;
    ++exponent;
  }
  return {digits, exponent};
}

/// Without zeros at the end of the digits. (128 bits are divided ten times slower than 64.)
Decimal trimmed(const Decimal& value) {
  if (value.digits == 0) return {0, 0};
  if (is_short(value.digits)) {
    return without_zeros(static_cast<std::int64_t>(value.digits), value.exponent);
  }
  return without_zeros(value.digits, value.exponent);
}

Int128 absolute(Int128 value) {
  return value < 0 ? -value : value;
}

/// Its digits without a sign, at the end of `room`.
std::string_view digits_in(std::array<char, 48>& room, Int128 value) {
  char* const end = room.data() + room.size();
  char* first = end;
  if (is_short(value)) {
    const auto short_value = static_cast<std::int64_t>(value);
    auto rest = static_cast<std::uint64_t>(short_value);
    if (short_value < 0) rest = 0 - rest;
    do {
      *--first = static_cast<char>('0' + static_cast<int>(rest % 10));
      rest /= 10;
    } while (rest != 0);
  } else {
    for (Int128 rest = absolute(value); rest != 0; rest /= 10)
      *--first = static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  return {first, static_cast<std::size_t>(end - first)};
}

std::size_t digit_count(Int128 value) {
  std::array<char, 48> room;  // NOLINT: filled below
  return digits_in(room, value).size();
}

/// number / 10^places, to the nearest.
Int128 divide_by_power(Int128 number, int places, Halves halves) {
  Int128 power = 1;
  for (int i = 0; i < places; ++i) {
    if (!multiply(power, kTen)) return 0;
  }
  const Int128 half = power / 2;
  const Int128 rest = absolute(number % power);
  Int128 whole = number / power;
  const bool tie_up = halves == Halves::away || whole % 2 != 0;
  if (power > 1 && (rest > half || (rest == half && tie_up))) whole += number < 0 ? -1 : 1;
  return whole;
}

struct Scanned {
  std::string digits;
  int exponent = 0;
  bool negative = false;
};

/// Takes digits to `out`; how many.
std::size_t take_digits(std::string_view& text, std::string& out) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9')
    ++count;
  out.append(text.substr(0, count));
  text.remove_prefix(count);
  return count;
}

std::optional<Scanned> scan(std::string_view text) {
  Scanned out;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    out.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  std::size_t count = take_digits(text, out.digits);
  if (!text.empty() && text.front() == '.') {
    text.remove_prefix(1);
    const std::size_t places = take_digits(text, out.digits);
    if (places > 1000) return std::nullopt;
    out.exponent = -static_cast<int>(places);
    count += places;
  }
  if (count == 0) return std::nullopt;
  if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
    text.remove_prefix(1);
    if (!text.empty() && text.front() == '+') text.remove_prefix(1);
    int exponent = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
    if (error != std::errc{} || std::abs(exponent) > 10000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    out.exponent += exponent;
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

}  // namespace

Decimal Decimal::of(double value) {
  std::array<char, 40> text{};
  const auto [stop, error] = std::to_chars(text.data(), text.data() + text.size(), value);
  static_cast<void>(error);  // the longest double has 24 characters
  const auto size = static_cast<std::size_t>(stop - text.data());
  return parse_decimal(std::string_view{text.data(), size}).value_or({});
}

Result<Decimal> parse_decimal(std::string_view text) {
  const auto scanned = scan(text);
  if (!scanned) return Error{in_quotes(text) + " is not a number"};
  std::string digits = scanned->digits;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  Decimal value{0, scanned->exponent};
  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    ++value.exponent;
  }
  if (digits.size() > kMostDigits) return Error{in_quotes(text) + " has too many digits"};
  for (const char digit : digits)
    value.digits = value.digits * 10 + (digit - '0');
  if (value.digits == 0) return Decimal{};
  if (std::abs(value.exponent) > kMostExponent) return Error{in_quotes(text) + " is out of range"};
  if (scanned->negative) value.digits = -value.digits;
  return value;
}

Decimal negated(Decimal a) {
  a.digits = -a.digits;
  return a;
}

std::optional<Decimal> sum(const Decimal& a, const Decimal& b) {
  if (a.is_zero()) return b;
  if (b.is_zero()) return a;
  const Decimal& large = a.exponent >= b.exponent ? a : b;
  const Decimal& small = a.exponent >= b.exponent ? b : a;
  Int128 digits = large.digits;
  if (!shift(digits, large.exponent - small.exponent)) return std::nullopt;
  Decimal out{0, small.exponent};
  if (__builtin_add_overflow(digits, small.digits, &out.digits)) return std::nullopt;
  return trimmed(out);
}

std::optional<Decimal> product(const Decimal& a, const Decimal& b) {
  const Decimal x = trimmed(a);
  if (b.digits == 1) return Decimal{x.digits, x.exponent + b.exponent};
  const Decimal y = trimmed(b);
  Decimal out{x.digits, x.exponent + y.exponent};
  if (!multiply(out.digits, y.digits)) return std::nullopt;
  return trimmed(out);
}

std::optional<Decimal> quotient(const Decimal& a, const Decimal& b) {
  const Decimal divisor = trimmed(b);
  Decimal out = trimmed(a);
  if (out.is_zero()) return out;
  out.exponent -= divisor.exponent;
  if (divisor.digits == 1) return out;
  // What is left of the divisor without common factors must be 2s and 5s: each turns into a digit.
  Int128 rest = divisor.digits;
  while (rest != 1 && rest != -1) {
    const Int128 before = rest;
    for (const int prime : {2, 5}) {
      if (rest % prime != 0) continue;
      rest /= prime;
      if (out.digits % prime == 0) {
        out.digits /= prime;
      } else {
        if (!multiply(out.digits, 10 / prime)) return std::nullopt;
        --out.exponent;
      }
    }
    if (rest == before) break;
  }
  if (out.digits % rest != 0) return std::nullopt;
  out.digits /= rest;
  return trimmed(out);
}

Decimal rounded_quotient(const Decimal& a, const Decimal& b) {
  const Decimal divisor = trimmed(b);
  Decimal out = trimmed(a);
  if (out.is_zero()) return out;
  // As many digits as fit below the divisor's share of the 127 bits.
  out.exponent -= divisor.exponent;
  while (digit_count(out.digits / divisor.digits) <= kQuotientDigits &&
         absolute(out.digits) < (Int128{1} << 122)) {
    out.digits *= 10;
    --out.exponent;
  }
  out.digits /= divisor.digits;
  const int excess = static_cast<int>(digit_count(out.digits)) - kQuotientDigits;
  return excess > 0
             ? trimmed({divide_by_power(out.digits, excess, Halves::even), out.exponent + excess})
             : trimmed(out);
}

std::optional<Decimal> whole_quotient(const Decimal& a, const Decimal& b) {
  Int128 above = a.digits;
  Int128 below = b.digits;
  const int places = a.exponent - b.exponent;
  if (below == 0 || !shift(places > 0 ? above : below, std::abs(places))) return std::nullopt;
  const Int128 rest = absolute(above % below);
  Decimal out{above / below, 0};
  if (rest >= absolute(below) - rest) out.digits += (above < 0) == (below < 0) ? 1 : -1;
  return out;
}

int compare(const Decimal& a, const Decimal& b) {
  if (const auto difference = sum(a, negated(b))) {
    return difference->digits < 0 ? -1 : difference->digits > 0 ? 1 : 0;
  }
  const double x = to_double(a);
  const double y = to_double(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

Decimal rounded(const Decimal& value, int places, Halves halves) {
  const int excess = -places - value.exponent;
  if (excess <= 0) return value;
  if (excess > static_cast<int>(kMostDigits) + 2) return {};
  return trimmed({divide_by_power(value.digits, excess, halves), value.exponent + excess});
}

std::optional<Int128> nearest_whole(const Decimal& value) {
  const Decimal whole = rounded(value, 0, Halves::away);
  Int128 digits = whole.digits;
  if (!shift(digits, whole.exponent)) return std::nullopt;
  return digits;
}

double to_double(const Decimal& value) {
  std::array<char, 48> room;  // NOLINT: filled below
  std::string text = value.digits < 0 ? "-" : "";
  text.append(digits_in(room, value.digits)).append("e").append(std::to_string(value.exponent));
  double out = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  static_cast<void>(stop);
  if (error == std::errc::result_out_of_range && value.exponent > 0) {
    return value.digits < 0 ? -HUGE_VAL : HUGE_VAL;
  }
  return out;
}

void append_text(std::string& out, const Decimal& value, bool real, Print print) {
  const Decimal number = trimmed(value);
  std::array<char, 48> room;  // NOLINT: filled below
  const std::string_view digits = digits_in(room, number.digits);
  if (number.digits < 0) out += '-';
  const int size = static_cast<int>(digits.size());
  const int point = size + number.exponent;  // where it stands, in digits from the left
  const bool few = point > -6 && (point <= 22 || number.exponent < 0);
  const bool plain = print == Print::plain || few;
  if (!plain) {
    out += digits.front();
    if (size > 1) out.append(".").append(digits.substr(1));
    out.append("e").append(std::to_string(point - 1));
  } else if (number.exponent >= 0) {
    out.append(digits).append(static_cast<std::size_t>(number.exponent), '0');
    if (real) out += ".0";
  } else if (point > 0) {
    out.append(digits.substr(0, static_cast<std::size_t>(point))).append(".");
    out.append(digits.substr(static_cast<std::size_t>(point)));
  } else {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  }
}

}  // namespace tbgw
