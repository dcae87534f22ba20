// SPDX-License-Identifier: Apache-2.0
// attributeUpdates, serverSideRpc and the answers to attributeRequests of the reference's files.
#pragma once

#include <string>
#include <vector>

#include "convert/down_rule.hpp"
#include "convert/notices.hpp"
#include "core/config.hpp"

namespace tbgw::convert {

/// Appends the rules of one table: the file (or its requestsMapping), or a device, whose name then
/// is `device`. `address` is where such a device is ("" = unknown).
void read_down_rules(ConfigTable& table, DownStyle style, const std::string& device,
                     const std::string& address, std::vector<DownRule>& to, Notices& notices);

/// The answer to one of the attributeRequests of mqtt.json.
DownRule read_response_rule(ConfigTable& table);

}  // namespace tbgw::convert
