// SPDX-License-Identifier: Apache-2.0
#include "tb/downlink.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "core/line_reader.hpp"
#include "core/text.hpp"
#include "tb/json_cursor.hpp"
#include "tb/topics.hpp"

namespace tbgw::tb {
namespace {

/// An event line may be as long as a record; what we put around the platform's data is short.
constexpr std::size_t kLongestData = kMaxRecord - 2048;
/// Attribute values kept back for a slow reader.
constexpr std::size_t kMostKept = std::size_t{1} << 20;
/// A broker echoes at once; a later message with the same bytes is not an echo.
constexpr std::chrono::seconds kEchoTime{10};
constexpr std::size_t kMostOwn = 1024;

bool starts_with(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

Result<std::int64_t> to_id(std::string_view digits) {
  std::int64_t id = 0;
  const auto got = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (got.ec != std::errc{} || got.ptr != digits.data() + digits.size()) {
    return Error{"its id is no integer"};
  }
  return id;
}

std::string compact(std::string_view json) {
  std::string out;
  append_compact(out, json);
  return out;
}

/// {"deleted":["a","b"]} and nothing else: a notice of deletion, not an attribute of that name.
/// Returns the list, or "".
std::string_view deleted_keys(std::string_view data) {
  std::string_view list;
  std::size_t members = 0;
  for (JsonCursor cursor(data); cursor.next(); ++members) {
    if (cursor.key() == "\"deleted\"" && cursor.type() == JsonType::array) list = cursor.value();
  }
  if (members != 1 || list.empty()) return {};
  for (JsonCursor cursor(list); cursor.next();) {
    if (cursor.type() != JsonType::string) return {};
  }
  return list;
}

const JsonMember* text_of(std::span<const JsonMember> members, std::string_view key) {
  const JsonMember* const member = find(members, key);
  return member != nullptr && member->type == JsonType::string ? member : nullptr;
}

void append_member(std::string& out, std::string_view quoted_key, std::string_view value) {
  if (!out.empty()) out.push_back(',');
  out.append(quoted_key).append(":").append(value);
}

}  // namespace

std::string platform_up_line() {
  return R"({"event":"platform-up"})";
}

std::string platform_down_line(std::string_view reason) {
  return R"({"event":"platform-down","reason":)" + json_string(reason) + "}";
}

Downlink::Downlink(Uplink& uplink, DeviceTable& devices, AttributeRequests& requests,
                   RpcMemory& rpcs)
    : uplink_(uplink), devices_(devices), requests_(requests), rpcs_(rpcs) {}

Result<void> Downlink::message(std::string_view topic, std::string_view payload, bool room,
                               Time now) {
  // The answer to a question that only other clients ask, or the echo of our own answer.
  if (starts_with(topic, topics::kMyRpcResponse)) return {};
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
    return my_response(topic.substr(topics::kMyAttributesResponse.size()), *members);
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
  attributes(device->text, data->raw, room);
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
  const auto id = to_id(number->raw);
  if (!id) return id.error();
  const JsonMember* const params = tbgw::find(*inner, "params");
  rpc(device->text, *id, method->text, params == nullptr ? "null" : params->raw, room, now);
  return {};
}

Result<void> Downlink::my_rpc(std::string_view number, Members members, bool room, Time now) {
  const auto id = to_id(number);
  if (!id) return id.error();
  const JsonMember* const method = text_of(members, "method");
  if (method == nullptr) return Error{"an RPC without method"};
  const JsonMember* const params = tbgw::find(members, "params");
  if (params != nullptr && notice(method->text, *params)) {
    uplink_.answer_rpc("", *id, R"({"success":true})", now);
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
    case RpcMemory::Seen::never:
      break;
  }
  ++counts_.rpcs;
  if (!room || call.size() > kLongestData) {
    ++(room ? counts_.dropped : counts_.busy);
    return uplink_.answer_rpc(
        device, id, room ? R"({"error":"the request is too large"})" : R"({"error":"busy"})", now);
  }
  event("rpc", device, "\"data\":{\"id\":" + std::to_string(id) + "," + call + "}");
}

/// What the platform says about devices by means of an RPC to the gateway.
bool Downlink::notice(std::string_view method, const JsonMember& params) {
  if (method == "gateway_device_renamed" && params.type == JsonType::object) {
    std::string unescaped;
    for (JsonCursor cursor(params.raw); cursor.next();) {
      if (cursor.type() != JsonType::string) return false;
      event("device-renamed", string_text(cursor.key(), unescaped),
            "\"from\":" + std::string{cursor.key()} + ",\"to\":" + std::string{cursor.value()});
    }
    return true;
  }
  if (method == "gateway_device_deleted" && params.type == JsonType::string) {
    if (Device* const device = devices_.find(params.text)) {
      device->gone = true;  // announcing it again would bring it back
      device->announced = false;
    }
    event("device-deleted", params.text, "");
    return true;
  }
  return false;
}

Result<void> Downlink::my_attributes(std::string_view payload, bool room, Time now) {
  if (is_echo(payload, now)) {
    ++counts_.echoes;
    return {};
  }
  attributes("", payload, room);
  return {};
}

void Downlink::attributes(std::string_view device, std::string_view data, bool room) {
  ++counts_.attributes;
  remember_shared(device, data);
  if (data.size() > kLongestData) {
    ++counts_.dropped;
    return;
  }
  if (!room || kept_.find(device) != kept_.end()) return keep(device, data);
  const std::string_view deleted = deleted_keys(data);
  event("attributes", device,
        deleted.empty() ? "\"data\":" + compact(data) : "\"deleted\":" + compact(deleted));
}

void Downlink::keep(std::string_view device, std::string_view data) {
  KeptValues& values = kept_[std::string{device}];
  const auto put = [&](std::string_view key, std::string value) {
    if (kept_bytes_ > kMostKept) {
      ++counts_.dropped;
      return;
    }
    kept_bytes_ += key.size() + value.size();
    const auto [at, is_new] = values.insert_or_assign(std::string{key}, std::move(value));
    if (!is_new) ++counts_.merged;
  };
  const std::string_view deleted = deleted_keys(data);
  if (!deleted.empty()) {
    for (JsonCursor cursor(deleted); cursor.next();)
      put(cursor.value(), "");
    return;
  }
  for (JsonCursor cursor(data); cursor.next();)
    put(cursor.key(), compact(cursor.value()));
}

void Downlink::release() {
  for (const auto& [device, values] : kept_) {
    std::string data;
    std::string deleted;
    for (const auto& [key, value] : values) {
      if (!value.empty()) {
        append_member(data, key, value);
      } else {
        deleted.append(deleted.empty() ? "" : ",").append(key);
      }
    }
    if (!data.empty()) event("attributes", device, "\"data\":{" + data + "}");
    if (!deleted.empty()) event("attributes", device, "\"deleted\":[" + deleted + "]");
  }
  kept_.clear();
  kept_bytes_ = 0;
}

/// {"id","device","values":{…}}, or {"id","device","value":v} where one key was asked and found.
Result<void> Downlink::gateway_response(Members members, bool room) {
  const JsonMember* const number = tbgw::find(members, "id");
  const auto id = to_id(number == nullptr ? "" : number->raw);
  AttributeRequest request;
  if (!id || !requests_.take(static_cast<int>(*id), request)) {
    return Error{"an answer to no question of ours"};
  }
  std::string values = "{}";
  if (const JsonMember* const many = tbgw::find(members, "values");
      many != nullptr && many->type == JsonType::object) {
    values = compact(many->raw);
  } else if (const JsonMember* const one = tbgw::find(members, "value");
             one != nullptr && !request.keys.empty()) {
    values = "{" + json_string(request.keys.front()) + ":" + compact(one->raw) + "}";
  }
  if (!request.event_id.empty()) {
    answered(request, values);
  } else if (Device* const device = devices_.find(request.device)) {
    shared_answered(*device, values, room);
  }
  return {};
}

/// {"client":{…},"shared":{…}}: one of them was asked.
Result<void> Downlink::my_response(std::string_view number, Members members) {
  const auto id = to_id(number);
  AttributeRequest request;
  if (!id || !requests_.take(static_cast<int>(*id), request)) {
    return Error{"an answer to no question of ours"};
  }
  std::string values;
  for (const JsonMember& scope : members) {
    if (scope.type == JsonType::object) values = compact(scope.raw);
  }
  answered(request, values.empty() ? "{}" : values);
  return {};
}

void Downlink::answered(const AttributeRequest& request, const std::string& values) {
  event("attributes-response", request.device,
        "\"id\":" + request.event_id + ",\"data\":" + values);
}

/// The current shared attributes of a device: only what it was not told yet becomes an event.
void Downlink::shared_answered(Device& device, std::string_view values, bool room) {
  std::string changed;
  std::map<std::string, std::string> now;
  std::string unescaped;
  for (JsonCursor cursor(values); cursor.next();) {
    const std::string key{string_text(cursor.key(), unescaped)};
    now[key] = cursor.value();
    const auto known = device.shared_values.find(key);
    if (known != device.shared_values.end() && known->second == cursor.value()) continue;
    append_member(changed, cursor.key(), cursor.value());
  }
  std::string gone;
  for (const std::string& key : device.shared_keys) {
    if (now.count(key) > 0 || device.shared_values.count(key) == 0) continue;
    gone.append(gone.empty() ? "" : ",").append(json_string(key));
  }
  if (!changed.empty()) attributes(device.name, "{" + changed + "}", room);
  if (!gone.empty()) attributes(device.name, "{\"deleted\":[" + gone + "]}", room);
}

void Downlink::remember_shared(std::string_view name, std::string_view data) {
  Device* const device = devices_.find(name);
  if (device == nullptr || device->shared_keys.empty()) return;
  const auto wanted = [&](const std::string& key) {
    const auto& keys = device->shared_keys;
    return std::find(keys.begin(), keys.end(), key) != keys.end();
  };
  std::string unescaped;
  const std::string_view deleted = deleted_keys(data);
  if (!deleted.empty()) {
    for (JsonCursor cursor(deleted); cursor.next();) {
      device->shared_values.erase(std::string{string_text(cursor.value(), unescaped)});
    }
    return;
  }
  for (JsonCursor cursor(data); cursor.next();) {
    const std::string key{string_text(cursor.key(), unescaped)};
    if (wanted(key)) device->shared_values[key] = compact(cursor.value());
  }
}

void Downlink::tick(Time now) {
  for (const AttributeRequest& request : requests_.expired(now)) {
    if (request.event_id.empty()) continue;
    event("attributes-response", request.device,
          "\"id\":" + request.event_id + ",\"error\":\"timeout\"");
  }
}

void Downlink::connection_lost() {
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
  std::string line = "{\"event\":" + json_string(name);
  if (!device.empty()) line += ",\"device\":" + json_string(device);
  if (!members.empty()) line.append(",").append(members);
  events_.push_back(line + "}");
}

std::vector<std::string> Downlink::take_events() {
  return std::exchange(events_, {});
}

}  // namespace tbgw::tb
