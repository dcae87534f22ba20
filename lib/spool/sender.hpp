// SPDX-License-Identifier: Apache-2.0
// tbgw-spool --to: one writer's lines to the socket of a spool that listens, each until that spool
// has accepted it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "core/fd.hpp"
#include "core/line_reader.hpp"
#include "core/loop.hpp"
#include "core/record.hpp"
#include "core/signals.hpp"
#include "core/status.hpp"
#include "spool/batch.hpp"

namespace tbgw::spool {

class Sender {
 public:
  struct Options {
    std::string socket;
    std::uint64_t max_record = kMaxRecord;
    std::optional<std::chrono::milliseconds> drain_timeout;
    std::chrono::milliseconds stats{0};
    int ready_fd = -1;
  };
  Sender(Options options, Signals& signals);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// Reads standard input to its end and connects as often as it must. ok: every line is accepted;
  /// try_again: some are not (they were said).
  Status run();

 private:
  void before_wait();
  bool finished(Loop::Time now);
  void on_stdin();
  void take_lines();
  void connect();
  void disconnect();
  void on_socket(short revents);
  void receive();
  void accept(std::string_view report);
  void send_some();
  void repeat_stats();
  void say_stats() const;

  Options options_;
  Signals& signals_;
  Loop loop_;
  LineReader reader_;
  Batch kept_;            ///< lines that are not accepted yet
  std::size_t sent_ = 0;  ///< how many of them are in out_ or gone, over this connection
  std::string out_;       ///< bytes of whole lines on their way
  std::string in_;        ///< the beginning of a report
  Fd socket_;
  std::uint64_t accepted_here_ = 0;  ///< over this connection
  std::uint64_t accepted_ = 0;
  std::uint64_t skipped_ = 0;
  std::chrono::milliseconds back_off_{0};
  bool said_absent_ = false;
  bool at_end_ = false;
  bool reading_ = false;
  Loop::Timer connect_timer_;
  Loop::Timer stats_timer_;
  Loop::Timer look_timer_;
  Loop::Time last_read_ = Loop::Clock::now();
  Loop::Time last_progress_ = Loop::Clock::now();
  Loop::Time deadline_ = Loop::Time::max();
};

}  // namespace tbgw::spool
