// SPDX-License-Identifier: Apache-2.0
// The single keys of a tag. Internal to read_tags(). Everything wrong is Fatal 78 with its place.
#pragma once

#include <string>
#include <vector>

#include "modbus/tag_reader.hpp"

namespace tbgw::modbus {

/// functionCode and address: sets function and address, gives the range.
Place read_place(ConfigTable& table, TagUse use, const TagDefaults& defaults, Tag& tag);
/// type, objectsCount, array, bit, bitTargetType and the texts' options. Expects the function.
void read_type(ConfigTable& table, TagUse use, Tag& tag);
/// order, or byteOrder and wordOrder, over the unit's; repack.
void read_order(ConfigTable& table, const TagDefaults& defaults, Tag& tag,
                std::vector<std::string>& notices);
/// multiplier, divider, offset, round, scaleFrom.
void read_scale(ConfigTable& table, const TagDefaults& defaults, Tag& tag,
                std::vector<std::string>& notices);
/// variants, invalid, min, max.
void read_meaning(ConfigTable& table, Tag& tag, std::vector<std::string>& notices);
/// pollPeriod, hidden, raw, verify, reportStrategy, deadband.
void read_handling(ConfigTable& table, const TagDefaults& defaults, Tag& tag,
                   std::vector<std::string>& notices);

}  // namespace tbgw::modbus
