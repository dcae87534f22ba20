// SPDX-License-Identifier: Apache-2.0
// Pieces of a JSON text that its readers share: what a value is by its first character, characters
// beyond ASCII, and numbers at the limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/json_view.hpp"

namespace tbgw {

/// What the value is that starts with this character, if it is a valid one.
inline JsonType json_type(char first) {
  switch (first) {
    case '"':
      return JsonType::string;
    case '{':
      return JsonType::object;
    case '[':
      return JsonType::array;
    case 't':
    case 'f':
      return JsonType::boolean;
    case 'n':
      return JsonType::null;
    default:
      return JsonType::number;
  }
}

/// Bytes of the well-formed UTF-8 sequence of several bytes that `text`, which is not empty, starts
/// with (RFC 3629, section 4); 0 = it does not.
std::size_t utf8_sequence(std::string_view text);
/// Appends a code point that is no surrogate.
void append_utf8(std::string& out, std::uint32_t code);
/// A valid JSON number that is too large for a double (1e400): every reader would make something
/// else of it.
bool is_huge(std::string_view number);

}  // namespace tbgw
