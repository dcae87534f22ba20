// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next try: longer each time, and never in step with others.
#pragma once

#include <algorithm>
#include <chrono>
#include <random>

namespace tbgw::serial {

class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;
  Backoff(Milliseconds least, Milliseconds most, unsigned seed)
      : least_(least), most_(most), base_(least * 2), random_(seed) {}

  /// Something from half of to all of a base that doubles, between `least` and `most`.
  Milliseconds next() {
    std::uniform_int_distribution<Milliseconds::rep> spread(base_.count() / 2, base_.count());
    const Milliseconds wait{spread(random_)};
    base_ = std::min(most_, base_ * 2);
    return wait;
  }
  void reset() { base_ = least_ * 2; }

 private:
  Milliseconds least_;
  Milliseconds most_;
  Milliseconds base_;
  std::minstd_rand random_;
};

}  // namespace tbgw::serial
