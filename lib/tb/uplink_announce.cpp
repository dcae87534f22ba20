// SPDX-License-Identifier: Apache-2.0
// Telling the platform which devices are there, and asking what it wants of them.
#include <utility>

#include "core/text.hpp"
#include "tb/topics.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {
namespace {

using Kind = Message::Kind;

/// Asked for where a device wants no attributes: with none named the platform would send all.
constexpr const char* kNoSuchKey = "tbgw";

std::string as_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out.push_back(',');
    append_json_string(out, text);
  }
  return out + "]";
}

std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) {
    if (!out.empty()) out.push_back(',');
    out += text;
  }
  return out;
}

}  // namespace

std::string Uplink::connect_payload(const Device& device) {
  return "{\"device\":" + device.quoted +
         ",\"type\":" + json_string(device.type.empty() ? "default" : device.type) + "}";
}

/// Topic and payload of the question for attributes of message.device.
void Uplink::fill_request(Message& message, int id, bool client,
                          const std::vector<std::string>& keys) const {
  const std::string number = std::to_string(id);
  if (message.device == kGatewayItself) {
    message.topic = std::string{topics::kMyAttributesRequest} + number;
    message.payload = std::string{client ? "{\"clientKeys\":" : "{\"sharedKeys\":"} +
                      json_string(joined(keys)) + "}";
    return;
  }
  message.topic = topics::kAttributesRequest;
  message.payload = "{\"id\":" + number + ",\"device\":" + devices_[message.device].quoted +
                    ",\"client\":" + (client ? "true" : "false") + ",\"keys\":" + as_list(keys) +
                    "}";
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
  if (!device.shared_keys.empty()) ask_shared(id, now);
}

void Uplink::ask_shared(DeviceId id, Time now) {
  Device& device = devices_[id];
  AttributeRequest request;
  request.device = device.name;
  request.keys = device.shared_keys;
  if (request.keys.empty()) request.keys.emplace_back(kNoSuchKey);
  request.asked = now;
  const int number = requests_.add(request);
  Message message;
  message.kind = Kind::request;
  message.lane = Message::Lane::control;
  message.device = id;
  fill_request(message, number, false, request.keys);
  outbox_.add(std::move(message));
}

/// The next device that has said nothing for a long time: the platform would forget it, and then
/// no RPC and no attribute would reach it. An attribute request counts as a sign of life.
bool Uplink::ask_idle(Time now) {
  if (!idle_turn_) return false;
  for (; idle_ < devices_.size(); ++idle_) {
    Device& device = devices_[idle_];
    if (!device.announced || device.gone || now < device.spoke + options_.keep_devices) continue;
    device.spoke = now;
    ask_shared(idle_, now);
    return true;
  }
  idle_ = 1;
  idle_turn_ = false;
  return false;
}

/// The next device that the platform does not know of on this connection.
bool Uplink::announce_silent(Time now) {
  if (options_.device_api && !std::exchange(own_asked_, true)) {
    if (devices_[kGatewayItself].shared_keys.empty()) return false;
    ask_shared(kGatewayItself, now);
    return true;
  }
  for (; silent_ < devices_.size(); ++silent_) {
    const Device& device = devices_[silent_];
    if (device.announced || device.gone) continue;
    announce(silent_, now);
    return true;
  }
  return false;
}

}  // namespace tbgw::tb
