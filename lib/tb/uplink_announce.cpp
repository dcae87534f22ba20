// SPDX-License-Identifier: Apache-2.0
// Telling the platform which devices are there, and asking what it wants of them.
#include <utility>

#include "core/text.hpp"
#include "tb/topics.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {
namespace {

using Kind = Message::Kind;

std::string as_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out.push_back(',');
    append_json_string(out, text);
  }
  return out + "]";
}

}  // namespace

std::string Uplink::connect_payload(const Device& device) {
  return "{\"device\":" + device.quoted +
         ",\"type\":" + json_string(device.type.empty() ? "default" : device.type) + "}";
}

std::string Uplink::request_payload(int id, const std::string& quoted_device, bool client,
                                    const std::vector<std::string>& keys) {
  return "{\"id\":" + std::to_string(id) + ",\"device\":" + quoted_device +
         ",\"client\":" + (client ? "true" : "false") + ",\"keys\":" + as_list(keys) + "}";
}

bool Uplink::must_announce(const Message& message) const {
  const bool announces_itself =
      message.kind == Message::Kind::connect || message.kind == Message::Kind::disconnect;
  return !announces_itself && !devices_[message.device].announced;
}

/// Tells the platform that a device is there, and asks for the attributes it wants to know.
void Uplink::announce(DeviceId id, Time now) {
  Device& device = devices_[id];
  Message message;
  message.kind = Kind::connect;
  message.lane = Message::Lane::control;
  message.device = id;
  message.topic = topics::kConnect;
  message.payload = connect_payload(device);
  device.announced = true;
  outbox_.add(std::move(message));
  ask_shared(id, now);
}

void Uplink::ask_shared(DeviceId id, Time now) {
  Device& device = devices_[id];
  if (device.shared_keys.empty()) return;
  AttributeRequest request;
  request.device = device.name;
  request.keys = device.shared_keys;
  request.asked = now;
  const int number = requests_.add(std::move(request));
  Message message;
  message.kind = Kind::request;
  message.lane = Message::Lane::control;
  message.device = id;
  message.topic = topics::kAttributesRequest;
  message.payload = request_payload(number, device.quoted, false, device.shared_keys);
  outbox_.add(std::move(message));
}

/// The next device that the platform does not know of on this connection.
bool Uplink::announce_silent(Time now) {
  for (; silent_ < devices_.size(); ++silent_) {
    const Device& device = devices_[silent_];
    if (device.announced || device.gone) continue;
    announce(silent_, now);
    return true;
  }
  return false;
}

}  // namespace tbgw::tb
