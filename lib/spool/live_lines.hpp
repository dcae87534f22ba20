// SPDX-License-Identifier: Apache-2.0
// Lines that overtake the backlog: answers that nobody needs any more after a few seconds. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace tbgw::spool {

/// A bounded queue of lines that expire. Never stored, never numbered.
class LiveLines {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kLife{10};
  static constexpr std::size_t kLimit = std::size_t{1} << 20;

  /// Queues a line (no newline). When kLimit bytes wait, the oldest `passing` line (stats, fault)
  /// makes room, and if there is none the oldest.
  void push(std::string_view line, bool passing, Time now);
  /// Appends the oldest line that has not expired, newline included. False: there is none.
  bool pop(std::string& out, Time now);
  /// Drops what has expired.
  void expire(Time now);

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  /// Answers that were never sent on: they expired, or too many waited.
  [[nodiscard]] std::uint64_t expired() const { return expired_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  /// Likewise stats and fault lines, for either reason.
  [[nodiscard]] std::uint64_t passing_dropped() const { return passing_dropped_; }

 private:
  struct Entry {
    std::string line;
    Time since;
    bool passing;
  };
  void make_room(std::size_t bytes);
  void remove(std::deque<Entry>::iterator entry);

  std::deque<Entry> lines_;
  std::size_t bytes_ = 0;
  std::size_t passing_ = 0;  ///< how many of them pass only
  std::uint64_t expired_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t passing_dropped_ = 0;
};

}  // namespace tbgw::spool
