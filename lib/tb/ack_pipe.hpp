// SPDX-License-Identifier: Apache-2.0
// The way back to a spool, for receipts. The one file of this library that touches a descriptor.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "core/fd.hpp"
#include "core/loop.hpp"
#include "tb/receipts.hpp"
#include "tb/spool_hello.hpp"

namespace tbgw::tb {

class AckPipe {
 public:
  /// Opens the FIFO, or takes the inherited descriptor over. Fatal 75: that spool is gone. 78: this
  /// cannot be an acknowledgement channel of ours, or the hello line is not understood.
  AckPipe(Loop& loop, SpoolHello hello);
  ~AckPipe();
  AckPipe(const AckPipe&) = delete;
  AckPipe& operator=(const AckPipe&) = delete;

  /// The spool was started anew on the same channel.
  void restart(SpoolHello hello);
  [[nodiscard]] const SpoolHello& hello() const { return hello_; }

  /// Queues it. Of receipts for "all up to this" only the newest waits.
  void say(const Receipt& receipt);
  /// Writes what the pipe takes, and the rest when it takes more. Never blocks.
  void flush();
  /// Waits until everything is written, no longer than `until`.
  void drain(Loop::Time until);

  /// The spool does not read any more.
  [[nodiscard]] bool gone() const { return !fd_; }
  [[nodiscard]] bool idle() const { return dead_.empty() && done_ == 0; }
  [[nodiscard]] std::uint64_t told_done() const { return told_done_; }
  [[nodiscard]] std::uint64_t told_dead() const { return told_dead_; }

 private:
  void open();
  void close();
  [[nodiscard]] std::string next_line() const;
  bool write_line();

  Loop& loop_;
  SpoolHello hello_;
  Fd fd_;
  std::deque<Receipt> dead_;  ///< these go first: "all up to this" must not cover them
  std::uint64_t done_ = 0;    ///< 0 = nothing to say
  std::uint64_t told_done_ = 0;
  std::uint64_t told_dead_ = 0;
};

}  // namespace tbgw::tb
