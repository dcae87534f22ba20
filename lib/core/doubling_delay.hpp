// SPDX-License-Identifier: Apache-2.0
// How long to wait before the next try of something that keeps failing. Pure.
#pragma once

#include <algorithm>
#include <chrono>

namespace tbgw {

/// A limit that doubles from `first` to `most`.
class DoublingDelay {
 public:
  using Delay = std::chrono::milliseconds;
  DoublingDelay(Delay first, Delay most) : first_(first), most_(most), limit_(first) {}

  /// `random` in [0, 1) spreads it over the upper half of its range, so that many do not come back
  /// as one.
  Delay next(double random) {
    const double share = 0.5 + random / 2;
    const Delay delay{static_cast<Delay::rep>(static_cast<double>(limit_.count()) * share)};
    limit_ = std::min(limit_ * 2, most_);
    return delay;
  }
  /// All is well again.
  void reset() { limit_ = first_; }

 private:
  Delay first_;
  Delay most_;
  Delay limit_;
};

}  // namespace tbgw
