// SPDX-License-Identifier: Apache-2.0
#include "modbus/scale.hpp"

#include <cmath>

namespace tbgw::modbus {
namespace {

/// The nearest double's decimal; what is not finite gives 0.
Decimal by_double(double value) {
  return std::isfinite(value) ? Decimal::of(value) : Decimal{};
}

Decimal times(const Decimal& a, const Decimal& b) {
  if (const auto exact = product(a, b)) return *exact;
  return by_double(to_double(a) * to_double(b));
}

Decimal plus(const Decimal& a, const Decimal& b) {
  if (const auto exact = sum(a, b)) return *exact;
  return by_double(to_double(a) + to_double(b));
}

/// Larger numbers have digits that a double would lose.
constexpr Int128 kExactInDouble = Int128{1} << 53;

Decimal over(const Decimal& a, const Decimal& b) {
  if (const auto exact = quotient(a, b)) return *exact;
  if (a.digits < kExactInDouble && a.digits > -kExactInDouble) {
    return by_double(to_double(a) / to_double(b));
  }
  return rounded_quotient(a, b);
}

Decimal moved(Decimal value, int exponent) {
  if (!value.is_zero()) value.exponent += exponent;
  return value;
}

}  // namespace

Decimal scaled(const Decimal& number, const Scale& scale, int exponent) {
  // Each step only where there is one: every value that is read comes here.
  Decimal value = scale.factor.is_one() ? number : times(number, scale.factor);
  value = moved(value, exponent);
  if (!scale.divisor.is_one()) value = over(value, scale.divisor);
  return scale.offset.is_zero() ? value : plus(value, scale.offset);
}

Decimal unscaled(const Decimal& value, const Scale& scale, int exponent) {
  const Decimal product = times(plus(value, negated(scale.offset)), scale.divisor);
  return moved(over(product, scale.factor), -exponent);
}

}  // namespace tbgw::modbus
