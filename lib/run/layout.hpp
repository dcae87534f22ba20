// SPDX-License-Identifier: Apache-2.0
// A gateway as processes and the channels between them: what tbgw-run starts and what
// `tbgw-run print` writes down. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "run/plan.hpp"

namespace tbgw::run {

/// What a process reads or writes.
struct Channel {
  enum class Kind {
    nothing,  ///< /dev/null
    fifo,     ///< a FIFO that tbgw-route has the other end of, opened for reading and writing:
              ///< so whoever has it outlives a restart of the router
    pipe,     ///< between two of our processes; it outlives either
  };
  Kind kind = Kind::nothing;
  std::string name;  ///< of the FIFO in the runtime folder, or of the pipe; unlike all others
  bool operator==(const Channel&) const = default;
};

enum class Role { spool, route, downlink, connector, convert, filter };

struct Process {
  Role role = Role::connector;
  std::optional<std::size_t> pipeline;  ///< index into Gateway::pipelines; none: the gateway's own
  std::string name;                     ///< "plant/connector", "spool": for people
  Argv argv;
  Channel in;
  Channel out;
};

/// Where things are.
struct Places {
  std::string runtime;  ///< FIFOs and files of secrets, in their owner's hands only
  std::string state;    ///< the router's table
};

struct Layout {
  /// In the order of their start: spool, route, then each pipeline from its end to its beginning.
  std::vector<Process> processes;
  std::vector<std::string> fifos;  ///< names in the runtime folder
};

/// The name of the pipeline that is the gateway itself, its FIFOs `gateway.up` and `gateway.down`.
inline constexpr const char* kOwnPipeline = "gateway";

struct LayoutOptions {
  /// tbgw-run takes part in the ring as one more pipeline, kOwnPipeline.
  bool own_pipeline = false;
  /// The numbers that FIFOs and pipes of each pipeline have in their names; empty = 1, 2, 3 …
  std::vector<std::size_t> numbers;
  std::chrono::milliseconds stats{0};  ///< how often tools say their counters; 0 = never
  std::string tap;                     ///< socket of the router for copies; "" = none
};
Layout lay_out(const Gateway& gateway, const Places& places, const LayoutOptions& options);

/// The file in the runtime folder for a secret of Platform::secrets.
std::string secret_path(const Places& places, const std::string& option);

/// What every process is told of its loudness: "-q", "-v", "-vv" or nothing.
std::string loudness(log::Level level);
/// The level that applies to a process; `pipeline` is the one it belongs to, or nullptr.
log::Level level_for(const Gateway& gateway, const Process& process, const Pipeline* pipeline);

}  // namespace tbgw::run
