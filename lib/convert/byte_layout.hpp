// SPDX-License-Identifier: Apache-2.0
// Numbers, bits and texts at fixed places of a binary message. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "convert/message.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

struct ByteLayout {
  enum class Kind : std::uint8_t {
    unsigned_integer,  ///< 1 to 8 bytes
    signed_integer,    ///< two's complement
    real,              ///< IEEE 754 in 2, 4 or 8 bytes
    bcd,               ///< two decimal digits a byte
    boolean,           ///< any bit set
    text,              ///< UTF-8 up to the first NUL, without blanks at the end
    latin1,            ///< likewise, a byte a character
    hex,
  };
  Kind kind = Kind::unsigned_integer;
  ByteRange range;
  bool little_endian = false;
  bool swap_words = false;  ///< of 16 bits, after the order of bytes
  /// Of the number, counted from its least significant one; only for integers and boolean.
  std::uint8_t first_bit = 0;
  std::uint8_t bits = 0;  ///< 0 = all
};

/// The bytes of a number with the most significant one first; of such a number, as they are laid
/// out.
std::string in_big_endian(const ByteLayout& layout, std::string_view bytes);

/// Appends the value as JSON. Errors: too few bytes, digits that are none, NaN and infinity.
Result<void> append_layout(std::string& out, const ByteLayout& layout, std::string_view bytes);

}  // namespace tbgw::convert
