// SPDX-License-Identifier: Apache-2.0
#include "convert/exact.hpp"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "convert/decimal.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

/// 10^35: what is longer is left to doubles.
constexpr Int128 kLimit = [] {
  Int128 limit = 1;
  for (int i = 0; i < 35; ++i)
    limit *= 10;
  return limit;
}();

/// Written without an exponent it has at most 36 digits.
bool is_short(const Decimal& value) {
  Int128 digits = value.digits;
  for (int i = value.exponent; i > 0; --i) {
    if (digits >= kLimit || digits <= -kLimit) return false;
    digits *= 10;
  }
  return true;
}

}  // namespace

std::optional<Exact> Exact::of(const std::optional<Decimal>& value) {
  if (!value || !is_short(*value)) return std::nullopt;
  return Exact(*value);
}

std::optional<Exact> Exact::parse(std::string_view text) {
  const auto value = parse_decimal(text);
  if (!value) return std::nullopt;
  return of(*value);
}

std::optional<Exact> Exact::times(const Exact& other) const {
  return of(product(value_, other.value_));
}

std::optional<Exact> Exact::plus(const Exact& other) const {
  return of(sum(value_, other.value_));
}

std::optional<Exact> Exact::whole_over(const Exact& divisor) const {
  return of(whole_quotient(value_, divisor.value_));
}

// Most of what scaled maps do: 64 bits and one buffer, a tenth of the time.
bool Exact::append_product(std::string& out, std::string_view number) const {
  constexpr Int128 kShort = 1'000'000;
  constexpr std::size_t kDigits = 10;
  const bool fraction = value_.exponent < 0 && value_.exponent >= -9;
  if (!fraction || value_.digits > kShort || value_.digits < -kShort) return false;
  std::int64_t factor = 0;
  const char* const end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, factor);
  if (read.ec != std::errc{} || read.ptr != end || number.size() > kDigits) return false;
  const Decimal value{factor * static_cast<std::int64_t>(value_.digits), value_.exponent};
  append_text(out, value, true, Print::plain);
  return true;
}

Exact Exact::rounded(int places) const {
  return Exact(tbgw::rounded(value_, places, Halves::away));
}

std::string Exact::text() const {
  std::string out;
  append_text(out, value_, false, Print::plain);
  return out;
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
