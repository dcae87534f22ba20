// SPDX-License-Identifier: Apache-2.0
#include "spool/child_consumer.hpp"

#include <unistd.h>

#include <csignal>
#include <utility>

#include "core/log.hpp"
#include "core/number.hpp"
#include "core/status.hpp"

namespace tbgw::spool {
namespace {

using std::chrono::seconds;

/// From SIGTERM to SIGKILL.
constexpr seconds kTermGrace{10};
/// A child that closed its acknowledgement pipe is about to end; if not, it cannot work.
constexpr seconds kCloseGrace{1};
constexpr int kSignalBase = 128;

std::string status_text(int status) {
  if (status > kSignalBase) return "signal " + std::to_string(status - kSignalBase);
  return "status " + std::to_string(status);
}

}  // namespace

ChildConsumer::ChildConsumer(Loop& loop, Delivery& delivery, Options options)
    : loop_(loop),
      delivery_(delivery),
      options_(std::move(options)),
      random_(static_cast<unsigned>(::getpid())) {}

ChildConsumer::~ChildConsumer() {
  loop_.cancel(start_timer_);
  loop_.cancel(kill_timer_);
  loop_.forget(STDOUT_FILENO);
}

void ChildConsumer::start() {
  // Its standard output is ours: without a reader there is nobody to work for.
  loop_.watch(STDOUT_FILENO, 0, [](short) { throw ConsumerGone{}; });
  start_child();
}

void ChildConsumer::start_child() {
  child_ = std::make_unique<Child>(loop_, options_.argv, options_.acknowledges,
                                   [this](int status) { on_end(status); });
  ++starts_;
  leaving_ = false;
  acks_closed_ = Loop::Time{};
  std::string run = new_run_id();
  std::string hello;
  if (options_.acknowledges) {
    hello = hello_with_fd(run, kAckFd);
    acks_ = std::make_unique<AckChannel>(
        loop_, child_->take_ack_pipe(),
        [this](const AckLine& line) { delivery_.acknowledge(line); },
        [this] { acks_closed_ = Loop::Clock::now(); });
  }
  delivery_.begin_run(std::move(run), std::move(hello));
  Outlet::Hooks hooks;
  hooks.next = [this](std::string& out) { return delivery_.next(out); };
  hooks.written = [this](std::uint64_t number) { delivery_.written(number); };
  hooks.gone = [this] {
    outlet_.reset();
    child_->close_stdin();
  };
  outlet_ = std::make_unique<Outlet>(loop_, child_->stdin_fd(), std::move(hooks));
  outlet_->wake();
  log::info(name() + " started, pid " + std::to_string(child_->pid()));
}

void ChildConsumer::wake() {
  if (outlet_) outlet_->wake();
}

void ChildConsumer::on_end(int status) {
  // What it acknowledged before it ended counts.
  if (acks_) acks_->drain();
  if (acks_) garbled_ += acks_->garbled();
  if (delivery_.run_acknowledged()) restarts_.acknowledged();
  outlet_.reset();
  acks_.reset();
  child_.reset();
  loop_.cancel(kill_timer_);
  if (!ending_) return start_later(status);
  status_ = status;
}

void ChildConsumer::start_later(int status) {
  const double random = static_cast<double>(random_() - std::minstd_rand::min()) /
                        static_cast<double>(std::minstd_rand::max());
  const Restarts::Decision decision = restarts_.ended(status, random);
  const std::string what = name() + " ended with " + status_text(status);
  if (decision.give_up) {
    throw Fatal(*decision.give_up, what +
                                       " and never acknowledged anything: starting it again "
                                       "would not help");
  }
  log::warn(what + ", " + std::to_string(delivery_.undone()) + " records undone; next start in " +
            format_duration(decision.delay));
  start_timer_ = loop_.after(decision.delay, [this] {
    start_timer_ = Loop::Timer{};
    try {
      start_child();
    } catch (const Fatal& fatal) {  // the program is being replaced, perhaps
      log::warn(fatal.what());
      start_later(static_cast<int>(fatal.status));
    }
  });
}

void ChildConsumer::restart(const std::string& why) {
  if (!child_ || leaving_) return;
  leaving_ = true;
  log::warn(name() + " " + why + ": it is told to end");
  child_->signal(SIGTERM);
  kill_timer_ = loop_.after(kTermGrace, [this] {
    if (child_) child_->signal(SIGKILL);
  });
}

void ChildConsumer::tick() {
  if (!child_ || leaving_ || ending_) return;
  const Loop::Time now = Loop::Clock::now();
  const bool has_work = delivery_.undone() > 0;
  if (acks_closed_ != Loop::Time{} && has_work && now - acks_closed_ >= kCloseGrace) {
    return restart("closed descriptor " + std::to_string(kAckFd) +
                   ", on which it should acknowledge");
  }
  if (options_.stall.count() > 0 && has_work && now - delivery_.last_progress() > options_.stall) {
    restart("acknowledged nothing for " + format_duration(options_.stall) + " with " +
            std::to_string(delivery_.undone()) + " records undone (--stall)");
  }
}

void ChildConsumer::end_input() {
  if (!ending_) {
    ending_ = true;
    loop_.cancel(start_timer_);
    outlet_.reset();
    if (child_) child_->close_stdin();
  } else if (child_ && !leaving_) {
    leaving_ = true;
    child_->signal(SIGTERM);
  } else if (child_) {
    child_->signal(SIGKILL);
  }
}

void ChildConsumer::add_counters(Counters& counters) const {
  counters.emplace_back("garbledAcks", garbled_ + (acks_ ? acks_->garbled() : 0));
  counters.emplace_back("childStarts", starts_);
}

}  // namespace tbgw::spool
