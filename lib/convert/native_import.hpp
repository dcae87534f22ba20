// SPDX-License-Identifier: Apache-2.0
// Our own maps: the list `maps` of tbgw-map(5).
#pragma once

#include "convert/import.hpp"
#include "core/config.hpp"

namespace tbgw::convert {

/// `root`: the whole file. Unknown keys are errors in JSON too: nobody else writes such a file.
/// Fatal 78.
Imported import_native(ConfigTable& root, bool compat);

}  // namespace tbgw::convert
