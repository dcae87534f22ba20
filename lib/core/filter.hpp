// SPDX-License-Identifier: Apache-2.0
// The life of a pure filter: lines in, lines out, and the end of life that all filters share.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/line_reader.hpp"
#include "core/loop.hpp"
#include "core/output.hpp"
#include "core/signals.hpp"

namespace tbgw {

struct FilterOptions {
  std::size_t max_record = kMaxRecord;
  std::optional<std::chrono::milliseconds> drain_timeout;  ///< unset: 5 s after SIGTERM, else none
  std::chrono::milliseconds stats{0};
  /// Files to read in order, "-" = stdin; empty = stdin.
  std::vector<std::string> inputs;
};

struct FilterHooks {
  /// One line (which may be too_long) of the input called `input` ("stdin" for "-"). It appends to
  /// out.buffer() and calls out.end_record().
  std::function<void(const Line& line, const std::string& input, LineWriter& out)> line;
  /// Appends a stats event line; called every `stats` and on SIGUSR1.
  std::function<void(LineWriter& out)> stats;
  /// When `tick` wants to be called; nullopt = not. Both unset: never.
  std::function<std::optional<Loop::Time>()> due;
  std::function<void(LineWriter& out)> tick;
};

/// Runs until the end of all inputs, or after SIGTERM/SIGINT until 200 ms of silence or
/// drain_timeout. Flushes whenever nothing more is waiting. Ends early when the reader of stdout is
/// gone (ConsumerGone), also while the input is idle.
void run_filter(const FilterOptions& options, const FilterHooks& hooks, Signals& signals,
                LineWriter& out);

/// --drain-timeout after SIGTERM, and how long silence means "nothing more is coming".
inline constexpr std::chrono::milliseconds kDrainTimeout{5000};
inline constexpr std::chrono::milliseconds kDrainSilence{200};

}  // namespace tbgw
