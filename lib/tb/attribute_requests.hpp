// SPDX-License-Identifier: Apache-2.0
// Questions for attributes that the platform has not answered yet. The platform echoes an id, and
// for a single key only its value: what was asked must be remembered.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tb/outbox.hpp"

namespace tbgw::tb {

struct AttributeRequest {
  std::string device;    ///< "" = the gateway itself
  std::string event_id;  ///< the asker's id as JSON; "" = our own question for shared keys
  std::vector<std::string> keys;
  Time asked{};
};

class AttributeRequests {
 public:
  /// The platform says nothing if its lookup fails.
  static constexpr std::chrono::seconds kPatience{20};
  static constexpr std::size_t kMost = 100'000;

  /// The id to ask with. Past kMost open questions the oldest is forgotten.
  int add(AttributeRequest request);
  /// Answered; false if nobody asked.
  bool take(int id, AttributeRequest& request);
  /// Those without an answer in time.
  std::vector<AttributeRequest> expired(Time now);
  /// When the next one expires.
  [[nodiscard]] Time first_expiry() const;

 private:
  std::map<int, AttributeRequest> open_;  ///< ids grow, so the first was asked first
  int last_id_ = 0;
};

}  // namespace tbgw::tb
