// SPDX-License-Identifier: Apache-2.0
// Decimal text of devices as JSON numbers, without going through a double where that would cost
// digits. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::convert {

/// Appends the integer that `text` is: an optional sign and digits, nothing else, within 64 bits
/// (signed, or unsigned up to 2^64-1). Leading zeros and '+' go.
Result<void> append_integer(std::string& out, std::string_view text);

/// Appends the decimal number that `text` is (optional sign, digits with an optional point,
/// optional exponent) in its shortest form that reads back equal, always with a point or an
/// exponent, so that the platform sees a double for "48" too. Not finite, or out of the range of a
/// double: an error.
Result<void> append_real(std::string& out, std::string_view text);

/// Appends a finite double as append_real() does; the text is that of Python's repr().
void append_double(std::string& out, double value);

/// An optional sign and digits: what append_integer() takes, whatever its size.
bool is_integer_text(std::string_view text);

}  // namespace tbgw::convert
