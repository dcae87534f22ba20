// SPDX-License-Identifier: Apache-2.0
// The bit patterns of values, and how they lie in registers and coils. Internal to the codec.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "modbus/codec.hpp"

namespace tbgw::modbus {

/// Registers in the order and with the bytes that big-endian reading expects. Its own inverse.
std::vector<std::uint16_t> ordered(Cells registers, Order order);

/// The bits of one value: of its registers (registers_of(type) of them, in the device's order), or
/// of the 8 bits of a half. At most 64 bits.
std::uint64_t pattern_of(Cells registers, Type type, Order order);
/// The inverse. For half a register the other half is 0.
std::vector<std::uint16_t> registers_from(std::uint64_t pattern, Type type, Order order);

/// The bits of an integer that lies in coils. Naturally, coil i is bit i. In the reference (compat)
/// each byte has its first coil on top, and the bytes are ordered as registers are.
std::uint64_t coil_pattern(Cells coils, const Tag& tag);
std::vector<std::uint16_t> coils_from(std::uint64_t pattern, const Tag& tag);

/// Elements of the list that a tag of kind bits is.
std::size_t list_size(const Tag& tag);
/// Which coil, or which bit of which register (register × 16 + bit), element i of the list is;
/// nullopt: none of those read (padding in the reference's lists).
std::optional<std::size_t> bit_position(const Tag& tag, std::size_t i);

/// IEEE 754 binary16, 32 and 64. `width` is 16, 32 or 64.
double real_from(std::uint64_t pattern, unsigned width);
/// nullopt: too large.
std::optional<std::uint64_t> real_pattern(const Decimal& value, unsigned width);

}  // namespace tbgw::modbus
