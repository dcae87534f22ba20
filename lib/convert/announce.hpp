// SPDX-License-Identifier: Apache-2.0
// connect, disconnect and fault events of a connector that was not told its device. Pure.
#pragma once

#include <string>

#include "convert/line.hpp"
#include "convert/select.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// For an event that lacks something the map knows, appends it with that filled in, newline
/// included, and returns true: `device` by the rule for raw records, and for connect `deviceType`
/// and `sharedKeys` (the attributes of the attributeUpdates). What is there stays. Returns false
/// for any other event, having appended nothing. An error: no device can be found for it.
Result<bool> append_announced(const Selector& selector, const Members& members, std::string& out);

}  // namespace tbgw::convert
