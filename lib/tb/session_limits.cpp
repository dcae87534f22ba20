// SPDX-License-Identifier: Apache-2.0
#include "tb/session_limits.hpp"

#include <nlohmann/json.hpp>

namespace tbgw::tb {
namespace {

using Json = nlohmann::json;

std::size_t count_of(const Json& answer, const char* key) {
  const auto found = answer.find(key);
  if (found == answer.end() || !found->is_number_integer()) return 0;
  const auto number = found->get<std::int64_t>();
  return number > 0 ? static_cast<std::size_t>(number) : 0;
}

/// null and "" alike mean that there is no limit.
std::string text_of(const Json& rates, const char* key) {
  const auto found = rates.find(key);
  return found != rates.end() && found->is_string() ? found->get<std::string>() : "";
}

RateLimits rates_of(const Json& rates) {
  return {text_of(rates, "messages"), text_of(rates, "telemetryMessages"),
          text_of(rates, "telemetryDataPoints")};
}

}  // namespace

Result<SessionLimits> parse_session_limits(std::string_view payload) {
  const Json answer = Json::parse(payload, nullptr, false);
  if (!answer.is_object()) return Error{"no JSON object"};
  if (const auto error = answer.find("error"); error != answer.end()) {
    return Error{error->is_string() ? error->get<std::string>() : error->dump()};
  }
  const auto own = answer.find("rateLimits");
  if (count_of(answer, "maxPayloadSize") == 0 && own == answer.end()) {
    return Error{"no limits in it"};
  }
  SessionLimits limits;
  limits.max_payload = count_of(answer, "maxPayloadSize");
  limits.max_inflight = count_of(answer, "maxInflightMessages");
  if (own != answer.end() && own->is_object()) limits.own = rates_of(*own);
  if (const auto gateway = answer.find("gatewayRateLimits");
      gateway != answer.end() && gateway->is_object()) {
    limits.gateway = rates_of(*gateway);
  }
  return limits;
}

}  // namespace tbgw::tb
