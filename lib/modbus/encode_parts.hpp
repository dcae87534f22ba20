// SPDX-License-Identifier: Apache-2.0
// What the kinds of values share when they are written. Internal to the codec.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "modbus/codec.hpp"

namespace tbgw::modbus {

/// A value as it is named in an error.
std::string quoted(const nlohmann::ordered_json& value);
/// The label that a text is, or nullptr.
const Label* label_called(const Tag& tag, const nlohmann::ordered_json& value);
/// A number, or true and false as 1 and 0, or a number as text.
Result<Decimal> number_in(const nlohmann::ordered_json& value);
/// The bits that hold a number (not scaled) in the tag's type. Error: it does not fit.
Result<std::uint64_t> number_pattern(const Tag& tag, const Decimal& number);
/// true and false, "true", "on", "false", "off", a label, or a number (0 is false).
Result<bool> truth_in(const Tag& tag, const nlohmann::ordered_json& value);
inline Order write_order(const Tag& tag) {
  return tag.write_order.value_or(tag.order);
}

/// Of the kinds bits; text and bytes; date. `out` has table and address.
Result<Write> encode_bits(const Tag& tag, const nlohmann::ordered_json& value, Write out);
Result<Write> encode_text(const Tag& tag, const nlohmann::ordered_json& value, Write out);
Result<Write> encode_date(const Tag& tag, const nlohmann::ordered_json& value, Write out);

}  // namespace tbgw::modbus
