// SPDX-License-Identifier: Apache-2.0
// The control socket of a running gateway: who connects gets its state, one line of JSON.
#pragma once

#include <functional>
#include <string>

#include "core/fd.hpp"
#include "core/listener.hpp"
#include "core/loop.hpp"

namespace tbgw::run {

class Control {
 public:
  /// Fatal 64, 73, 75 as Listener.
  Control(Loop& loop, const std::string& path, std::function<std::string()> state);

 private:
  Listener listener_;
};

std::string control_path(const std::string& runtime);
std::string tap_path(const std::string& runtime);

/// What the gateway that runs in this folder says of itself. Fatal 69: none does.
std::string ask_state(const std::string& runtime);

}  // namespace tbgw::run
