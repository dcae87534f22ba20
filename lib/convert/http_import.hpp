// SPDX-License-Identifier: Apache-2.0
// The reference's files for HTTP as maps: request.json (we ask) and rest.json (we are asked).
#pragma once

#include "convert/import.hpp"
#include "core/config.hpp"

namespace tbgw::convert {

/// `root`: the whole file. Fatal 78.
Imported import_request(ConfigTable& root, bool compat);
Imported import_rest(ConfigTable& root, bool compat);

}  // namespace tbgw::convert
