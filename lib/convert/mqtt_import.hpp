// SPDX-License-Identifier: Apache-2.0
// The reference's mqtt.json as a map.
#pragma once

#include "convert/import.hpp"
#include "core/config.hpp"

namespace tbgw::convert {

/// `root`: the whole file. Fatal 78.
Imported import_mqtt(ConfigTable& root, bool compat);

}  // namespace tbgw::convert
