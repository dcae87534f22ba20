// SPDX-License-Identifier: Apache-2.0
// The delivering half of a spool: what goes to the consumer next, and what its acknowledgements
// mean. Knows no descriptor; whoever connects the consumer moves the lines.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/loop.hpp"
#include "core/record.hpp"
#include "spool/ack_line.hpp"
#include "spool/live_lines.hpp"
#include "spool/store.hpp"
#include "spool/window.hpp"

namespace tbgw::spool {

class Delivery {
 public:
  struct Options {
    std::size_t window_records = 32768;
    std::size_t window_bytes = std::size_t{4} << 20;
    bool numbered = true;  ///< false: --ack write, no hello, no `_n`, done when written
  };
  struct Hooks {
    /// Everything up to `seq` is done.
    std::function<void(std::uint64_t seq)> done;
    /// The window has room again.
    std::function<void()> room;
    /// The consumer acknowledged what it was never given.
    std::function<void()> nonsense;
  };
  /// All references must outlive this object.
  Delivery(Loop& loop, Backlog& backlog, LiveLines& live, const Options& options, Hooks hooks);
  ~Delivery();
  Delivery(const Delivery&) = delete;
  Delivery& operator=(const Delivery&) = delete;

  /// A new consumer: a new window, `hello` (a line, or "") goes first, then the undone.
  void begin_run(std::string run, std::string hello);
  /// From now on only live lines go out.
  void stop_records() { records_stopped_ = true; }

  /// For Outlet: the next line and its number.
  std::optional<std::uint64_t> next(std::string& out);
  void written(std::uint64_t number);
  /// For AckChannel.
  void acknowledge(const AckLine& line);
  /// Makes the position durable, and tries again to file dead letters.
  void save() { save_position(true); }

  /// Dead letters wait for their place: save() tries again.
  [[nodiscard]] bool letters_waiting() const { return !burying_.empty(); }

  /// Handed out, not done.
  [[nodiscard]] std::size_t undone() const { return window_.undone(); }
  /// Undone and not yet handed out.
  [[nodiscard]] std::uint64_t left() const;
  [[nodiscard]] bool nothing_left() const;
  /// A line of the current run came from the consumer.
  [[nodiscard]] bool run_acknowledged() const { return run_acknowledged_; }
  /// When something was acknowledged last, or when the oldest undone record was handed out to a
  /// consumer that had nothing to do before.
  [[nodiscard]] Loop::Time last_progress() const { return last_progress_; }
  void add_counters(Counters& counters) const;

 private:
  std::optional<std::uint64_t> next_record(std::string& out);
  void bury(std::uint64_t number, std::string_view reason);
  void bury_waiting();
  void save_position(bool sync);
  void note(Window::Verdict verdict);
  void on_progress();

  Loop& loop_;
  Backlog& backlog_;
  LiveLines& live_;
  Options options_;
  Hooks hooks_;
  Window window_;
  std::string run_;
  std::string hello_;
  std::string member_;  ///< scratch
  /// A record that the window had no room for.
  std::optional<std::pair<std::uint64_t, std::string>> held_;
  std::deque<std::uint64_t> burying_;  ///< numbers whose dead letters are not durable yet
  bool records_stopped_ = false;
  bool run_acknowledged_ = false;
  Loop::Time last_progress_{};
  Loop::Timer save_timer_;
  std::uint64_t unsaved_ = 0;  ///< records done since the position was written down

  std::uint64_t handed_out_ = 0;
  std::uint64_t delivered_ = 0;
  std::uint64_t other_run_ = 0;
  std::uint64_t late_ = 0;
  std::uint64_t unknown_ = 0;
};

}  // namespace tbgw::spool
