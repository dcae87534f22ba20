// SPDX-License-Identifier: Apache-2.0
// A gateway as a shell script that does the same without us: FIFOs, pipes, tbgw-route, the options.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "run/plan.hpp"

namespace tbgw::run {

/// The script, for bash. `state`: the folder of the router's table.
std::string script_of(const Gateway& gateway, const std::string& state);

/// One word for a shell, quoted only if it has to be.
std::string shell_word(std::string_view text);

}  // namespace tbgw::run
