// SPDX-License-Identifier: Apache-2.0
#include "tb/pace.hpp"

#include <algorithm>
#include <cmath>

#include "core/number.hpp"

namespace tbgw::tb {
namespace {

// Clocks and the way there differ: a limit that we used up wholly would be passed now and then.
constexpr double kUsed = 0.95;
constexpr double kEven = 0.85;
constexpr double kBurst = 0.05;
/// What is spent within such a part of the span counts as one.
constexpr int kGrains = 64;

}  // namespace

std::vector<Rate> parse_rates(std::string_view text) {
  std::vector<Rate> rates;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(",;"), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t colon = pair.find(':');
    if (colon == std::string_view::npos) continue;
    constexpr std::int64_t kMost = 1'000'000'000;
    const auto count = parse_integer(pair.substr(0, colon), 1, kMost);
    const auto seconds = parse_integer(pair.substr(colon + 1), 1, kMost);
    if (!count || !seconds) continue;
    rates.push_back({static_cast<std::uint64_t>(*count), std::chrono::seconds{*seconds}});
  }
  return rates;
}

RateBucket::RateBucket(const Rate& rate)
    : rate_(rate),
      hard_(std::max<std::uint64_t>(
          1, static_cast<std::uint64_t>(static_cast<double>(rate.most) * kUsed))),
      even_(static_cast<double>(rate.most) * kEven /
            static_cast<double>(std::chrono::nanoseconds{rate.span}.count())),
      burst_(std::max(1.0, static_cast<double>(rate.most) * kBurst)) {}

RateBucket::Duration RateBucket::lasting(double cost) const {
  return Duration{static_cast<Duration::rep>(std::ceil(cost / even_))};
}

Time RateBucket::when(std::uint64_t cost, bool urgent, Time now) const {
  Time due = now;
  if (!urgent) {
    const double headroom = std::max(0.0, burst_ - static_cast<double>(cost));
    due = std::max(due, paid_off_ - lasting(headroom));
  }
  std::uint64_t in_span = sum_;
  for (const Spent& spent : spent_) {
    const Time free = spent.at + rate_.span + rate_.span / kGrains;
    if (free > due && in_span + cost > hard_) due = free;
    if (free <= due) in_span -= spent.cost;
  }
  return due;
}

void RateBucket::take(std::uint64_t cost, Time now) {
  paid_off_ = std::max(paid_off_, now) + lasting(static_cast<double>(cost));
  while (!spent_.empty() && spent_.front().at + rate_.span + rate_.span / kGrains <= now) {
    sum_ -= spent_.front().cost;
    spent_.pop_front();
  }
  const bool fresh = spent_.empty() || spent_.back().at + rate_.span / kGrains <= now;
  if (fresh) {
    // The piece ends with its last part: until then none of it is forgotten.
    spent_.push_back({now + rate_.span / kGrains, 0});
  }
  spent_.back().cost += cost;
  sum_ += cost;
}

void Pace::set(const std::vector<Rate>& rates) {
  std::vector<RateBucket> buckets;
  for (const Rate& rate : rates) {
    const auto same = std::find_if(buckets_.begin(), buckets_.end(),
                                   [&](const RateBucket& old) { return old.rate() == rate; });
    buckets.push_back(same == buckets_.end() ? RateBucket{rate} : *same);
  }
  buckets_ = std::move(buckets);
}

std::uint64_t Pace::smallest() const {
  std::uint64_t least = 0;
  for (const RateBucket& bucket : buckets_) {
    if (least == 0 || bucket.rate().most < least) least = bucket.rate().most;
  }
  return least;
}

Time Pace::when(std::uint64_t cost, bool urgent, Time now) const {
  Time due = now;
  for (const RateBucket& bucket : buckets_)
    due = std::max(due, bucket.when(cost, urgent, now));
  return due;
}

void Pace::take(std::uint64_t cost, Time now) {
  for (RateBucket& bucket : buckets_)
    bucket.take(cost, now);
}

}  // namespace tbgw::tb
