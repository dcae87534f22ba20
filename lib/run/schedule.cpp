// SPDX-License-Identifier: Apache-2.0
#include "run/schedule.hpp"

#include "core/status.hpp"

namespace tbgw::run {

Schedule::Decision Schedule::ended(int status, Delay ran, double random) {
  const auto is = [status](Status one) { return status == static_cast<int>(one); };
  const bool success = is(Status::ok) || is(Status::data_error);
  if (restart_ == Restart::never) return {Decision::What::done, {}};
  if (success && restart_ == Restart::on_failure) return {Decision::What::done, {}};
  if (is(Status::usage) || is(Status::config)) return {Decision::What::needs_a_change, {}};
  if (is(Status::no_permission)) return {Decision::What::start, kRefused};
  if (ran >= kRanWell) backoff_.reset();
  return {Decision::What::start, backoff_.next(random)};
}

}  // namespace tbgw::run
