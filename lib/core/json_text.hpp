// SPDX-License-Identifier: Apache-2.0
// The rare parts of a JSON text: characters beyond ASCII, and numbers at the limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tbgw {

/// Bytes of the well-formed UTF-8 sequence of several bytes that `text`, which is not empty, starts
/// with (RFC 3629, section 4); 0 = it does not.
std::size_t utf8_sequence(std::string_view text);
/// Appends a code point that is no surrogate.
void append_utf8(std::string& out, std::uint32_t code);
/// A valid JSON number that is too large for a double (1e400): every reader would make something
/// else of it.
bool is_huge(std::string_view number);

}  // namespace tbgw
