// SPDX-License-Identifier: Apache-2.0
#include "tb/gateway_proof.hpp"

#include "tb/topics.hpp"

namespace tbgw::tb {

void GatewayProof::limits(const SessionLimits& limits) {
  says_plain_ = !limits.gateway;
  if (limits.gateway) was_gateway_ = true;
}

void GatewayProof::acknowledged(std::string_view topic) {
  if (topic.substr(0, topics::kGatewayPrefix.size()) == topics::kGatewayPrefix) {
    gateway_taken_ = was_gateway_ = true;
    silent_ends_ = 0;
  } else {
    own_taken_ = true;
  }
}

void GatewayProof::connection_lost(bool unacknowledged) {
  const bool silent = unacknowledged && own_taken_ && !gateway_taken_;
  if (unacknowledged) silent_ends_ = silent ? silent_ends_ + 1 : 0;
  own_taken_ = gateway_taken_ = false;
}

}  // namespace tbgw::tb
