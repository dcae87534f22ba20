// SPDX-License-Identifier: Apache-2.0
// Decimal numbers kept exactly: what a device says is a decimal number once it is scaled, and 229.8
// must not become 229.80000000000001. The one place where they are calculated with and printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw {

__extension__ typedef __int128 Int128;

/// digits × 10^exponent. Operations are exact or say that they cannot be.
struct Decimal {
  Int128 digits = 0;
  int exponent = 0;

  static Decimal of(std::int64_t value) { return {value, 0}; }
  static Decimal of(std::uint64_t value) { return {static_cast<Int128>(value), 0}; }
  /// The shortest decimal that reads back as this finite double.
  static Decimal of(double value);
  [[nodiscard]] bool is_zero() const { return digits == 0; }
  [[nodiscard]] bool is_one() const { return digits == 1 && exponent == 0; }
};

/// A JSON number; a leading '+' is allowed. At most 36 significant digits.
Result<Decimal> parse_decimal(std::string_view text);

/// nullopt: does not fit, or (quotient) has no end.
std::optional<Decimal> sum(const Decimal& a, const Decimal& b);
std::optional<Decimal> product(const Decimal& a, const Decimal& b);
std::optional<Decimal> quotient(const Decimal& a, const Decimal& b);
/// a/b with 21 significant digits. b is not 0.
Decimal rounded_quotient(const Decimal& a, const Decimal& b);
/// The whole number nearest to a/b, halves away from zero; nullopt: b is 0, or it does not fit.
std::optional<Decimal> whole_quotient(const Decimal& a, const Decimal& b);
Decimal negated(Decimal a);
/// <0, 0, >0.
int compare(const Decimal& a, const Decimal& b);

/// Where what lies in the middle between two goes: to the even digit, as the reference's round()
/// does, or away from zero.
enum class Halves : std::uint8_t { even, away };

/// To that many places behind the point (negative: before it).
Decimal rounded(const Decimal& value, int places, Halves halves = Halves::even);
/// The nearest whole number, halves away from zero; nullopt past 127 bits.
std::optional<Int128> nearest_whole(const Decimal& value);
double to_double(const Decimal& value);

/// `shortest` has an exponent ("1e-7") where the digits would be many; `plain` never has one.
enum class Print : std::uint8_t { shortest, plain };

/// Appends it as a JSON number. `real`: always with a point or an exponent, so that the platform
/// sees a double for 48 too.
void append_text(std::string& out, const Decimal& value, bool real, Print print = Print::shortest);

}  // namespace tbgw
