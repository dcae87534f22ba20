// SPDX-License-Identifier: Apache-2.0
// Where tbgw-push goes, as whom, and what it kept from its last run.
#pragma once

#include <memory>
#include <string>

#include "mqtt/trace.hpp"
#include "tb/state_store.hpp"
#include "tbgw-push-options.hpp"

namespace tbgw {

struct PushTarget {
  /// Where the credentials were looked for in vain, or what to do if they are refused; "" = nothing
  /// to say.
  std::string without;
  std::string folder;  ///< for what is kept; "" = there is none, and it was said
  std::unique_ptr<mqtt::Trace> trace;
};

/// Looks everything up and completes options.mqtt.session. Fatal 64, 66, 73, 77, 78.
PushTarget find_target(PushOptions& options);

/// What the last run kept there. Fatal 73 if --state names the place; otherwise it is said, and
/// nothing is kept.
tb::StateStore open_state(const PushOptions& options, const PushTarget& target);

}  // namespace tbgw
