// SPDX-License-Identifier: Apache-2.0
#include "tb/downlink.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "core/line_reader.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "tb/json_cursor.hpp"
#include "tb/topics.hpp"

namespace tbgw::tb {
namespace {

/// A broker echoes at once; a later message with the same bytes is not an echo.
constexpr std::chrono::seconds kEchoTime{10};
constexpr std::size_t kMostOwn = 1024;

constexpr const char* kBusy = R"({"error":"busy"})";
constexpr const char* kTimeout = R"({"error":"timeout"})";

/// How the data of an RPC's event begin.
std::string id_of_call(std::int64_t id) {
  return "\"data\":{\"id\":" + std::to_string(id) + ",";
}

bool starts_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

const JsonMember* text_of(std::span<const JsonMember> members, std::string_view key) {
  const JsonMember* const member = find(members, key);
  return member != nullptr && member->type == JsonType::string ? member : nullptr;
}

}  // namespace

std::string platform_up_line() {
  return R"({"event":"platform-up"})";
}

std::string platform_down_line(std::string_view reason) {
  return R"({"event":"platform-down","reason":)" + json_string(reason) + "}";
}

Result<std::int64_t> event_id(std::string_view digits) {
  constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();
  auto id = parse_integer(digits, -kAny, kAny);
  if (!id) return Error{"id must be an integer"};
  return id;
}

Downlink::Downlink(Uplink& uplink, DeviceTable& devices, AttributeRequests& requests,
                   RpcMemory& rpcs, State& state)
    : uplink_(uplink), devices_(devices), requests_(requests), rpcs_(rpcs), state_(state) {}

Result<void> Downlink::message(std::string_view topic, std::string_view payload, bool room,
                               Time now) {
  if (starts_with(topic, topics::kMyRpcResponse)) {
    // Of a server, to our question; or the echo of our own answer, which may be any JSON.
    uplink_.client_rpc_answered(topic.substr(topics::kMyRpcResponse.size()), payload);
    return {};
  }
  padded_.assign(payload).append(kLinePadding, '\0');
  const std::string_view json{padded_.data(), payload.size()};
  const auto members = view_.object(json);
  if (!members) return Error{members.error().text};
  if (topic == topics::kAttributes) return gateway_attributes(*members, room);
  if (topic == topics::kRpc) return gateway_rpc(*members, room, now);
  if (topic == topics::kAttributesResponse) return gateway_response(*members, room);
  if (topic == topics::kMyAttributes) return my_attributes(json, room, now);
  if (starts_with(topic, topics::kMyRpcRequest)) {
    return my_rpc(topic.substr(topics::kMyRpcRequest.size()), *members, room, now);
  }
  if (starts_with(topic, topics::kMyAttributesResponse)) {
    return my_response(topic.substr(topics::kMyAttributesResponse.size()), *members, room);
  }
  return Error{"nobody subscribed to this topic"};
}

/// {"device":D,"data":{…}}. What we publish to this topic has another shape: {D:{…}}.
Result<void> Downlink::gateway_attributes(Members members, bool room) {
  const JsonMember* const device = text_of(members, "device");
  const JsonMember* const data = tbgw::find(members, "data");
  if (device == nullptr || data == nullptr || data->type != JsonType::object) {
    ++counts_.echoes;
    return {};
  }
  attributes(local_name(device->text), data->raw, room);
  return {};
}

/// {"device":D,"data":{"id":N,"method":…,"params":…}}. Our answers on this topic have an id of
/// their own beside device and data.
Result<void> Downlink::gateway_rpc(Members members, bool room, Time now) {
  if (tbgw::find(members, "id") != nullptr) {
    ++counts_.echoes;
    return {};
  }
  const JsonMember* const device = text_of(members, "device");
  const JsonMember* const data = tbgw::find(members, "data");
  if (device == nullptr || data == nullptr || data->type != JsonType::object) {
    return Error{"an RPC without device or data"};
  }
  const auto inner = inner_view_.object(data->raw);
  if (!inner) return inner.error();
  const JsonMember* const number = tbgw::find(*inner, "id");
  const JsonMember* const method = text_of(*inner, "method");
  if (number == nullptr || method == nullptr) return Error{"an RPC without id or method"};
  const auto id = event_id(number->raw);
  if (!id) return id.error();
  const JsonMember* const params = tbgw::find(*inner, "params");
  rpc(local_name(device->text), *id, method->text, params == nullptr ? "null" : params->raw, room,
      now);
  return {};
}

Result<void> Downlink::my_rpc(std::string_view number, Members members, bool room, Time now) {
  const auto id = event_id(number);
  if (!id) return id.error();
  const JsonMember* const method = text_of(members, "method");
  if (method == nullptr) return Error{"an RPC without method"};
  if (uplink_.is_own_question(*id, method->text)) {
    ++counts_.echoes;
    return {};
  }
  const JsonMember* const params = tbgw::find(members, "params");
  if (params != nullptr && notice(method->text, *params)) {
    uplink_.answer_rpc("", *id, R"({"success":true})", now);
    return {};
  }
  if (const auto answer = own_answer(method->text)) {
    ++counts_.rpcs;
    uplink_.answer_rpc("", *id, *answer, now);
    return {};
  }
  rpc("", *id, method->text, params == nullptr ? "null" : params->raw, room, now);
  return {};
}

void Downlink::rpc(std::string_view device, std::int64_t id, std::string_view method,
                   std::string_view params, bool room, Time now) {
  std::string call = "\"method\":" + json_string(method) + ",\"params\":";
  append_compact(call, params);
  std::string answer;
  switch (rpcs_.note(device, id, call, now, answer)) {
    case RpcMemory::Seen::open:
      ++counts_.repeats;
      return;
    case RpcMemory::Seen::answered:
      ++counts_.repeats;
      return uplink_.answer_rpc(device, id, answer, now);
    case RpcMemory::Seen::too_many:
      ++counts_.busy;
      return uplink_.answer_rpc(device, id, kBusy, now);
    case RpcMemory::Seen::never:
      break;
  }
  ++counts_.rpcs;
  const Device* const known = devices_.find(device);
  if (known == nullptr || known->gone) {  // nobody left of us would answer
    return uplink_.answer_rpc(device, id, R"({"error":"unknown device"})", now);
  }
  if (!room || call.size() > kLongestEventData) {
    ++(room ? counts_.dropped : counts_.busy);
    return uplink_.answer_rpc(device, id, room ? R"({"error":"the request is too large"})" : kBusy,
                              now);
  }
  event("rpc", device, id_of_call(id) + call + "}");
}

/// What the platform says about devices by means of an RPC to the gateway.
bool Downlink::notice(std::string_view method, const JsonMember& params) {
  if (method == "gateway_device_renamed" && params.type == JsonType::object) {
    std::string unescaped;
    for (JsonCursor cursor(params.raw); cursor.next();) {
      if (cursor.type() != JsonType::string) return false;
      const std::string from{string_text(cursor.key(), unescaped)};
      renamed(from, std::string{string_text(cursor.value(), unescaped)});
    }
    return true;
  }
  if (method == "gateway_device_deleted" && params.type == JsonType::string) {
    deleted(std::string{params.text});
    return true;
  }
  return false;
}

/// What the stages left of us call a device.
std::string Downlink::local_name(std::string_view name) const {
  const std::string_view local = state_.local_name(name);
  const auto former = former_.find(name);
  const bool is_former = local == name && former != former_.end();
  return is_former ? former->second : std::string{local};
}

void Downlink::renamed(const std::string& from, const std::string& to) {
  const std::string local = local_name(from);
  if (from != local) former_[from] = local;
  state_.rename(from, to);
  DeviceId id = kGatewayItself;
  if (devices_.find(local) != nullptr && devices_.find_or_add(local, id) != nullptr) {
    uplink_.renamed(id);
  }
  event("device-renamed", local, "\"from\":" + json_string(from) + ",\"to\":" + json_string(to));
}

void Downlink::deleted(const std::string& name) {
  const std::string local = local_name(name);
  state_.forget(local);
  DeviceId id = kGatewayItself;
  if (Device* const device = devices_.find(local)) {
    device->gone = true;  // announcing it again would bring it back
    device->announced = false;
    devices_.find_or_add(local, id);
    uplink_.renamed(id);
  }
  event("device-deleted", local, "");
}

Result<void> Downlink::my_attributes(std::string_view payload, bool room, Time now) {
  if (is_echo(payload, now)) {
    ++counts_.echoes;
    return {};
  }
  attributes("", payload, room);
  return {};
}

void Downlink::tick(Time now) {
  for (const AttributeRequest& request : requests_.expired(now)) {
    if (request.event_id.empty()) continue;
    event("attributes-response", request.device,
          "\"id\":" + request.event_id + ",\"error\":\"timeout\"");
  }
  for (const RpcMemory::Call& call : rpcs_.take_expired(now, kTimeout)) {
    ++counts_.timeouts;
    uplink_.answer_rpc(call.device, call.id, kTimeout, now);
    withdrawn_.push_back(beginning("rpc", call.device) + "," + id_of_call(call.id));
  }
}

void Downlink::connection_lost() {
  former_.clear();
  own_.clear();
}

void Downlink::note_own(std::string_view topic, std::string_view payload, Time now) {
  if (topic != topics::kMyAttributes) return;  // elsewhere an echo shows by its shape
  while (!own_.empty() && (own_.size() >= kMostOwn || own_.front().sent + kEchoTime <= now)) {
    own_.pop_front();
  }
  own_.push_back({std::hash<std::string_view>{}(payload), now});
}

bool Downlink::is_echo(std::string_view payload, Time now) {
  const std::size_t hash = std::hash<std::string_view>{}(payload);
  const auto found = std::find_if(own_.begin(), own_.end(), [&](const Own& own) {
    return own.hash == hash && own.sent + kEchoTime > now;
  });
  if (found == own_.end()) return false;
  own_.erase(found);
  return true;
}

void Downlink::event(std::string_view name, std::string_view device, std::string_view members) {
  std::string line = beginning(name, device);
  if (!members.empty()) line.append(",").append(members);
  events_.push_back(line + "}");
}

std::string Downlink::beginning(std::string_view name, std::string_view device) const {
  std::string line = "{\"event\":" + json_string(name);
  if (device.empty()) device = uplink_.own_name();
  if (!device.empty()) line += ",\"device\":" + json_string(device);
  return line;
}

std::vector<std::string> Downlink::take_withdrawn() {
  return std::exchange(withdrawn_, {});
}

std::vector<std::string> Downlink::take_events() {
  return std::exchange(events_, {});
}

}  // namespace tbgw::tb
