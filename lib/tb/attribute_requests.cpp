// SPDX-License-Identifier: Apache-2.0
#include "tb/attribute_requests.hpp"

#include <limits>
#include <utility>

namespace tbgw::tb {

int AttributeRequests::add(AttributeRequest request) {
  if (open_.size() >= kMost) open_.erase(open_.begin());
  last_id_ = last_id_ == std::numeric_limits<int>::max() ? 1 : last_id_ + 1;
  open_[last_id_] = std::move(request);
  return last_id_;
}

bool AttributeRequests::take(int id, AttributeRequest& request) {
  const auto found = open_.find(id);
  if (found == open_.end()) return false;
  request = std::move(found->second);
  open_.erase(found);
  return true;
}

std::vector<AttributeRequest> AttributeRequests::expired(Time now) {
  std::vector<AttributeRequest> out;
  while (!open_.empty() && open_.begin()->second.asked + kPatience <= now) {
    out.push_back(std::move(open_.begin()->second));
    open_.erase(open_.begin());
  }
  return out;
}

Time AttributeRequests::first_expiry() const {
  return open_.empty() ? Time::max() : open_.begin()->second.asked + kPatience;
}

}  // namespace tbgw::tb
