// SPDX-License-Identifier: Apache-2.0
// The consumer at the other end: whoever reads our standard output (the filter), or a child that we
// keep running (child_consumer.hpp).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/loop.hpp"
#include "core/record.hpp"
#include "spool/ack_channel.hpp"
#include "spool/delivery.hpp"
#include "spool/outlet.hpp"

namespace tbgw::spool {

class Consumer {
 public:
  virtual ~Consumer() = default;

  /// The first run begins.
  virtual void start() = 0;
  /// There may be lines for it.
  virtual void wake() = 0;
  /// About once a second while there is something to do.
  virtual void tick() {}
  /// It acknowledged what it was never given.
  virtual void nonsense() {}
  /// No line was fetched and not written yet.
  [[nodiscard]] virtual bool idle() const = 0;

  /// Nothing more will come: tells it; the second time more firmly, the third time for good.
  virtual void end_input() {}
  /// It need not be waited for.
  [[nodiscard]] virtual bool ended() const { return true; }
  /// The status it ended with, after end_input().
  [[nodiscard]] virtual int status() const { return 0; }
  virtual void add_counters(Counters& counters) const = 0;
};

/// Lines go to standard output, acknowledgements come from a FIFO. ConsumerGone is thrown out of
/// the loop when its reader is gone, or when a consumer that had acknowledged closed the FIFO with
/// records undone and does not come back (a shell loop opens it for each acknowledgement).
class FilterConsumer : public Consumer {
 public:
  /// `fifo`: absolute path, "" = it cannot acknowledge.
  FilterConsumer(Loop& loop, Delivery& delivery, std::string fifo);
  ~FilterConsumer() override;

  void start() override;
  void wake() override;
  [[nodiscard]] bool idle() const override { return !outlet_ || outlet_->idle(); }
  /// Closes standard output, so that the consumer sees the end of its input and acknowledges what
  /// it has. The second time: it is not waited for any more.
  void end_input() override;
  [[nodiscard]] bool ended() const override;
  void add_counters(Counters& counters) const override;

 private:
  void on_closed();
  void wait_for_return();
  void on_return_time();

  Loop& loop_;
  Delivery& delivery_;
  std::string fifo_;
  Loop::Timer return_timer_;
  Loop::Time progress_{};  ///< the last one when the timer was set
  std::optional<AckChannel> acks_;
  std::optional<Outlet> outlet_;
  bool ending_ = false;
  bool left_ = false;  ///< it closed its end after ours, or is not waited for any more
};

}  // namespace tbgw::spool
