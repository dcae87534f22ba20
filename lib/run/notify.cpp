// SPDX-License-Identifier: Apache-2.0
#include "run/notify.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/number.hpp"
#include "core/ready.hpp"

namespace tbgw::run {
namespace {

constexpr std::chrono::seconds kBetweenTexts{1};

const char* variable(const char* name) {
  return std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
}

}  // namespace

std::optional<std::chrono::microseconds> watchdog_interval(const char* usec, const char* pid,
                                                           std::int64_t own_pid) {
  if (usec == nullptr) return std::nullopt;
  if (pid != nullptr) {
    const auto whose = parse_integer(pid, 1, INT64_MAX);
    if (!whose || *whose != own_pid) return std::nullopt;
  }
  const auto interval = parse_integer(usec, 1, INT64_MAX / 2);
  if (!interval) return std::nullopt;
  return std::chrono::microseconds{*interval};
}

ServiceNotes::ServiceNotes()
    : watchdog_(
          watchdog_interval(variable("WATCHDOG_USEC"), variable("WATCHDOG_PID"), ::getpid())) {}

std::string ServiceNotes::take(Time now) {
  std::string note;
  if (watchdog_ && (!alive_at_ || now - *alive_at_ >= *watchdog_ / 2)) {
    alive_at_ = now;
    note = "WATCHDOG=1";
  }
  if (status_ != told_ && (!told_at_ || now - *told_at_ >= kBetweenTexts)) {
    told_at_ = now;
    told_ = status_;
    // A newline would begin another variable.
    std::string text = status_;
    std::replace(text.begin(), text.end(), '\n', ' ');
    note.append(note.empty() ? "" : "\n").append("STATUS=").append(text);
  }
  return note;
}

ServiceNotes::Time ServiceNotes::next_tick() const {
  Time next = Time::max();
  if (watchdog_) {
    // Rounded up: a look that comes too early would be one more wake-up.
    const auto half = std::chrono::ceil<std::chrono::milliseconds>(*watchdog_ / 2);
    next = alive_at_ ? *alive_at_ + half : Time::min();
  }
  if (status_ != told_) {
    next = std::min(next, told_at_ ? *told_at_ + kBetweenTexts : Time::min());
  }
  return next;
}

void ServiceNotes::tick(Time now) {
  const std::string note = take(now);
  if (!note.empty()) notify(note);
}

}  // namespace tbgw::run
