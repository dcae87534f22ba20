// SPDX-License-Identifier: Apache-2.0
// The way back of byte_layout: a value as the bytes that give it when they are read. Pure.
#pragma once

#include <string>

#include "convert/byte_layout.hpp"
#include "convert/exact.hpp"
#include "core/json_view.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// The bytes of `value` (a number, a text, true or false) at `layout`, whose position does not
/// matter; bits around a part of a number are 0. Scale and offset are undone, to the nearest number
/// the bytes can hold. Errors: no number, outside of the limits or of what the bytes can hold, a
/// text that is too long.
Result<std::string> encode_layout(const ByteLayout& layout, const Scaling& scaling,
                                  const JsonMember& value);

}  // namespace tbgw::convert
