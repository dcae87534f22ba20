// SPDX-License-Identifier: Apache-2.0
// What the platform says about a session when it is asked (getSessionLimits, since ThingsBoard
// 3.8). Older servers answer {"error":"timeout"} after a minute, other brokers nothing: never wait
// for it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::tb {

/// Rates as the server writes them, "10:1,60:60" = 10 in a second and 60 in a minute; "" = no
/// limit.
struct RateLimits {
  std::string messages;
  std::string telemetry_messages;
  std::string telemetry_points;

  bool operator==(const RateLimits&) const = default;
};

struct SessionLimits {
  std::size_t max_payload = 0;   ///< MQTT remaining length; 0 = not told
  std::size_t max_inflight = 0;  ///< messages not acknowledged; 0 = not told
  RateLimits own;                ///< of the device that the credentials belong to
  /// Of all devices behind it together. nullopt: that device is no gateway, and everything on
  /// v1/gateway/… is dropped without a word.
  std::optional<RateLimits> gateway;

  bool operator==(const SessionLimits&) const = default;
};

/// The payload of the request.
inline constexpr std::string_view kAskForLimits = R"({"method":"getSessionLimits","params":{}})";
inline constexpr std::string_view kLimitsMethod = "getSessionLimits";

/// The payload of the answer. An error: the server does not know the question, or the answer is
/// none of ours.
Result<SessionLimits> parse_session_limits(std::string_view payload);

}  // namespace tbgw::tb
