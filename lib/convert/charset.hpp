// SPDX-License-Identifier: Apache-2.0
// Bytes that are text in another encoding than UTF-8. Pure.
#pragma once

#include <string>

#include "convert/mapping.hpp"

namespace tbgw::convert {

/// A text as the bytes of a charset (not Charset::decimals). Error: it cannot be said there.
Result<std::string> in_charset(const std::string& utf8, Charset charset);
/// Appends the `value` of an item, its slices read in its charset (not Charset::utf8).
void append_in_charset(std::string& out, const Item& item, const Message& message);

}  // namespace tbgw::convert
