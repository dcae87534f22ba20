// SPDX-License-Identifier: Apache-2.0
// The accepting half of a spool: lines in, records into the store, commits by time, and what is
// done when there is no room.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>

#include "core/loop.hpp"
#include "core/record.hpp"
#include "spool/accept_report.hpp"
#include "spool/intake.hpp"
#include "spool/live_lines.hpp"
#include "spool/store.hpp"

namespace tbgw::spool {

/// --when-full.
enum class WhenFull { block, drop_oldest, drop_newest, fail };

class Accepter {
 public:
  struct Options {
    std::size_t most = kMaxRecord + kRecordSlack;  ///< longest line
    /// Time between commits; 0 = whatever was read is committed at once (--sync always).
    std::chrono::milliseconds sync{100};
    /// How long records may wait in memory for their acknowledgement; 0 = not at all.
    std::chrono::milliseconds write_behind{0};
    WhenFull when_full = WhenFull::block;
    int accept_fd = -1;
  };
  struct Hooks {
    std::function<void()> news;  ///< the consumer may have something to read
    std::function<void()> room;  ///< lines are wanted again
    /// A report for those who sent lines: every line taken so far is dealt with.
    std::function<void()> settled;
  };
  /// All references must outlive this object.
  Accepter(Loop& loop, Store& store, LiveLines& live, const Options& options, Hooks hooks);
  ~Accepter();
  Accepter(const Accepter&) = delete;
  Accepter& operator=(const Accepter&) = delete;

  /// Lines are taken now; false: there is no room, keep them.
  [[nodiscard]] bool wants_lines() const { return !blocked_; }
  void take(const Line& line);
  /// Nothing more can be read right now: write, and commit if it is time.
  void end_of_turn();
  /// The consumer has done everything up to `seq`.
  void done(std::uint64_t seq);
  /// Commits what was taken, now. True if nothing is left uncommitted.
  bool finish();
  /// What policy dropped after the last report: lines that a consumer had and did not acknowledge.
  void report_late_drops();

  /// Why lines are not wanted, for a message.
  [[nodiscard]] const std::string& obstacle() const { return obstacle_; }
  [[nodiscard]] std::uint64_t refused_lines() const { return refused_; }
  [[nodiscard]] bool report_idle() const { return report_.idle(); }
  void add_counters(Counters& counters) const;

 private:
  using Time = Loop::Time;
  void file(const Line& line, std::string_view reason);
  [[nodiscard]] bool commit_is_due() const;
  void flush(bool commit);
  bool make_room(const Outcome& outcome);
  void block(const Outcome& outcome);
  void unblock();
  void flush_at(Time due);
  void on_timer();
  void settle(std::uint64_t lines);

  Loop& loop_;
  Store& store_;
  LiveLines& live_;
  Options options_;
  Hooks hooks_;
  Intake intake_;
  AcceptReport report_;

  Time last_commit_{};
  Loop::Timer timer_;  ///< the next commit, or the next try while blocked

  bool blocked_ = false;
  std::string obstacle_;
  int failures_ = 0;  ///< I/O errors in a row
  Time said_{};       ///< when the obstacle was said last

  std::uint64_t lines_ = 0;
  std::uint64_t settled_ = 0;
  struct Waiting {
    std::uint64_t seq;
    std::uint64_t line;
    Time since;
  };
  std::deque<Waiting> waiting_;  ///< --write-behind: records in memory only
  std::uint64_t refused_ = 0;
  std::uint64_t unfiled_ = 0;  ///< refused lines for which there was no room among the dead letters
  std::uint64_t dropped_ = 0;
  std::uint64_t live_taken_ = 0;
};

}  // namespace tbgw::spool
