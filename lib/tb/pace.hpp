// SPDX-License-Identifier: Apache-2.0
// How fast the platform wants it: its rate limits, kept so that it never has to enforce them. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

#include "tb/outbox.hpp"

namespace tbgw::tb {

/// At most so many in any such span.
struct Rate {
  std::uint64_t most = 0;
  std::chrono::milliseconds span{0};

  bool operator==(const Rate&) const = default;
};

/// "10:1,300:60" or "10:1;300:60": count and seconds. A pair that is none, or has a 0, limits
/// nothing.
std::vector<Rate> parse_rates(std::string_view text);

/// One rate. What may wait (a backlog) is spread evenly at 85 % of it; what is urgent has what is
/// left up to 95 %.
class RateBucket {
 public:
  explicit RateBucket(const Rate& rate);

  /// When something of this cost may go: `now`, or later.
  [[nodiscard]] Time when(std::uint64_t cost, bool urgent, Time now) const;
  void take(std::uint64_t cost, Time now);
  [[nodiscard]] const Rate& rate() const { return rate_; }

 private:
  using Duration = Time::duration;
  /// What was spent in a short piece of time, ending then.
  struct Spent {
    Time at;
    std::uint64_t cost;
  };
  [[nodiscard]] Duration lasting(double cost) const;

  Rate rate_;
  std::uint64_t hard_;  ///< never more than this in a span
  double even_;         ///< cost a nanosecond
  double burst_;        ///< what may go at once after a pause
  Time paid_off_{};     ///< when all that went so far will have been spread evenly
  std::deque<Spent> spent_;
  std::uint64_t sum_ = 0;
};

/// Several rates at once.
class Pace {
 public:
  /// What was spent stays spent where a rate is the same as before.
  void set(const std::vector<Rate>& rates);
  [[nodiscard]] bool is_free() const { return buckets_.empty(); }
  /// The least of the counts; 0 = no limit.
  [[nodiscard]] std::uint64_t smallest() const;
  [[nodiscard]] Time when(std::uint64_t cost, bool urgent, Time now) const;
  void take(std::uint64_t cost, Time now);

 private:
  std::vector<RateBucket> buckets_;
};

}  // namespace tbgw::tb
