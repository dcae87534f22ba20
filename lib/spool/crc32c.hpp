// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), the checksum of everything a spool writes.
#pragma once

#include <cstdint>
#include <string_view>

namespace tbgw::spool {

/// The checksum of the bytes checked so far (`crc`, 0 at first) and then `bytes`. By the
/// processor's own instruction where there is one.
std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes);

/// The same by tables, for processors without the instruction.
std::uint32_t crc32c_by_table(std::uint32_t crc, std::string_view bytes);

}  // namespace tbgw::spool
