// SPDX-License-Identifier: Apache-2.0
#include "core/json_text.hpp"

#include <array>
#include <charconv>
#include <system_error>

namespace tbgw {

std::size_t utf8_sequence(std::string_view text) {
  constexpr std::array<std::uint32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0xC0U ? 0U : first < 0xE0U ? 2U : first < 0xF0U ? 3U : 4U;
  if (length == 0 || first > 0xF4U || text.size() < length) return 0;
  std::uint32_t code = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (byte & 0x3FU);
  }
  const bool surrogate = code >= 0xD800U && code < 0xE000U;
  return code < kLeast[length] || code > 0x10FFFFU || surrogate ? 0 : length;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto last = [&](std::uint32_t shift) { put(0x80U | (code >> shift & 0x3FU)); };
  if (code < 0x80U) {
    put(code);
  } else if (code < 0x800U) {
    put(0xC0U | code >> 6U);
    last(0);
  } else if (code < 0x10000U) {
    put(0xE0U | code >> 12U);
    last(6);
    last(0);
  } else {
    put(0xF0U | code >> 18U);
    last(12);
    last(6);
    last(0);
  }
}

bool is_huge(std::string_view text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool tiny =
      text.find("e-") != std::string_view::npos || text.find("E-") != std::string_view::npos;
  return result.ec == std::errc::result_out_of_range && !tiny;
}

}  // namespace tbgw
