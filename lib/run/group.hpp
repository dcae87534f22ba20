// SPDX-License-Identifier: Apache-2.0
// Processes that belong together, kept alive: the ring of spool and router, or one pipeline.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/loop.hpp"
#include "run/channels.hpp"
#include "run/unit.hpp"

namespace tbgw::run {

class Group {
 public:
  struct Hooks {
    /// The path of a program, "" = there is none.
    std::function<std::string(const std::string& program)> find;
    /// A line that a process said.
    std::function<void(const Process& process, log::Level level, std::string_view text)> heard;
    /// Something happened to a process: for people.
    std::function<void(const Process& process, log::Level level, const std::string& text)> tell;
    /// All have been started; of those that say when they are ready, each is.
    std::function<void()> started;
    /// stop() is done.
    std::function<void()> stopped;
  };
  struct Settings {
    Restart restart = Restart::always;
    std::map<std::string, std::string> environment;
    Limits limits;
    bool in_turn = false;  ///< each is started when the one before it is ready (--ready-fd)
  };

  /// `processes` in the order of their start; the reverse is that of their end.
  Group(Loop& loop, Settings settings, std::vector<Process> processes, Channels channels,
        Hooks hooks);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  void start();
  /// One after the other, from the source on, at most for the limits below. Safe to call again.
  void stop();
  void kill_all();
  /// A process ended with `status` (128 + N for signal N): true if it was one of these.
  bool take_end(pid_t pid, int status);
  /// The same processes with other command lines: those that differ are started anew.
  void update(std::vector<Process> processes);
  /// Whether they are not the same as now.
  [[nodiscard]] bool differs(const std::vector<Process>& processes) const;
  /// Those that wait for a changed file, or have done their work, are started again.
  void retry();

  [[nodiscard]] bool is_stopped() const { return stopping_ && step_ >= steps_.size(); }
  [[nodiscard]] const std::vector<std::unique_ptr<Unit>>& units() const { return units_; }

  // How long each step of stop() may take.
  static constexpr Loop::Duration kSourceLimit{2500};
  static constexpr Loop::Duration kChainLimit{1000};
  static constexpr Loop::Duration kRouteLimit{2000};
  static constexpr Loop::Duration kSpoolLimit{3700};

 private:
  void begin(Unit& unit);
  void begin_next();
  void watch_ready(Unit& unit, Fd read_end);
  void on_end(Unit& unit, int status);
  void again_later(Unit& unit, Loop::Duration delay);
  void lose_connector();
  void take_step();
  void pass_on(const Unit& unit);
  [[nodiscard]] static bool is_source(const Unit& unit);
  [[nodiscard]] Loop::Duration limit_of(const Unit& unit) const;
  [[nodiscard]] Unit* downlink();
  int launch(Unit& unit, int ready, std::string& error);

  Loop& loop_;
  Settings settings_;
  Channels channels_;
  Hooks hooks_;
  std::vector<std::unique_ptr<Unit>> units_;
  std::size_t next_ = 0;  ///< in turn: the unit that is started next
  bool stopping_ = false;
  std::vector<std::vector<Unit*>> steps_;  ///< of stop()
  std::size_t step_ = 0;
  Loop::Timer step_limit_;
};

}  // namespace tbgw::run
