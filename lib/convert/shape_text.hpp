// SPDX-License-Identifier: Apache-2.0
// Texts of which nothing is known: pairs, columns, and sentences with numbers in them. Pure.
#pragma once

#include <string_view>

#include "convert/shape.hpp"

namespace tbgw::convert {

// Each fills in `shape` if the text is of its kind; else it returns false, and what is in `shape`
// has no meaning.

/// "T=21.5;H=40", "T:21.5 H:40".
bool read_pairs(std::string_view text, Shape& shape);
/// Lines with the same number of columns, with or without names in the first.
bool read_columns(std::string_view text, Shape& shape);
/// Numbers, and a time, with the same text around them.
bool read_sentence(std::string_view text, Shape& shape);

}  // namespace tbgw::convert
