// SPDX-License-Identifier: Apache-2.0
// The end of a spool process: of its input, or by a signal. Each step is looked at before every
// wait of the loop, and at least every kLook.
#include <algorithm>

#include "core/filter.hpp"
#include "core/log.hpp"
#include "core/ready.hpp"
#include "spool/spooler.hpp"

namespace tbgw::spool {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kLook{50};
/// At the end of input: so long without an acknowledgement, and the disk keeps the rest.
constexpr seconds kPatience{120};
/// What a consumer may take to end by itself, and then after SIGTERM.
constexpr seconds kCloseGrace{10};
constexpr seconds kTermGrace{2};

std::string left_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " record" : " records") + " left";
}

}  // namespace

void Spooler::begin_drain() {
  if (phase_ != Phase::running) return;
  phase_ = Phase::draining;
  phase_began_ = Loop::Clock::now();
  if (options_.drain_timeout) deadline_ = phase_began_ + *options_.drain_timeout;
}

void Spooler::begin_stop() {
  if (phase_ != Phase::running && phase_ != Phase::draining) return;
  notify("STOPPING=1");
  phase_ = Phase::stopping;
  phase_began_ = Loop::Clock::now();
  deadline_ = phase_began_ + options_.drain_timeout.value_or(kDrainTimeout);
}

void Spooler::advance() {
  const Loop::Time now = Loop::Clock::now();
  if (phase_ == Phase::draining) advance_draining(now);
  if (phase_ == Phase::stopping) advance_stopping(now);
  if (phase_ == Phase::leaving) advance_leaving(now);
  if (phase_ == Phase::closing) advance_closing(now);
  loop_.cancel(end_timer_);
  end_timer_ = loop_.after(kLook, [] {});
}

/// The input ended: until everything is delivered, or there is no hope for now.
void Spooler::advance_draining(Loop::Time now) {
  if (accepter_->wants_lines() && places_.store()->pending()) accepter_->finish();
  const std::uint64_t left = delivery_->left();
  if (left == 0 && delivery_->nothing_left() && consumer_->idle() && accepter_->report_idle()) {
    outcome_ = accepter_->refused_lines() > 0 ? Status::data_error : Status::ok;
    return close_consumer(now);
  }
  const bool late = now >= deadline_;
  if (!late && now - std::max(delivery_->last_progress(), phase_began_) < kPatience) return;
  log::error(left_text(left) + (late ? " at --drain-timeout"
                                     : ", nothing was acknowledged for two minutes: the next run "
                                       "goes on with them"));
  outcome_ = Status::try_again;
  close_consumer(now);
}

/// A signal: until the input is silent.
void Spooler::advance_stopping(Loop::Time now) {
  const bool late = now >= deadline_;
  if (inputs_ && inputs_->open()) {
    const Loop::Time last = std::max(inputs_->last_read(), phase_began_);
    if (!late && now - last < kDrainSilence) return;
    inputs_->stop();
    accepter_->finish();
  }
  if (accepter_ && !accepter_->wants_lines() && !late) return;
  outcome_ = Status::ok;
  if (accepter_ && !accepter_->finish()) {
    log::error(left_text(places_.store()->pending_records()) +
               " that were read could not be stored: " + accepter_->obstacle());
    outcome_ = Status::try_again;
  }
  delivery_->stop_records();
  phase_ = Phase::leaving;
}

/// What is half written goes out, and the live lines.
void Spooler::advance_leaving(Loop::Time now) {
  const bool written = consumer_->idle() && live_.empty();
  const bool reported = !accepter_ || accepter_->report_idle();
  if ((written && reported) || now >= deadline_) close_consumer(now);
}

void Spooler::close_consumer(Loop::Time now) {
  delivery_->stop_records();
  consumer_->end_input();
  // After a signal what is left of its time; after the end of input it is all but done.
  if (phase_ == Phase::draining) deadline_ = now + kCloseGrace;
  phase_ = Phase::closing;
  phase_began_ = now;
}

void Spooler::advance_closing(Loop::Time now) {
  if (!consumer_->ended() && now >= deadline_) {
    consumer_->end_input();
    deadline_ = now + kTermGrace;
  }
  if (!consumer_->ended()) return;
  delivery_->save();
  if (Store* store = places_.store()) {
    store->end_delivery();
    store->tidy();
  }
  if (accepter_) accepter_->report_late_drops();
  loop_.quit();
}

Status Spooler::final_status() const {
  const Status outcome = outcome_.value_or(Status::ok);
  const bool by_signal = signals_.stopping();
  if (outcome != Status::ok || by_signal || consumer_->status() == 0) return outcome;
  return static_cast<Status>(consumer_->status());
}

}  // namespace tbgw::spool
