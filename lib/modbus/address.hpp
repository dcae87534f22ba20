// SPDX-License-Identifier: Apache-2.0
// The four tables of a Modbus unit, and every usual way to write a place in them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::modbus {

enum class Table : std::uint8_t { coils, discrete_inputs, holding_registers, input_registers };

/// The function code that reads it: 1, 2, 3, 4.
std::uint8_t read_function(Table table);
/// Of a function code 1-6, 15, 16, 22, 23; nullopt for others.
std::optional<Table> table_of(std::uint8_t function);
inline bool is_bits(Table table) {
  return table == Table::coils || table == Table::discrete_inputs;
}
/// "co", "di", "hr", "ir": as tags are written.
std::string_view short_name(Table table);
/// "coil", "discrete input", "holding register", "input register".
std::string_view long_name(Table table);
/// Of short_name(), long_name() (also plural, also with '_' or '-') and "coils_initializer".
std::optional<Table> parse_table(std::string_view text);

/// A range of addresses, as the protocol counts: from 0. `last` is included.
struct Place {
  std::optional<Table> table;  ///< if the text names it
  std::uint16_t first = 0;
  std::uint16_t last = 0;
  bool range = false;  ///< written as one, also "4-4"
  bool operator==(const Place&) const = default;
};

/// Reads a place:
///
///     12, 0x0c          counted from `base` (0 or 1); never Modicon if `table_known`
///     40013, 400013     Modicon: the first digit is the table (0, 1, 3, 4), the rest counts from 1
///     hr:12, hr:0x0c    table and protocol address, counted from `base`
///     hr@13             table and number, counted from 1 whatever the base
///     12-20             a range of any of these
///
/// Error: not a place, or past 65535.
Result<Place> parse_place(std::string_view text, unsigned base, bool table_known);

/// Both usual ways to write it: "hr:12 (40013)"; six digits from 10000 on.
std::string describe(Table table, std::uint16_t address);

}  // namespace tbgw::modbus
