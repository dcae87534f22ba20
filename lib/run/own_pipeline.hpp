// SPDX-License-Identifier: Apache-2.0
// The gateway itself as one more pipeline of the router: what comes down for its own device, and
// what it says of itself.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "core/fd.hpp"
#include "core/line_input.hpp"
#include "core/loop.hpp"
#include "core/output.hpp"

namespace tbgw::run {

class OwnPipeline {
 public:
  /// `take` gets each event. The FIFOs are there. Fatal 73.
  OwnPipeline(Loop& loop, const std::string& up, const std::string& down,
              std::function<void(const nlohmann::json& event)> take);

  /// A record, without its newline. While nobody reads, the oldest go.
  void print(std::string record) { output_.push(std::move(record), true); }

 private:
  std::function<void(const nlohmann::json& event)> take_;
  Fd up_;
  Fd down_;
  Output output_;
  LineInput input_;
};

/// The object in a line; null if it is none, or nested too deep.
nlohmann::json parse_event(std::string_view line);

}  // namespace tbgw::run
