// SPDX-License-Identifier: Apache-2.0
// The other half of Link: losing a port, and getting it (back).
#include <poll.h>

#include <random>
#include <utility>

#include "serial/link.hpp"
#include "serial/usb_name.hpp"

namespace tbgw::serial {
namespace {

constexpr Milliseconds kFirstRetry{500};
constexpr Milliseconds kLastRetry{30'000};
/// A device that appears is tried so soon: udev opens it to its group first.
constexpr Milliseconds kAppeared{20};
constexpr Milliseconds kBetweenTries{100};
/// Something else than its absence keeps a port away so long before that is said.
constexpr Milliseconds kHeldUp{10'000};

}  // namespace

Link::Link(Loop& loop, const PortSetup& setup, LinkHooks hooks)
    : loop_(loop),
      setup_(setup),
      hooks_(std::move(hooks)),
      session_(setup.session),
      backoff_(kFirstRetry, kLastRetry, std::random_device{}()) {}

Link::~Link() {
  if (port_) close_port();
  loop_.cancel(retry_timer_);
  stop_watching_folder();
}

void Link::say(log::Level level, const std::string& text) {
  hooks_.news(*this, Notice{level, setup_.name + ": " + text});
}

/// The port is gone: one message for the outage, however long it lasts.
void Link::lose(const std::string& why, Outcomes& out) {
  close_port();
  session_.closed("the port was lost", out);
  deliver(out);
  if (!away_since_) {
    away_since_ = Loop::Clock::now();
    reason_.clear();
    held_up_said_ = false;
    say(log::Level::warning, "lost (" + why + "); waiting for it to come back");
  }
  if (std::exchange(up_, false)) hooks_.news(*this, Down{"lost: " + why});
  watch_folder();
  retry_after(backoff_.next());
}

void Link::wait_for(const PortError& error) {
  away_since_ = Loop::Clock::now();
  reason_ = error.text;
  // A reason other than absence is in this message already.
  held_up_said_ = true;
  say(log::Level::warning, error.text + "; waiting for it");
  watch_folder();
  retry_after(backoff_.next());
}

void Link::retry_after(Milliseconds delay) {
  loop_.cancel(retry_timer_);
  retry_timer_ = loop_.after(delay, [this] { retry(); });
}

void Link::retry() {
  if (port_) return;
  const auto error = try_open();
  if (!error) return;
  note_reason(*error);
  watch_folder();
  retry_after(backoff_.next());
}

void Link::note_reason(const PortError& error) {
  if (error.text != reason_) say(log::Level::info, error.text);
  reason_ = error.text;
  const bool long_enough = away_since_ && Loop::Clock::now() - *away_since_ >= kHeldUp;
  if (error.why == PortError::Why::absent || !long_enough || held_up_said_) return;
  held_up_said_ = true;
  say(log::Level::warning, "still not to be had: " + error.text);
}

/// Anew after each try: a folder such as /dev/serial/by-id goes away with its last device.
void Link::watch_folder() {
  stop_watching_folder();
  folder_.emplace(is_usb_name(setup_.name) ? "/dev/any" : setup_.name);
  if (folder_->fd() >= 0) loop_.watch(folder_->fd(), POLLIN, [this](short) { on_folder_news(); });
}

void Link::on_folder_news() {
  folder_->clear();
  if (port_) return;
  const Time now = Loop::Clock::now();
  const auto since = std::chrono::duration_cast<Milliseconds>(now - last_try_);
  retry_after(since >= kBetweenTries ? kAppeared : kBetweenTries - since);
}

void Link::stop_watching_folder() {
  if (folder_ && folder_->fd() >= 0) loop_.forget(folder_->fd());
  folder_.reset();
}

void Link::submit(Command command) {
  Outcomes out;
  session_.submit(std::move(command), out);
  if (port_) {
    carry_on(out);
  } else {
    deliver(out);
  }
}

void Link::stop(const std::string& reason) {
  loop_.cancel(retry_timer_);
  stop_watching_folder();
  if (!port_) return;
  close_port();
  Outcomes out;
  session_.closed("the connector is stopping", out);
  deliver(out);
  if (std::exchange(up_, false)) hooks_.news(*this, Down{reason});
}

}  // namespace tbgw::serial
