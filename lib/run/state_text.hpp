// SPDX-License-Identifier: Apache-2.0
// The state of a gateway as a table for people. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/time.hpp"

namespace tbgw::run {

/// `state` is what the control socket says; `before` what it said `seconds` ago, for rates (null =
/// none); `spool` what tbgw-spoolctl says of the spool (null = not known).
std::string state_text(const nlohmann::json& state, const nlohmann::json& before, double seconds,
                       const nlohmann::json& spool, EpochMs now);

}  // namespace tbgw::run
