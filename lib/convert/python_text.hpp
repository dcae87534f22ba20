// SPDX-License-Identifier: Apache-2.0
// JSON values as Python prints them: what the reference gateway puts into commands (--compat).
#pragma once

#include <string>
#include <string_view>

namespace tbgw::convert {

/// str() of what json.loads() makes of `json` (valid JSON): True, None, 25.0, {'a': [1, 'x']}.
std::string python_text(std::string_view json);

}  // namespace tbgw::convert
