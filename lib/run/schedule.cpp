// SPDX-License-Identifier: Apache-2.0
#include "run/schedule.hpp"

#include <algorithm>

#include "core/status.hpp"

namespace tbgw::run {

Schedule::Decision Schedule::ended(int status, Delay ran, double random) {
  const auto is = [status](Status one) { return status == static_cast<int>(one); };
  const bool success = is(Status::ok) || is(Status::data_error);
  if (restart_ == Restart::never) return {Decision::What::done, {}};
  if (success && restart_ == Restart::on_failure) return {Decision::What::done, {}};
  if (is(Status::usage) || is(Status::config)) return {Decision::What::needs_a_change, {}};
  if (is(Status::no_permission)) return {Decision::What::start, kRefused};
  if (ran >= kRanWell) next_ = kFirst;
  const Delay longest = next_;
  next_ = std::min(next_ * 2, kMost);
  const auto half = static_cast<double>(longest.count()) / 2;
  return {Decision::What::start, Delay{static_cast<Delay::rep>(half + half * random)}};
}

}  // namespace tbgw::run
