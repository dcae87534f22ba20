// SPDX-License-Identifier: Apache-2.0
// The way down to one pipeline: a FIFO that it reads commands from, or a file they are added to.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.hpp"
#include "core/loop.hpp"
#include "route/down_queue.hpp"

namespace tbgw::route {

class DownPipe {
 public:
  /// These RPCs will not reach the pipeline; `why` completes "the pipeline …".
  using OnLost = std::function<void(const std::vector<DownQueue::Call>& calls, const char* why)>;

  /// `path` "" = the pipeline takes no commands. The FIFO is made (0600) if it is absent; it is
  /// open while the pipeline reads it. Fatal 73. SIGPIPE must be ignored.
  DownPipe(Loop& loop, std::string path, std::size_t limit, OnLost on_lost);
  ~DownPipe();
  DownPipe(const DownPipe&) = delete;
  DownPipe& operator=(const DownPipe&) = delete;

  enum class Sent { taken, busy, absent, none };
  /// Hands a line over, at once or when it is read. `busy`: too much waits already; `absent`:
  /// nobody reads (only for RPCs: the rest waits); `none`: it takes no commands.
  Sent send(std::string_view line, const Sight& sight);
  /// The pipeline shows life: it may read by now.
  void wake();
  /// Writes what can be written now.
  void flush();

  [[nodiscard]] const DownQueue& queue() const { return queue_; }
  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }

 private:
  bool open();
  void write_some();
  void lose_reader();
  void watch_expiry();
  void retry_later();

  Loop& loop_;
  std::string path_;
  DownQueue queue_;
  OnLost on_lost_;
  Fd fd_;
  Loop::Timer expiry_;
  Loop::Timer retry_;
};

}  // namespace tbgw::route
