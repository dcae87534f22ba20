// SPDX-License-Identifier: Apache-2.0
// Tags to the fewest requests that the protocol and the unit allow.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "modbus/tag.hpp"

namespace tbgw::modbus {

/// What one request may read.
struct ReadLimits {
  std::uint16_t registers = 125;
  std::uint16_t bits = 2000;
  /// Cells nobody asked for that may lie between two tags of one request.
  std::uint16_t gap_registers = 8;
  std::uint16_t gap_bits = 64;
  bool operator==(const ReadLimits&) const = default;
};

/// No request reads both sides of the border before this address, unless a single tag lies across
/// it. A hole (declared, or learnt from exceptions) is the cut at its first address.
struct Cut {
  Table table = Table::holding_registers;
  std::uint16_t address = 0;
  bool operator==(const Cut&) const = default;
  bool operator<(const Cut& other) const {
    return table != other.table ? table < other.table : address < other.address;
  }
};

/// One request, and the tags whose cells are in its answer.
struct Block {
  Table table = Table::holding_registers;
  std::uint16_t address = 0;
  std::uint16_t count = 0;
  Milliseconds period{0};         ///< the shortest of its tags; 0 = after each connect only
  std::vector<std::size_t> tags;  ///< indices, in order of address
  bool operator==(const Block&) const = default;

  [[nodiscard]] std::uint32_t end() const { return std::uint32_t{address} + count; }
  /// The cells of a tag in those of the block.
  [[nodiscard]] std::size_t offset(const Tag& tag) const {
    return std::size_t{tag.address} - address;
  }
};

/// Plans the tags that read (others are left out). `period`: of tags without one of their own.
/// A tag with a longer period joins a block with a shorter one where that costs less than its own
/// request; it is then read more often than it has to be reported.
/// Two tags may share cells. The result is in order of period, table and address.
std::vector<Block> plan(std::span<const Tag> tags, Milliseconds period, const ReadLimits& limits,
                        std::span<const Cut> cuts);

/// A block that the unit refused (exception 2 or 3), in two halves, each with whole tags. Empty if
/// it cannot be divided: it has one tag, or its tags share cells. If a half is answered, the border
/// between the halves is to be kept as a cut: cut_before(second half).
std::vector<Block> halves(const Block& block, std::span<const Tag> tags);
Cut cut_before(const Block& second);

}  // namespace tbgw::modbus
