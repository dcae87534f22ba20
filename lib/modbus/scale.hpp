// SPDX-License-Identifier: Apache-2.0
// From the number in the registers to the value people use, and back.
#pragma once

#include <optional>

#include "core/decimal.hpp"

namespace tbgw::modbus {

/// value = number × factor ÷ divisor × 10^exponent + offset. The exponent comes from another
/// register of the unit (scaleFrom).
struct Scale {
  Decimal factor{1, 0};
  Decimal divisor{1, 0};
  Decimal offset{0, 0};
  bool real = false;  ///< the value is written with a point even where the number is whole

  /// The value is the number.
  [[nodiscard]] bool is_none() const {
    return factor.is_one() && divisor.is_one() && offset.is_zero();
  }
};

/// Exact wherever the result has an end; otherwise (÷ 3) as a double has it, or with 21 digits
/// where the number has more than a double holds.
Decimal scaled(const Decimal& number, const Scale& scale, int exponent);
/// The inverse.
Decimal unscaled(const Decimal& value, const Scale& scale, int exponent);

}  // namespace tbgw::modbus
