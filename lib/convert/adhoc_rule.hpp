// SPDX-License-Identifier: Apache-2.0
// Calls that bring their own rule: the reserved methods `get` and `set` of a device, whose
// parameter is a text of name=value pairs, and `<type>_<method>` of a connector, whose parameters
// are an entry of serverSideRpc. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "convert/down_rule.hpp"
#include "core/json_view.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// "a=1;b=x=y;" in pairs. A piece without a name of its own belongs to the value before: values may
/// hold = and ;. Error: what is in front of the first name.
Result<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text);

/// The rule a call brings along; nullopt = it is no such call. Error: what is wrong with it, in
/// words for the caller.
Result<std::optional<DownRule>> adhoc_rule(DownStyle style, std::string_view device,
                                           std::string_view method, const JsonMember* params);

/// Whether a call to the gateway itself is for a connector of this kind: "mqtt_publish".
bool is_connector_call(DownStyle style, std::string_view method);

}  // namespace tbgw::convert
