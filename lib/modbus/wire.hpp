// SPDX-License-Identifier: Apache-2.0
// Big-endian numbers in bytes, as Modbus has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tbgw::modbus {

inline void put_word(std::string& out, std::uint16_t word) {
  out += static_cast<char>(word >> 8U);
  out += static_cast<char>(word & 0xffU);
}

inline std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

inline std::uint16_t word_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}

}  // namespace tbgw::modbus
