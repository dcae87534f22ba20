// SPDX-License-Identifier: Apache-2.0
// What the service manager is told while we run; core/ready.hpp says that we do.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/loop.hpp"

namespace tbgw::run {

/// sd_watchdog_enabled(3): how often the service manager wants a sign of life, from WATCHDOG_USEC,
/// if WATCHDOG_PID is this process or is not set. nullopt: it wants none.
std::optional<std::chrono::microseconds> watchdog_interval(const char* usec, const char* pid,
                                                           std::int64_t own_pid);

/// Tells STATUS= when it changes, at most once a second, and WATCHDOG=1 at half the interval that
/// was asked for. Does nothing where nobody listens.
class ServiceNotes {
 public:
  using Time = Loop::Time;

  /// Reads the environment.
  ServiceNotes();
  /// Reads nothing: `watchdog` as watchdog_interval() says.
  explicit ServiceNotes(std::optional<std::chrono::microseconds> watchdog) : watchdog_(watchdog) {}

  void set_status(std::string_view text) { status_ = text; }
  /// The datagram to send now, "" = none. next_tick() is when to ask again.
  std::string take(Time now);
  [[nodiscard]] Time next_tick() const;
  /// take() and send.
  void tick(Time now);

 private:
  std::optional<std::chrono::microseconds> watchdog_;
  std::string status_;
  std::string told_;
  std::optional<Time> told_at_;
  std::optional<Time> alive_at_;
};

}  // namespace tbgw::run
