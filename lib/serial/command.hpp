// SPDX-License-Identifier: Apache-2.0
// Commands for a serial device: `{"device":"D","send":"value = 25\n"}`, tbgw-record(5).
#pragma once

#include <optional>
#include <span>
#include <string>

#include "core/json_view.hpp"
#include "core/result.hpp"
#include "serial/framing.hpp"

namespace tbgw::serial {

struct Command {
  std::string device;  ///< "" = none named
  std::string port;    ///< "" = none named
  std::string bytes;
  std::string rpc;  ///< raw JSON; "" = nobody waits for an outcome
  /// Wait for an answer this long; nullopt = none is expected.
  std::optional<Milliseconds> answer;
};

/// Whom a command is for and who waits, as far as that can be read: enough to say that it failed.
Command addressed(std::span<const JsonMember> members);
/// All of it. Error: what is wrong.
Result<Command> parse_command(std::span<const JsonMember> members);

/// The record that tells what became of a command with rpc: `outcome` is `"sent":true` or
/// `"error":…`. `device` or, if that is "", `port` says whose; both "" = nobody knows.
std::string outcome_line(const std::string& device, const std::string& port, const std::string& rpc,
                         const std::string& outcome);

}  // namespace tbgw::serial
