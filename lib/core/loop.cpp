// SPDX-License-Identifier: Apache-2.0
#include "core/loop.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>

#include "core/status.hpp"

namespace tbgw {

void Loop::watch(int fd, short events, IoHandler handler) {
  watches_[fd] = Watch{events, std::move(handler), next_id_++};
}

void Loop::set_events(int fd, short events) {
  if (const auto found = watches_.find(fd); found != watches_.end()) found->second.events = events;
}

void Loop::forget(int fd) {
  watches_.erase(fd);
}

Loop::Timer Loop::at(Time due, TimerHandler handler) {
  Timer timer;
  timer.due_ = due;
  timer.id_ = next_id_++;
  timers_.emplace(std::pair{due, timer.id_}, std::move(handler));
  return timer;
}

Loop::Timer Loop::after(Duration delay, TimerHandler handler) {
  return at(Clock::now() + delay, std::move(handler));
}

void Loop::cancel(Timer& timer) {
  if (timer) timers_.erase({timer.due_, timer.id_});
  timer = Timer{};
}

int Loop::wait_ms(Duration limit) const {
  Duration wait = limit;
  if (!timers_.empty()) {
    // Rounded up: waking a fraction of a millisecond early would only spin.
    const auto until = std::chrono::ceil<Duration>(timers_.begin()->first.first - Clock::now());
    wait = std::max(Duration{0}, wait < Duration{0} ? until : std::min(wait, until));
  }
  return wait < Duration{0} ? -1 : static_cast<int>(std::min<long long>(wait.count(), INT_MAX));
}

void Loop::turn(Duration limit) {
  if (before_wait_) before_wait_();
  if (quit_) return;
  polled_.clear();
  for (const auto& [fd, watch] : watches_)
    polled_.push_back({fd, watch.events, 0});
  const std::uint64_t newest = next_id_;
  const int ready = ::poll(polled_.data(), polled_.size(), wait_ms(limit));
  if (ready < 0 && errno != EINTR) throw_errno(Status::software, "poll");
  now_ = Clock::now();
  run_timers();
  if (ready <= 0) return;
  for (const pollfd& polled : polled_) {
    if (polled.revents == 0) continue;
    const auto found = watches_.find(polled.fd);
    // A handler may have forgotten this fd, or a new file may have got its number.
    if (found == watches_.end() || found->second.serial >= newest) continue;
    const IoHandler handler = found->second.handler;
    handler(polled.revents);
  }
}

void Loop::run_timers() {
  const std::uint64_t newest = next_id_;  // timers set by these handlers wait for the next turn
  while (!timers_.empty()) {
    const auto first = timers_.begin();
    if (first->first.first > now_ || first->first.second >= newest) return;
    const TimerHandler handler = std::move(first->second);
    timers_.erase(first);
    handler();
  }
}

void Loop::run() {
  quit_ = false;
  while (!quit_)
    turn();
}

}  // namespace tbgw
