// SPDX-License-Identifier: Apache-2.0
// Calls for the gateway itself, by the reference's names, as far as tbgw-push does not answer them.
// Pure: what to answer and what to do is returned.
//
// tbgw-run hands each event `rpc` without a device to answer(), prints `reply` with reply_line(),
// and does what else the answer says.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/plan.hpp"

namespace tbgw::run {

struct GatewayFacts {
  std::string version;                                          ///< of tbgw
  std::map<std::string, std::string> devices;                   ///< device -> pipeline
  std::vector<std::pair<std::string, std::string>> connectors;  ///< name, type
  nlohmann::json stats = nlohmann::json::object();              ///< eventsProduced …
  std::map<std::string, Argv> commands;                         ///< what may be run, by name
};

struct RpcAnswer {
  /// What the caller gets. None: the pipelines answer, or the command that is run.
  std::optional<nlohmann::json> reply;
  std::optional<std::chrono::seconds> restart;  ///< of tbgw-run, after so long
  std::string command;                          ///< the allowed command to run, "" = none
  bool shell = false;                           ///< it is the remote shell's
  bool terminate = false;                       ///< end the command of the remote shell
  std::vector<std::string> pipelines;           ///< to hand the call to, as `method`
  std::string method;
};

/// The remote shell as the platform's page knows it, for fixed commands only: one at a time.
class RemoteShell {
 public:
  /// It is run now, and what it says comes by output().
  void started();
  void output(std::string_view out, std::string_view err);
  void ended() { done_ = true; }
  [[nodiscard]] bool is_busy() const { return !done_; }
  /// What came since the last call.
  nlohmann::json status(const std::string& folder);

 private:
  /// What nobody asks for is not kept without end.
  static constexpr std::size_t kMost = std::size_t{32} << 10;

  std::string out_;
  std::string err_;
  bool done_ = true;
};

RpcAnswer answer(std::string_view method, const nlohmann::json& params, const GatewayFacts& facts,
                 RemoteShell& shell);

/// The answer to the call of this event `rpc`, as a line.
std::string reply_line(const nlohmann::json& event, const nlohmann::json& data);
/// What a command that a call asked for has said, as its answer.
nlohmann::json command_reply(int status, std::string_view out, std::string_view err);

}  // namespace tbgw::run
