// SPDX-License-Identifier: Apache-2.0
// The order of bytes and registers within a value. Devices differ in both.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::modbus {

/// Registers 0x0102 0x0304 in read order are, as a 32-bit value:
///
///     byteOrder word Order  value        vendors' name
///     BIG       BIG         0x01020304   ABCD
///     BIG       LITTLE      0x03040102   CDAB
///     LITTLE    BIG         0x02010403   BADC
///     LITTLE    LITTLE      0x04030201   DCBA
///
/// LITTLE words: the list of registers is reversed. LITTLE bytes: the two bytes of each register
/// are swapped, also of a 16-bit value.
struct Order {
  bool little_bytes = false;
  bool little_words = false;
  bool operator==(const Order&) const = default;
};

inline constexpr Order kBigEndian{};

/// "ABCD", "CDAB", "BADC" or "DCBA", in any case.
Result<Order> parse_order(std::string_view text);
std::string_view name_of(Order order);

}  // namespace tbgw::modbus
