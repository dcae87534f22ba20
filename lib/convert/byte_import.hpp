// SPDX-License-Identifier: Apache-2.0
// Numbers at fixed places of a message as the reference's extension configurations write them.
#pragma once

#include <string_view>
#include <vector>

#include "convert/mapping_import.hpp"

namespace tbgw::convert {

/// `extension-config`: a list of {key, type, fromByte, toByte, byteorder, signed, multiplier} or of
/// {key, byteAddress, fromBit, toBit}, or one of them alone. Bits count from the least significant
/// one, toBit is not included.
std::vector<Item> read_byte_items(ConfigTable& converter, std::string_view key,
                                  const ItemStyle& style);

/// "big" or "little", in any case; absent = big.
bool read_little_endian(ConfigTable& table, std::string_view key);

}  // namespace tbgw::convert
