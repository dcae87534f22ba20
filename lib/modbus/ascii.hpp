// SPDX-License-Identifier: Apache-2.0
// The check of ASCII frames.
#pragma once

#include <cstdint>
#include <string_view>

namespace tbgw::modbus {

/// The longitudinal redundancy check: what makes the sum of all bytes 0.
std::uint8_t lrc(std::string_view bytes);

}  // namespace tbgw::modbus
