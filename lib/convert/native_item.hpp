// SPDX-License-Identifier: Apache-2.0
// One entry of `telemetry` or `attributes` of our own maps.
#pragma once

#include "convert/mapping_import.hpp"

namespace tbgw::convert {

/// `decode`: what its messages are decoded as; `strategy`: of the levels above. Fatal 78.
Item read_native_item(ConfigTable& table, const Decode& decode, const report::Said& strategy,
                      Notices& notices);

/// A value without a key: where it is and what it is taken for.
Item read_native_value(ConfigTable& table, const Decode& decode);
/// `type` and what belongs to it, for a value that becomes bytes.
Item read_native_number(ConfigTable& table);

/// A text with ${path}, or with [a:b] where messages are bytes or text.
Text native_text(const ConfigTable& table, std::string_view key, const std::string& value,
                 const Decode& decode);

}  // namespace tbgw::convert
