// SPDX-License-Identifier: Apache-2.0
// Bytes that are text in another encoding than UTF-8. Pure.
#pragma once

#include <string>

#include "convert/mapping.hpp"

namespace tbgw::convert {

/// Appends the `value` of an item, its slices read in its charset (not Charset::utf8).
void append_in_charset(std::string& out, const Item& item, const Message& message);

}  // namespace tbgw::convert
