// SPDX-License-Identifier: Apache-2.0
// One value of a unit: where it is, what it means, how it is written. Every way to name a tag
// (file, CSV, command line, RPC) ends here. Pure data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "modbus/address.hpp"
#include "modbus/order.hpp"
#include "modbus/scale.hpp"
#include "modbus/type.hpp"
#include "report/strategy.hpp"

namespace tbgw::modbus {

using Milliseconds = std::chrono::milliseconds;

/// Some bits of one register (natural counting: bit 0 is the least significant).
struct BitField {
  std::uint8_t first = 0;
  std::uint8_t width = 1;
  bool operator==(const BitField&) const = default;
};

/// A value and its name (`variants`): the number, or the truth of a bit, that is called so.
struct Label {
  std::optional<Decimal> number;
  std::optional<bool> truth;
  std::string text;
};
/// "2", "2.0", "true", "True": what a value of `variants` stands for. Error: none of these.
Result<Label> parse_label(std::string_view value, std::string text);

/// Which character of a register counts.
enum class Characters : std::uint8_t { both, high, low };

struct TextOptions {
  bool trim = true;  ///< without the NUL bytes and blanks at the end
  Characters characters = Characters::both;
  char pad = '\0';  ///< fills the rest when written
};

struct Tag {
  std::string key;
  std::string place;  ///< "modbus.json:12", for messages; "" = none
  bool attribute = false;
  /// Read for others (scaleFrom), not reported.
  bool hidden = false;

  /// 1-4 read; 5, 6, 15, 16 write. A tag that reads holding registers or coils can be written too;
  /// the function code is chosen then.
  std::uint8_t function = 3;
  std::uint16_t address = 0;
  /// Registers or coils that the tag covers. 0 before finish(): as many as it takes; afterwards
  /// only for a text that is written and may have any length.
  std::uint16_t count = 1;
  Type type;
  /// More than 1: the value is a list, of so many numbers of the type or (bits) of so many bits.
  std::uint16_t values = 1;
  /// The one in force for this type: the unit's order does not touch text, bytes, bits and 8-bit
  /// values, a tag's own does.
  Order order;
  std::optional<Order> write_order;  ///< where it differs (`repack`)

  std::optional<BitField> bit;
  bool bits_as_numbers = false;  ///< 0 and 1 instead of false and true
  Scale scale;
  std::string scale_from;              ///< key of the tag that holds the power of ten; "" = none
  std::optional<int> round;            ///< places behind the point
  std::vector<std::uint64_t> invalid;  ///< bit patterns of the type that mean "no value"
  std::vector<Label> labels;
  std::optional<Decimal> least;  ///< values outside are refused when written
  std::optional<Decimal> most;
  TextOptions text;
  bool raw_write = false;  ///< what is written is the number in the registers, not the value
  bool verify = false;     ///< read again after writing
  /// The reference gateway's order of bits in lists, and its untrimmed texts.
  bool compat = false;

  std::optional<Milliseconds> period;  ///< unset: the unit's
  bool once = false;                   ///< read after each connect only
  /// The most registers of one request that reads this tag (ranges); 0 = the unit's limit.
  std::uint16_t most_per_request = 0;
  report::Strategy strategy;

  [[nodiscard]] Table table() const { return *table_of(function); }
  [[nodiscard]] bool reads() const { return function <= 4; }
};

/// Completes a tag (count from type and values) and checks that everything goes together: type and
/// table, count, address, bit. To be called by everything that makes tags. Error: "32int takes 2
/// registers, not 1".
Result<void> finish(Tag& tag);

}  // namespace tbgw::modbus
