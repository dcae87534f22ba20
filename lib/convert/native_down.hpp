// SPDX-License-Identifier: Apache-2.0
// The way down of a native map: attributeUpdates and serverSideRpc.
#pragma once

#include <vector>

#include "convert/down_rule.hpp"
#include "core/config.hpp"

namespace tbgw::convert {

/// `root`: the whole file. Fatal 78.
std::vector<DownRule> read_native_down(ConfigTable& root);

}  // namespace tbgw::convert
