// SPDX-License-Identifier: Apache-2.0
// Rows of text as a table for people.
#pragma once

#include <string>
#include <vector>

namespace tbgw {

/// Where the columns behind the first, which is on the left, have their text.
enum class Align { left, right };

/// Columns as wide as their widest cell, two blanks between them, nothing at the ends of lines.
std::string table(const std::vector<std::vector<std::string>>& rows, Align align);

}  // namespace tbgw
