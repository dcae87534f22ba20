// SPDX-License-Identifier: Apache-2.0
// RPCs to the gateway itself that only we can answer; the others become events.
#include <string>

#include "core/text.hpp"
#include "core/version.hpp"
#include "tb/downlink.hpp"

namespace tbgw::tb {
namespace {

/// An answer larger than this would end the connection.
constexpr std::size_t kLongestList = std::size_t{32} << 10;

std::string good(const std::string& answer) {
  return "{\"code\":200,\"resp\":" + answer + "}";
}

/// Device -> profile; those that went are not there.
std::string list_of(const DeviceTable& devices) {
  std::string list = "{";
  for (DeviceId id = 1; id < devices.size(); ++id) {
    const Device& device = devices[id];
    if (device.gone) continue;
    if (list.size() > kLongestList) {
      return R"({"error":"the list of devices is too large for one answer","code":413})";
    }
    list.append(list.size() > 1 ? "," : "").append(json_string(device.name)).append(":");
    list += json_string(device.type.empty() ? "default" : device.type);
  }
  return good(list + "}");
}

}  // namespace

/// The methods of the reference gateway, and its answers. nullopt: somebody else may know.
std::optional<std::string> Downlink::own_answer(std::string_view method) const {
  if (method == "gateway_ping") return good("\"pong\"");
  if (method == "gateway_version") {
    return good("{\"current_version\":" + json_string(kVersion) + "}");
  }
  if (method == "gateway_devices") return list_of(devices_);
  if (method == "gateway_stats") {
    const Ledger& ledger = uplink_.ledger();
    return "{\"eventsProduced\":" + std::to_string(ledger.opened()) +
           ",\"eventsSent\":" + std::to_string(uplink_.delivered()) +
           ",\"waiting\":" + std::to_string(uplink_.left()) + "}";
  }
  return std::nullopt;
}

}  // namespace tbgw::tb
