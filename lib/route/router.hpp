// SPDX-License-Identifier: Apache-2.0
// Many pipelines, one ring: their records go out by one descriptor, whole and each pipeline's in
// order; what comes down goes to the pipeline whose device it is for.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/journal.hpp"
#include "core/line_input.hpp"
#include "core/loop.hpp"
#include "core/output.hpp"
#include "core/rejects.hpp"
#include "core/signals.hpp"
#include "core/status.hpp"
#include "route/down_pipe.hpp"
#include "route/options.hpp"
#include "route/owners.hpp"
#include "route/sight.hpp"
#include "route/taps.hpp"
#include "route/up_pipe.hpp"

namespace tbgw::route {

class Router {
 public:
  /// Opens everything. Fatal 66/73/77 for pipes and the table, 75 if another router has the table.
  Router(Options options, Signals& signals);
  Status run();

 private:
  struct Counts {
    std::uint64_t records = 0;
    std::uint64_t rejected = 0;
    std::uint64_t filtered = 0;  ///< of devices that may not pass
    std::uint64_t commands = 0;
    std::uint64_t busy = 0;  ///< RPCs answered so, and other lines dropped for the same reason
  };
  struct Pipeline {
    PipelineOptions options;
    std::unique_ptr<UpPipe> up;
    std::unique_ptr<DownPipe> down;
    Counts counts;
  };

  void open_table();
  void open_pipelines();
  void before_wait();
  void take_signals();
  void begin_stop();
  [[nodiscard]] bool is_done() const;
  [[nodiscard]] Status end();

  void up(std::size_t pipeline, const Line& line);
  void copy(const std::string& name, const Sight& sight, std::string_view line);
  void learn(std::size_t pipeline, const Sight& sight);
  void keep_table();
  void watch_silence();

  void down(const Line& line);
  void to_owner(const Line& line, const Sight& sight);
  void to_gateway(const Line& line, const Sight& sight);
  void to_all(const Line& line, const Sight& sight);
  void hand(std::size_t pipeline, const Line& line, const Sight& sight);
  void undeliverable(const Sight& sight, const std::string& why);
  void answer(const DownQueue::Call& call, const std::string& error);
  [[nodiscard]] std::optional<std::size_t> number_of(std::string_view name) const;
  void print_stats();
  void count(std::string event);

  Options options_;
  Signals& signals_;
  Loop loop_;
  Fd lock_;
  Owners owners_;
  Journal journal_;
  bool table_failed_ = false;
  Output out_;
  Rejects rejects_;
  Eye eye_;
  std::vector<Pipeline> pipelines_;
  std::unique_ptr<LineInput> commands_;
  std::unique_ptr<Taps> taps_;
  std::vector<std::string> staged_;  ///< records that wait for the table to be on the disk
  std::size_t staged_bytes_ = 0;
  std::size_t first_ = 0;  ///< the pipeline that is asked first
  Loop::Timer silence_;
  Loop::Timer stats_;
  std::uint64_t unknown_ = 0;  ///< lines down for devices that nobody knows
  std::uint64_t bad_commands_ = 0;
  std::optional<Loop::Time> stop_by_;
};

}  // namespace tbgw::route
