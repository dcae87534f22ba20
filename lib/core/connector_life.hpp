// SPDX-License-Identifier: Apache-2.0
// What every connector has around its work, from the first signal handler to the last record:
// tbgw-record(5) and tbgw(7) say how it has to behave.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/app.hpp"
#include "core/command_input.hpp"
#include "core/loop.hpp"
#include "core/output.hpp"
#include "core/record.hpp"
#include "core/signals.hpp"
#include "core/status.hpp"

namespace tbgw {

struct LifeSettings {
  std::size_t buffer = std::size_t{4} << 20;  ///< bytes of records that may wait for stdout
  std::size_t max_record = std::size_t{256} << 10;
  std::chrono::milliseconds stats{0};  ///< between stats events; 0 = on SIGUSR1 only
  /// unset: kDrainTimeout after a signal, else none
  std::optional<std::chrono::milliseconds> drain_timeout;
};

/// From a connector's options; a drain timeout below 0 was not given.
LifeSettings life_settings(const CommonOptions& common, std::size_t buffer, std::size_t max_record,
                           std::chrono::milliseconds drain_timeout);

struct LifeHooks {
  /// The counters by name of what they count; each becomes a stats event. Those of stdin are added
  /// to the first.
  std::function<std::vector<std::pair<std::string, Counters>>()> counters;
  /// Before each wait. May be unset.
  std::function<void()> keep_up;
  /// Answers pile up because stdout takes nothing: no more commands are read. May be unset.
  std::function<bool()> is_full;
};

/// The loop, the output and the signals of a connector: stats at their times, commands from stdin,
/// and the end of life. At most one per process.
class ConnectorLife {
 public:
  ConnectorLife(const LifeSettings& settings, LifeHooks hooks);
  ConnectorLife(const ConnectorLife&) = delete;
  ConnectorLife& operator=(const ConnectorLife&) = delete;

  Loop& loop() { return loop_; }
  Output& output() { return output_; }

  /// Reads commands from stdin from now on; lines to be copied go to the output.
  void take_commands(CommandHooks hooks);
  /// Until a stop signal, or end().
  void run();
  /// The work is done. May be called before run().
  void end();
  /// Says so, calls `stop` (the last events are written in it) and writes out what waits: without
  /// limit, or at most for the drain timeout; Fatal 75 if that was not enough without a signal.
  /// 65 if lines on stdin were rejected, else 0.
  Status finish(const std::function<void()>& stop);

  /// A signal asked to stop.
  [[nodiscard]] bool was_stopped() const { return signals_.stopping(); }

 private:
  void take_signals();
  void every_stats();
  void print_stats();

  LifeSettings settings_;
  LifeHooks hooks_;
  Signals signals_;
  Loop loop_;
  Output output_;
  std::optional<CommandInput> input_;
  bool ended_ = false;
};

}  // namespace tbgw
