// SPDX-License-Identifier: Apache-2.0
// Bytes as text: UTF-8, hex, base64, JSON strings, and bytes quoted for a message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tbgw {

bool is_utf8(std::string_view bytes);
std::string to_hex(std::string_view bytes);  ///< lower case
std::string to_base64(std::string_view bytes);
/// Strict: right alphabet, right padding, nothing else.
Result<std::string> from_base64(std::string_view text);
std::string latin1_to_utf8(std::string_view bytes);

/// Appends `"…"` with the escapes JSON needs and no others. The text must be valid UTF-8.
void append_json_string(std::string& out, std::string_view utf8);
std::string json_string(std::string_view utf8);

/// For messages: printable UTF-8 as it is, the rest as C escapes, at most `limit` bytes and then
/// "…"; in single quotes.
std::string in_quotes(std::string_view bytes, std::size_t limit = 60);

/// The candidate nearest to `word` (edit distance at most 2 and less than half its length), or "".
/// For "did you mean".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace tbgw
