// SPDX-License-Identifier: Apache-2.0
// The topics of the ThingsBoard MQTT API: the one place that spells them.
#pragma once

#include <array>
#include <string_view>

namespace tbgw::tb::topics {

/// How all topics about devices behind the gateway begin.
inline constexpr std::string_view kGatewayPrefix = "v1/gateway/";

// Devices behind the gateway. `kAttributes` and `kRpc` are used in both directions.
inline constexpr std::string_view kConnect = "v1/gateway/connect";
inline constexpr std::string_view kDisconnect = "v1/gateway/disconnect";
inline constexpr std::string_view kTelemetry = "v1/gateway/telemetry";
inline constexpr std::string_view kAttributes = "v1/gateway/attributes";
inline constexpr std::string_view kAttributesRequest = "v1/gateway/attributes/request";
inline constexpr std::string_view kAttributesResponse = "v1/gateway/attributes/response";
inline constexpr std::string_view kRpc = "v1/gateway/rpc";
inline constexpr std::string_view kClaim = "v1/gateway/claim";

// The gateway's own device. Those that end in '/' are followed by a number.
inline constexpr std::string_view kMyTelemetry = "v1/devices/me/telemetry";
inline constexpr std::string_view kMyAttributes = "v1/devices/me/attributes";
inline constexpr std::string_view kMyAttributesRequest = "v1/devices/me/attributes/request/";
inline constexpr std::string_view kMyAttributesResponse = "v1/devices/me/attributes/response/";
inline constexpr std::string_view kMyRpcRequest = "v1/devices/me/rpc/request/";
inline constexpr std::string_view kMyRpcResponse = "v1/devices/me/rpc/response/";
inline constexpr std::string_view kMyClaim = "v1/devices/me/claim";

/// About the gateway's own device, not one behind it.
inline bool is_own(std::string_view topic) {
  return topic.substr(0, 14) == "v1/devices/me/";
}

// Images over the air, for the gateway's own device: request R, chunk C.
inline constexpr std::string_view kFirmwareRequest = "v2/fw/request/";
inline constexpr std::string_view kFirmwareResponse = "v2/fw/response/";
inline constexpr std::string_view kChunk = "/chunk/";
inline constexpr std::string_view kFirmwareError = "v2/fw/error";
inline constexpr std::array<std::string_view, 2> kFirmwareSubscriptions{"v2/fw/response/+/chunk/+",
                                                                        kFirmwareError};

// Provisioning: a session of its own, with this user name and nothing else to talk about.
inline constexpr std::string_view kProvisionUser = "provision";
inline constexpr std::string_view kProvisionRequest = "/provision/request";
inline constexpr std::string_view kProvisionResponse = "/provision/response";

/// What a gateway subscribes to on each connection. The platform compares these filters as
/// strings: anything else, wider or narrower, is refused.
inline constexpr std::array<std::string_view, 7> kSubscriptions{
    kAttributes,
    kAttributesResponse,
    kRpc,
    kMyAttributes,
    "v1/devices/me/attributes/response/+",
    "v1/devices/me/rpc/request/+",
    "v1/devices/me/rpc/response/+",
};

/// What a device that is no gateway subscribes to.
inline constexpr std::array<std::string_view, 4> kDeviceSubscriptions{
    kSubscriptions[3], kSubscriptions[4], kSubscriptions[5], kSubscriptions[6]};

/// The longest topic a message with readings goes to.
inline constexpr std::string_view kLongestData = kMyAttributes;
static_assert(kLongestData.size() >= kMyTelemetry.size() &&
              kLongestData.size() >= kAttributes.size());

}  // namespace tbgw::tb::topics
