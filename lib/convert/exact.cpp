// SPDX-License-Identifier: Apache-2.0
#include "convert/exact.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "convert/decimal.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr int kMostDigits = 36;
constexpr int kMostPlaces = 300;

}  // namespace

std::optional<Exact::Wide> Exact::shifted(Wide mantissa, int places) {
  constexpr Wide kLimit = [] {
    Wide limit = 1;
    for (int i = 0; i < kMostDigits - 1; ++i)
      limit *= 10;
    return limit;
  }();
  for (; places > 0; --places) {
    if (mantissa >= kLimit || mantissa <= -kLimit) return std::nullopt;
    mantissa *= 10;
  }
  return mantissa;
}

void Exact::shorten() {
  while (mantissa_ != 0 && places_ > 0 && mantissa_ % 10 == 0) {
    mantissa_ /= 10;
    --places_;
  }
  if (mantissa_ == 0) places_ = 0;
}

std::optional<Exact> Exact::parse(std::string_view text) {
  Wide mantissa = 0;
  int places = 0;
  int digits = 0;
  bool point = false;
  bool negative = false;
  std::size_t i = 0;
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) negative = text[i++] == '-';
  for (; i < text.size(); ++i) {
    if (text[i] == '.' && !point) {
      point = true;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') break;
    const bool counts = mantissa != 0 || text[i] != '0';
    if (counts && ++digits > kMostDigits) return std::nullopt;
    mantissa = mantissa * 10 + (text[i] - '0');
    if (point) ++places;
    if (places > kMostPlaces) return std::nullopt;
  }
  if (i == 0 || (text[i - 1] != '.' && (text[i - 1] < '0' || text[i - 1] > '9')))
    return std::nullopt;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
    std::string_view power = text.substr(i + 1);
    if (!power.empty() && power.front() == '+') power.remove_prefix(1);
    const auto exponent = parse_integer(power, -kMostPlaces, kMostPlaces);
    if (!exponent) return std::nullopt;
    places -= static_cast<int>(*exponent);
  }
  if (negative) mantissa = -mantissa;
  if (places < 0) {
    const auto whole = shifted(mantissa, -places);
    if (!whole) return std::nullopt;
    mantissa = *whole;
    places = 0;
  }
  return Exact(mantissa, places);
}

std::optional<Exact> Exact::times(const Exact& other) const {
  Wide product = 0;
  if (__builtin_mul_overflow(mantissa_, other.mantissa_, &product)) return std::nullopt;
  if (!shifted(product, 1)) return std::nullopt;
  return Exact(product, places_ + other.places_);
}

std::optional<Exact> Exact::plus(const Exact& other) const {
  const int places = std::max(places_, other.places_);
  const auto a = shifted(mantissa_, places - places_);
  const auto b = shifted(other.mantissa_, places - other.places_);
  if (!a || !b) return std::nullopt;
  return Exact(*a + *b, places);
}

std::optional<Exact> Exact::whole_over(const Exact& divisor) const {
  const auto above = shifted(mantissa_, divisor.places_);
  const auto below = shifted(divisor.mantissa_, places_);
  if (!above || !below || *below == 0) return std::nullopt;
  Wide whole = *above / *below;
  const Wide rest = *above % *below;
  const auto size = [](Wide value) { return value < 0 ? -value : value; };
  if (size(rest) >= size(*below) - size(rest)) whole += (*above < 0) == (*below < 0) ? 1 : -1;
  return Exact(whole, 0);
}

// Most of what scaled maps do: 64 bits and one buffer, a tenth of the time.
bool Exact::append_product(std::string& out, std::string_view number) const {
  constexpr Wide kShort = 1'000'000;
  constexpr std::size_t kDigits = 10;
  if (places_ < 1 || places_ > 9 || mantissa_ > kShort || mantissa_ < -kShort) return false;
  std::int64_t factor = 0;
  const char* const end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, factor);
  if (read.ec != std::errc{} || read.ptr != end || number.size() > kDigits) return false;
  factor *= static_cast<std::int64_t>(mantissa_);
  std::uint64_t rest = static_cast<std::uint64_t>(factor < 0 ? -factor : factor);
  std::array<char, 24> text{};
  std::size_t at = text.size();
  int places = places_;
  for (; places > 0 && rest % 10 == 0; --places)
    rest /= 10;
  if (places == 0) text[--at] = '0';
  for (int i = 0; i < places; ++i, rest /= 10)
    text[--at] = static_cast<char>('0' + rest % 10);
  text[--at] = '.';
  do {
    text[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (factor < 0) text[--at] = '-';
  out.append(text.data() + at, text.size() - at);
  return true;
}

Exact Exact::rounded(int places) const {
  Wide mantissa = mantissa_;
  if (places >= places_) return *this;
  for (int i = places_; i > places + 1 && mantissa != 0; --i)
    mantissa /= 10;
  const Wide last = mantissa % 10;
  mantissa /= 10;
  if (last >= 5) ++mantissa;
  if (last <= -5) --mantissa;
  return Exact(mantissa, places);
}

bool Exact::less(const Exact& other) const {
  const int places = std::max(places_, other.places_);
  const auto a = shifted(mantissa_, places - places_);
  const auto b = shifted(other.mantissa_, places - other.places_);
  if (a && b) return *a < *b;
  // One is too large to be written with the places of the other: its sign decides.
  if (!a) return mantissa_ < 0;
  return other.mantissa_ > 0;
}

std::string Exact::text() const {
  Wide rest = mantissa_ < 0 ? -mantissa_ : mantissa_;
  std::string digits;
  for (int i = 0; rest != 0 || i <= places_; ++i, rest /= 10) {
    if (i == places_ && i > 0) digits += '.';
    digits += static_cast<char>('0' + static_cast<int>(rest % 10));
  }
  if (mantissa_ < 0) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

namespace {

std::optional<Exact> scaled(const Exact& start, const Scaling& scaling) {
  std::optional<Exact> value = start;
  if (scaling.scale) value = value->times(*scaling.scale);
  if (value && scaling.offset) value = value->plus(*scaling.offset);
  if (value && scaling.round) value = value->rounded(*scaling.round);
  return value;
}

double number_of(const Exact& exact) {
  return parse_real(exact.text()).value_or(0);
}

double scaled(double value, const Scaling& scaling) {
  if (scaling.scale) value *= number_of(*scaling.scale);
  if (scaling.offset) value += number_of(*scaling.offset);
  if (scaling.round) {
    const double power = std::pow(10.0, *scaling.round);
    value = std::round(value * power) / power;
  }
  return value;
}

}  // namespace

Result<void> append_scaled(std::string& out, std::string_view number, const Scaling& scaling) {
  const bool only_scale =
      scaling.scale && !scaling.offset && !scaling.round && !scaling.least && !scaling.most;
  if (only_scale && scaling.scale->append_product(out, number)) return {};
  const auto start = Exact::parse(number);
  auto value = start ? scaled(*start, scaling) : std::nullopt;
  if (!value) {
    const auto real = parse_real(number);
    if (!real) return Error{in_quotes(number) + " is not a number"};
    const double result = scaled(*real, scaling);
    if (!std::isfinite(result)) return Error{"the result is out of the range of a double"};
    const bool low = scaling.least && result < number_of(*scaling.least);
    const bool high = scaling.most && result > number_of(*scaling.most);
    if (!low && !high) {
      append_double(out, result);
      return {};
    }
    if (!scaling.clamp) return Error{in_quotes(number) + " is outside of the limits"};
    out += (low ? *scaling.least : *scaling.most).text();
    return {};
  }
  const bool low = scaling.least && value->less(*scaling.least);
  const bool high = scaling.most && scaling.most->less(*value);
  if ((low || high) && !scaling.clamp) {
    return Error{value->text() + " is outside of the limits"};
  }
  if (low) value = scaling.least;
  if (high) value = scaling.most;
  const std::string text = value->text();
  out += text;
  // A key stays a double where its other values are: 230.0 beside 229.8.
  const bool wholes = number.find_first_of(".eE") == std::string_view::npos &&
                      (!scaling.scale || scaling.scale->whole()) &&
                      (!scaling.offset || scaling.offset->whole());
  const bool cut = scaling.round && *scaling.round <= 0;
  if (!wholes && !cut && value->whole()) out += ".0";
  return {};
}

}  // namespace tbgw::convert
