// SPDX-License-Identifier: Apache-2.0
// The one poll loop of a tool that must stay live: descriptors, timers, nothing else. One thread.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace tbgw {

class Loop {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  using Duration = std::chrono::milliseconds;
  using IoHandler = std::function<void(short revents)>;
  using TimerHandler = std::function<void()>;

  /// Names a timer; the default names none. Cancelling a timer that has fired is harmless.
  class Timer {
   public:
    explicit operator bool() const { return id_ != 0; }

   private:
    friend class Loop;
    Time due_;
    std::uint64_t id_ = 0;
  };

  /// Calls `handler` whenever poll(2) reports `events` or POLLERR/POLLHUP/POLLNVAL on fd.
  /// Replaces an earlier watch of the same fd. events 0 = errors only.
  void watch(int fd, short events, IoHandler handler);
  /// Changes what is waited for; the fd must be watched.
  void set_events(int fd, short events);
  /// Must be called before the fd is closed; harmless if not watched. Safe inside handlers.
  void forget(int fd);

  [[nodiscard]] Timer at(Time due, TimerHandler handler);
  [[nodiscard]] Timer after(Duration delay, TimerHandler handler);
  /// Cancels and clears the name.
  void cancel(Timer& timer);

  /// Called before each wait: the place to flush output.
  void before_wait(TimerHandler handler) { before_wait_ = std::move(handler); }

  /// One wait and its handlers. Waits until something happens, at most `limit` (-1 = no limit).
  void turn(Duration limit = Duration{-1});
  /// Turns until quit().
  void run();
  void quit() { quit_ = true; }

  /// The time at which the current turn's wait ended; cheaper and steadier than asking the clock.
  [[nodiscard]] Time now() const { return now_; }

 private:
  struct Watch {
    short events = 0;
    IoHandler handler;
    std::uint64_t serial = 0;
  };
  void run_timers();
  int wait_ms(Duration limit) const;

  std::map<int, Watch> watches_;
  std::map<std::pair<Time, std::uint64_t>, TimerHandler> timers_;
  std::vector<pollfd> polled_;
  TimerHandler before_wait_;
  std::uint64_t next_id_ = 1;
  Time now_ = Clock::now();
  bool quit_ = false;
};

}  // namespace tbgw
