// SPDX-License-Identifier: Apache-2.0
#include "spool/restarts.hpp"

namespace tbgw::spool {

Restarts::Decision Restarts::ended(int status, double random) {
  const auto why = static_cast<Status>(status);
  const bool hopeless = why == Status::usage || why == Status::config;
  if (hopeless && !worked_) return {why, Delay{0}};
  if (hopeless || why == Status::no_permission) return {std::nullopt, kRefused};
  return {std::nullopt, backoff_.next(random)};
}

void Restarts::acknowledged() {
  worked_ = true;
  backoff_.reset();
}

}  // namespace tbgw::spool
