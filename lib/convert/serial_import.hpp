// SPDX-License-Identifier: Apache-2.0
// The reference gateway's serial connector file, and the same keys in TOML or for one device only,
// as a map. tbgw-map(5) describes every key.
#pragma once

#include "convert/import.hpp"
#include "core/config.hpp"

namespace tbgw::convert {

/// Imports the table of a whole file: a list `devices`, or one device's keys at the top. Keys of
/// the port are the connector's: they are known here, and not read.
Imported import_serial(ConfigTable& root, bool compat);

}  // namespace tbgw::convert
