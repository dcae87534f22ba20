// SPDX-License-Identifier: Apache-2.0
#include "spool/restarts.hpp"

#include <algorithm>

namespace tbgw::spool {

Restarts::Decision Restarts::ended(int status, double random) {
  const auto why = static_cast<Status>(status);
  const bool hopeless = why == Status::usage || why == Status::config;
  if (hopeless && !worked_) return {why, Delay{0}};
  if (hopeless || why == Status::no_permission) return {std::nullopt, kRefused};
  const double spread = 0.5 + random / 2;
  const Delay delay{static_cast<Delay::rep>(static_cast<double>(next_.count()) * spread)};
  next_ = std::min(next_ * 2, kMost);
  return {std::nullopt, delay};
}

void Restarts::acknowledged() {
  worked_ = true;
  next_ = kFirst;
}

}  // namespace tbgw::spool
