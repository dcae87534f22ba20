// SPDX-License-Identifier: Apache-2.0
// The two ways a tool writes records: Output for tools that must stay live whoever reads them
// (connectors, push, replay), LineWriter for pure filters that may block.
// O_NONBLOCK is never set on 0, 1, 2: it would leak to whoever shares them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "core/loop.hpp"

namespace tbgw {

/// A bounded queue of whole records before a descriptor, written in pieces of at most 4096 bytes
/// (PIPE_BUF: such a write never blocks after POLLOUT, and two writers never tear each other's
/// lines) whenever the loop says the descriptor takes them.
/// A reader that is gone is noticed also while there is nothing to write: ConsumerGone is thrown
/// out of the loop. Other write errors: Fatal 74.
class Output {
 public:
  /// `limit` bytes may wait. Watches fd (usually 1) in the loop; both must outlive this object.
  Output(Loop& loop, int fd, std::size_t limit);
  ~Output();
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  /// Queues a record (without newline; it is added). With `droppable`, the oldest droppable
  /// records make room when the limit is reached; dropped() counts them, and if none is left the
  /// new one is dropped. Without it the record is taken even past the limit (answers and events:
  /// their number is bounded by what asked for them).
  void push(std::string record, bool droppable);

  /// Takes back the records that begin so and of which nothing was written yet. How many.
  std::size_t withdraw(std::string_view beginning);

  [[nodiscard]] bool empty() const { return records_.empty(); }
  [[nodiscard]] std::size_t waiting_bytes() const { return bytes_; }
  [[nodiscard]] std::size_t waiting_records() const { return records_.size(); }
  /// A record of this many bytes fits without dropping any.
  [[nodiscard]] bool has_room(std::size_t bytes) const { return bytes_ + bytes + 1 <= limit_; }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t written() const { return written_; }

  /// Writes out what waits, giving up at `until` (Loop::Time::max() = never). True if all went.
  bool drain(Loop::Time until);

 private:
  struct Record {
    std::string text;
    bool droppable;
  };
  void on_ready(short revents);
  [[nodiscard]] bool takes_more() const;
  void write_some();
  bool drop_oldest();

  Loop& loop_;
  int fd_;
  std::size_t limit_;
  std::deque<Record> records_;
  std::size_t offset_ = 0;  ///< bytes of records_.front() already written
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t written_ = 0;
};

/// Writes the whole text, waiting as long as it takes: for answers, tables and scripts. To standard
/// output. ConsumerGone if nobody reads it; other errors: Fatal 74.
void print(std::string_view text);

/// Collects whole lines for a pure filter and writes them in blocks.
/// EPIPE: SIGPIPE keeps its default action, so the process dies by it. Other errors: Fatal 74.
class LineWriter {
 public:
  explicit LineWriter(int fd);

  /// The buffer to append to; call end_record() after each complete line (newline included).
  std::string& buffer() { return buffer_; }
  /// Writes the block out if it is full (64 KiB).
  void end_record() {
    if (buffer_.size() >= kBlock) flush();
  }
  void line(std::string_view text) {
    buffer_.append(text).push_back('\n');
    end_record();
  }
  void flush();
  /// From now on writes wait for POLLOUT, no longer than `until`; what is left then is dropped and
  /// counted by lost_lines().
  void set_deadline(Loop::Time until) { deadline_ = until; }
  /// While a write waits for its reader, `on_news` is called whenever stop_fd is readable: a
  /// blocked filter still hears a stop signal (and then sets a deadline).
  void watch_stop(int stop_fd, std::function<void()> on_news) {
    stop_fd_ = stop_fd;
    on_news_ = std::move(on_news);
  }
  [[nodiscard]] std::uint64_t lost_lines() const { return lost_lines_; }

 private:
  static constexpr std::size_t kBlock = std::size_t{64} << 10;
  bool wait_writable();

  int fd_;
  int stop_fd_ = -1;
  std::function<void()> on_news_;
  std::string buffer_;
  Loop::Time deadline_ = Loop::Time::max();
  std::uint64_t lost_lines_ = 0;
};

}  // namespace tbgw
