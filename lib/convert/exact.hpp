// SPDX-License-Identifier: Apache-2.0
// Decimal arithmetic that keeps every digit: 2298 × 0.1 is 229.8. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/decimal.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// A Decimal as the maps have it: at most 36 digits behind and before the point together, printed
/// without an exponent, halves rounded away from zero.
class Exact {
 public:
  /// Of a decimal text, with or without a point and an exponent; nullopt = too many digits or no
  /// number.
  static std::optional<Exact> parse(std::string_view text);

  [[nodiscard]] std::optional<Exact> times(const Exact& other) const;
  [[nodiscard]] std::optional<Exact> plus(const Exact& other) const;
  [[nodiscard]] Exact negated() const { return Exact(tbgw::negated(value_)); }
  /// The whole number nearest to this over `divisor`, halves away from zero; nullopt = too many
  /// digits, or no divisor.
  [[nodiscard]] std::optional<Exact> whole_over(const Exact& divisor) const;
  static Exact one() { return Exact(Decimal{1, 0}); }
  /// Appends `number` times this, where both are short, as append_scaled() does; false: they are
  /// not (or this is whole), nothing was appended.
  [[nodiscard]] bool append_product(std::string& out, std::string_view number) const;
  /// To `places` digits behind the point, halves away from zero.
  [[nodiscard]] Exact rounded(int places) const;
  [[nodiscard]] bool less(const Exact& other) const { return compare(value_, other.value_) < 0; }

  /// The shortest text: "229.8", "48", "-0.5".
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool whole() const { return value_.exponent >= 0; }

 private:
  explicit Exact(Decimal value) : value_(value) {}
  static std::optional<Exact> of(const std::optional<Decimal>& value);

  Decimal value_;
};

/// What happens to a number behind its decoding, in this order.
struct Scaling {
  std::optional<Exact> scale;
  std::optional<Exact> offset;
  std::optional<int> round;  ///< places behind the point
  std::optional<Exact> least;
  std::optional<Exact> most;
  bool clamp = false;  ///< values outside become the limit; else they are no values
  [[nodiscard]] bool any() const { return scale || offset || round || least || most; }
};

/// Appends the number that comes of `number` (JSON). A whole result of whole numbers stays whole;
/// more digits than Exact holds go through a double. Error: outside of the limits.
Result<void> append_scaled(std::string& out, std::string_view number, const Scaling& scaling);

}  // namespace tbgw::convert
