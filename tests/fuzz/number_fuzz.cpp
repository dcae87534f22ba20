// SPDX-License-Identifier: Apache-2.0
// library: core
// Any bytes as numbers, durations, sizes, escapes: a value that is printed again reads back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/number.hpp"
#include "core/text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto value = tbgw::parse_integer(text, -1000, 1000)) {
    if (*value < -1000 || *value > 1000) std::abort();
  }
  if (const auto value = tbgw::parse_duration(text)) {
    const auto again = tbgw::parse_duration(tbgw::format_duration(*value));
    if (!again || *again != *value) std::abort();
  }
  if (const auto bytes = tbgw::parse_hex(text)) {
    const auto again = tbgw::parse_hex(tbgw::to_hex(*bytes));
    if (!again || *again != *bytes) std::abort();
  }
  if (const auto bytes = tbgw::from_base64(text)) {
    const auto again = tbgw::from_base64(tbgw::to_base64(*bytes));
    if (!again || *again != *bytes) std::abort();
  }
  static_cast<void>(tbgw::parse_real(text));
  static_cast<void>(tbgw::parse_size(text));
  static_cast<void>(tbgw::parse_escapes(text));
  return 0;
}
