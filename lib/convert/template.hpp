// SPDX-License-Identifier: Apache-2.0
// Texts with ${…} to fill in (`stringToDevice`). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "convert/map.hpp"

namespace tbgw::convert {

/// Cuts `text` at ${attribute}, ${deviceName} and ${deviceType}. Any other ${…} stays as it stands
/// and is named in `unknown`.
Template parse_template(std::string_view text, std::string_view attribute,
                        std::vector<std::string>& unknown);

/// The text with everything filled in.
std::string fill(const Template& from, std::string_view value, std::string_view device_name,
                 std::string_view device_type);

}  // namespace tbgw::convert
