// SPDX-License-Identifier: Apache-2.0
// What registers and coils are taken for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tbgw::modbus {

enum class Kind : std::uint8_t {
  bits,     ///< single bits: one is a boolean, several are a list
  integer,  ///< two's complement
  natural,  ///< unsigned
  real,     ///< IEEE 754
  text,     ///< UTF-8, two characters a register
  bytes,    ///< written as lower-case hexadecimal text
  bcd,      ///< four decimal digits a register
  mod10,    ///< each register counts 0 to 9999, the first is the most significant
  date,     ///< IEC 60870-5-4: year, month and day, hour and minute, milliseconds
};

/// Where in its register an 8-bit value is.
enum class Half : std::uint8_t {
  whole,  ///< the high byte; the register is the value's own and the low byte is written as 0
  high,   ///< the high byte; the low byte belongs to someone else
  low,    ///< the low byte; likewise
};

struct Type {
  Kind kind = Kind::natural;
  std::uint8_t width = 16;  ///< bits of one value; 0 for bits, text and bytes: the count decides
  Half half = Half::whole;
  bool operator==(const Type&) const = default;
};

/// Registers that one value takes, 0 where the count decides.
unsigned registers_of(Type type);

/// The type of a name, in any case: "16int", "32float", "string", "bits", "32bcd", "8uintlo" …
/// Names without a width ("int", "uint", "float", "double", "word" …) take it from `registers`, 0
/// meaning their usual one. Error: unknown (with the nearest name), or no such width.
Result<Type> parse_type(std::string_view name, unsigned registers);
std::string name_of(Type type);
/// The names with a width, for messages and for --guess.
const std::vector<std::string>& type_names();

}  // namespace tbgw::modbus
