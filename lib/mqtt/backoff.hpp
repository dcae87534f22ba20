// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next attempt.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace tbgw::mqtt {

/// Full jitter: anything from nothing to a limit that doubles with each failure, so that a thousand
/// gateways do not come back at the same moment.
class Backoff {
 public:
  using Duration = std::chrono::milliseconds;

  Backoff(Duration first, Duration most, std::uint64_t seed)
      : first_(first), most_(most), limit_(first), random_(seed) {}

  Duration next() {
    const Duration delay = between(Duration{0}, limit_);
    limit_ = std::min(limit_ * 2, most_);
    return delay;
  }
  /// It is not so bad: the limit of the next wait is not more than that.
  void limit_to(Duration limit) { limit_ = std::min(limit_, limit); }
  /// All is well again.
  void reset() { limit_ = first_; }

  /// A random time, both ends included.
  Duration between(Duration least, Duration most) {
    return Duration{
        std::uniform_int_distribution<Duration::rep>{least.count(), most.count()}(random_)};
  }

 private:
  Duration first_;
  Duration most_;
  Duration limit_;
  std::mt19937_64 random_;
};

}  // namespace tbgw::mqtt
