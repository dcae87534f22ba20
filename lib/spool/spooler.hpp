// SPDX-License-Identifier: Apache-2.0
// A spool process: inputs, the accepting half, the delivering half and the consumer, in one loop.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/loop.hpp"
#include "core/signals.hpp"
#include "core/status.hpp"
#include "spool/accepter.hpp"
#include "spool/consumer.hpp"
#include "spool/delivery.hpp"
#include "spool/inputs.hpp"
#include "spool/live_lines.hpp"
#include "spool/options.hpp"
#include "spool/places.hpp"

namespace tbgw::spool {

class Spooler {
 public:
  /// Opens everything; Fatal as places.hpp and listener.hpp say.
  Spooler(const Options& options, Signals& signals);
  ~Spooler();
  Spooler(const Spooler&) = delete;
  Spooler& operator=(const Spooler&) = delete;

  /// Until the end of its life; throws ConsumerGone or Fatal after everything that was read has
  /// been committed, as far as that is possible.
  Status run();

 private:
  enum class Phase {
    running,
    draining,  ///< the input ended: until everything is delivered
    stopping,  ///< a signal: until the input is silent
    leaving,   ///< what is out is waited for, nothing more goes out
    closing,   ///< the consumer was told that this is all
  };
  void open_halves();
  void open_consumer();
  void follow();
  void on_signal();
  void begin_drain();
  void begin_stop();
  void before_wait();
  void keep_ticking();
  void tick();
  void repeat_stats();
  void say_stats();
  void tell(const std::string& text);
  void wrap_up();

  void advance();
  void advance_stopping(Loop::Time now);
  void advance_draining(Loop::Time now);
  void advance_leaving(Loop::Time now);
  void advance_closing(Loop::Time now);
  void close_consumer(Loop::Time now);
  [[nodiscard]] Status final_status() const;

  Options options_;
  Signals& signals_;
  Loop loop_;
  LiveLines live_;
  Places places_;
  std::optional<FifoPlace> fifo_;
  std::optional<Accepter> accepter_;
  std::optional<Inputs> inputs_;
  std::optional<Delivery> delivery_;
  std::unique_ptr<Consumer> consumer_;

  bool lines_came_ = false;  ///< since the last end of a turn
  Loop::Timer tick_timer_;
  Loop::Timer stats_timer_;
  Loop::Timer follow_timer_;
  Loop::Timer end_timer_;

  Phase phase_ = Phase::running;
  Loop::Time phase_began_{};
  Loop::Time deadline_ = Loop::Time::max();
  std::optional<Status> outcome_;  ///< decided before the consumer was told
};

}  // namespace tbgw::spool
