// SPDX-License-Identifier: Apache-2.0
// When a child that ended is started again. Pure.
#pragma once

#include <chrono>
#include <optional>

#include "core/doubling_delay.hpp"
#include "core/status.hpp"

namespace tbgw::spool {

/// Back-off by exit status (sysexits.h): what only a changed file can mend is not tried again and
/// again, refused credentials every ten minutes, everything else after 1, 2, 4 … 60 s.
class Restarts {
 public:
  using Delay = std::chrono::milliseconds;
  static constexpr Delay kFirst{1000};
  static constexpr Delay kMost{60'000};
  static constexpr Delay kRefused{600'000};

  struct Decision {
    std::optional<Status> give_up;  ///< end with this status instead
    Delay delay{0};
  };
  /// The child ended with `status` (128 + N for signal N). `random` in [0, 1) spreads the delay
  /// over the upper half of its range, so that many gateways do not come back as one.
  Decision ended(int status, double random);
  /// The child acknowledged something: it works, so the next back-off begins anew.
  void acknowledged();

 private:
  bool worked_ = false;  ///< some child acknowledged something
  DoublingDelay backoff_{kFirst, kMost};
};

}  // namespace tbgw::spool
