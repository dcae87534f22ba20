// SPDX-License-Identifier: Apache-2.0
// The check of RTU frames: CRC-16/MODBUS (polynomial 0xA001 reflected, start 0xFFFF). It goes on
// the wire low byte first.
#pragma once

#include <cstdint>
#include <string_view>

namespace tbgw::modbus {

std::uint16_t crc16(std::string_view bytes);

}  // namespace tbgw::modbus
