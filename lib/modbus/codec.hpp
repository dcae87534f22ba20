// SPDX-License-Identifier: Apache-2.0
// Registers and coils to values and back. encode() is the exact inverse of decode().
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "modbus/tag.hpp"

namespace tbgw::modbus {

/// Registers as they came, or one element of 0 or 1 for each coil.
using Cells = std::span<const std::uint16_t>;

/// The value of a tag as JSON text. `cells` are the tag's own: tag.count of them, from tag.address
/// on. `exponent`: the power of ten read from tag.scale_from.
/// Error: why there is no value (not finite, an invalid marker, too few cells, a BCD digit past 9),
/// which is nothing to report but something to count.
Result<std::string> decode(const Tag& tag, Cells cells, int exponent = 0);

/// The power of ten that the tag of a scaleFrom holds: -10 to 10; otherwise, or without a value, an
/// error.
Result<int> decode_exponent(const Tag& tag, Cells cells);

/// What has to be in the unit for a tag to have a value.
struct Write {
  Table table = Table::holding_registers;
  std::uint16_t address = 0;
  std::vector<std::uint16_t> cells;
  /// One register of which only these bits are ours: write them with FC 22, or read the register,
  /// change them and write it back.
  std::optional<std::uint16_t> mask;
  bool operator==(const Write&) const = default;
};

/// The register to write back where only the bits of `write.mask` are ours.
inline std::uint16_t merged(std::uint16_t read, const Write& write) {
  const unsigned mask = write.mask.value_or(0xffff);
  return static_cast<std::uint16_t>((read & ~mask) | (write.cells.at(0) & mask));
}

/// A value for a tag: a number, true or false, a text (also a number or a label as text), or a
/// list. Scaling and labels are undone; a value between two steps of an integer goes to the
/// nearest. Error: why it cannot be written (wrong kind, out of range, too long, a table that is
/// read-only).
Result<Write> encode(const Tag& tag, const nlohmann::ordered_json& value, int exponent = 0);

}  // namespace tbgw::modbus
