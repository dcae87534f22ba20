// SPDX-License-Identifier: Apache-2.0
// A consumer that is our child: kept running, and given the undone records again after each start.
#pragma once

#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "spool/child.hpp"
#include "spool/consumer.hpp"
#include "spool/restarts.hpp"

namespace tbgw::spool {

class ChildConsumer : public Consumer {
 public:
  struct Options {
    std::vector<std::string> argv;
    bool acknowledges = true;            ///< false: --ack write
    std::chrono::milliseconds stall{0};  ///< 0 = wait for ever
  };
  ChildConsumer(Loop& loop, Delivery& delivery, Options options);
  ~ChildConsumer() override;

  /// Fatal 66 or 77 if the program cannot be started. A later start that fails counts as an end of
  /// the child. When the child's status forbids another start, Fatal with that status is thrown out
  /// of the loop; when the reader of our own standard output is gone, ConsumerGone.
  void start() override;
  void wake() override;
  void tick() override;
  void nonsense() override { restart("acknowledged a record that it was never given"); }
  [[nodiscard]] bool idle() const override { return !outlet_ || outlet_->idle(); }
  void end_input() override;
  [[nodiscard]] bool ended() const override { return !child_; }
  [[nodiscard]] int status() const override { return status_; }
  void add_counters(Counters& counters) const override;

 private:
  void start_child();
  void on_end(int status);
  void start_later(int status);
  void restart(const std::string& why);
  [[nodiscard]] std::string name() const { return "'" + options_.argv.front() + "'"; }

  Loop& loop_;
  Delivery& delivery_;
  Options options_;
  Restarts restarts_;
  std::minstd_rand random_;
  std::unique_ptr<Child> child_;
  std::unique_ptr<AckChannel> acks_;
  std::unique_ptr<Outlet> outlet_;
  Loop::Timer start_timer_;
  Loop::Timer kill_timer_;
  bool ending_ = false;   ///< end_input() was called
  bool leaving_ = false;  ///< it was told to end
  Loop::Time acks_closed_{};
  int status_ = 0;
  std::uint64_t starts_ = 0;
  std::uint64_t garbled_ = 0;
};

}  // namespace tbgw::spool
