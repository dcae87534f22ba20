// SPDX-License-Identifier: Apache-2.0
#include "spool/consumer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "core/log.hpp"
#include "core/status.hpp"

namespace tbgw::spool {
namespace {

/// How long the FIFO may be closed with records undone.
constexpr std::chrono::seconds kReturnTime{1};

}  // namespace

FilterConsumer::FilterConsumer(Loop& loop, Delivery& delivery, std::string fifo)
    : loop_(loop), delivery_(delivery), fifo_(std::move(fifo)) {}

FilterConsumer::~FilterConsumer() {
  loop_.cancel(return_timer_);
}

void FilterConsumer::start() {
  std::string run = new_run_id();
  std::string hello;
  if (!fifo_.empty()) {
    // Before hello goes out: whoever reads it may open the FIFO at once.
    acks_.emplace(
        loop_, fifo_, [this](const AckLine& line) { delivery_.acknowledge(line); },
        [this] { on_closed(); });
    hello = hello_with_path(run, fifo_);
  }
  delivery_.begin_run(std::move(run), std::move(hello));
  Outlet::Hooks hooks;
  hooks.next = [this](std::string& out) { return delivery_.next(out); };
  hooks.written = [this](std::uint64_t number) { delivery_.written(number); };
  hooks.gone = [] { throw ConsumerGone{}; };
  outlet_.emplace(loop_, STDOUT_FILENO, std::move(hooks));
  outlet_->wake();
}

void FilterConsumer::wake() {
  if (outlet_) outlet_->wake();
}

void FilterConsumer::on_closed() {
  left_ = ending_;
  if (ending_) return;
  if (delivery_.run_acknowledged() && !return_timer_) wait_for_return();
}

void FilterConsumer::wait_for_return() {
  progress_ = delivery_.last_progress();
  return_timer_ = loop_.after(kReturnTime, [this] { on_return_time(); });
}

void FilterConsumer::on_return_time() {
  return_timer_ = Loop::Timer{};
  if (ending_ || acks_->has_writer() || delivery_.undone() == 0) return;
  if (delivery_.last_progress() > progress_) return wait_for_return();
  log::warn("the consumer closed " + fifo_ + " with " + std::to_string(delivery_.undone()) +
            " records undone");
  throw ConsumerGone{};
}

void FilterConsumer::end_input() {
  left_ = ending_;
  ending_ = true;
  outlet_.reset();
  // Descriptor 1 stays taken, or the next file opened would become standard output.
  const Fd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  if (!null || ::dup2(null.get(), STDOUT_FILENO) < 0) {
    throw_errno(Status::io_error, "cannot write to standard output");
  }
}

bool FilterConsumer::ended() const {
  return left_ || delivery_.undone() == 0 || !delivery_.run_acknowledged();
}

void FilterConsumer::add_counters(Counters& counters) const {
  if (acks_) counters.emplace_back("garbledAcks", acks_->garbled());
}

}  // namespace tbgw::spool
