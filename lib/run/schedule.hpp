// SPDX-License-Identifier: Apache-2.0
// When a program that ended is started again. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "core/doubling_delay.hpp"
#include "run/plan.hpp"

namespace tbgw::run {

/// Restarts by exit status (sysexits.h): what only a changed file can mend waits for one, refused
/// credentials are tried every ten minutes, everything else with a back-off that doubles and begins
/// anew once the program has run for a while.
class Schedule {
 public:
  using Delay = std::chrono::milliseconds;
  static constexpr Delay kFirst{250};
  static constexpr Delay kMost{60'000};
  static constexpr Delay kRefused{600'000};
  static constexpr Delay kRanWell{20'000};

  explicit Schedule(Restart restart) : restart_(restart) {}

  struct Decision {
    enum class What {
      start,           ///< again, after `delay`
      done,            ///< it has done its work
      needs_a_change,  ///< not before a file of it has changed
    };
    What what = What::start;
    Delay delay{0};
  };
  /// It ended with `status` (128 + N for signal N) after `ran`. `random` in [0, 1) spreads the
  /// delay over the upper half of its range, so that many programs do not come back as one.
  Decision ended(int status, Delay ran, double random);

 private:
  Restart restart_;
  DoublingDelay backoff_{kFirst, kMost};
};

}  // namespace tbgw::run
