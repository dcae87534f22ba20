// SPDX-License-Identifier: Apache-2.0
// A small file that is replaced as a whole: credentials, a state.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw {

/// Puts `text` into the file in one step: whoever reads it, also after a kill or a power cut, finds
/// the old text or the new one, whole. For the owner only (0600). Folders on the way are made.
/// Error: with the path; then the file is as it was.
Result<void> replace_file(const std::string& path, std::string_view text);

}  // namespace tbgw
