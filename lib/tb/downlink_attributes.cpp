// SPDX-License-Identifier: Apache-2.0
// Attributes on the way down: updates, answers to questions, and what a slow reader gets of them.
#include <algorithm>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "tb/downlink.hpp"
#include "tb/json_cursor.hpp"

namespace tbgw::tb {
namespace {

/// Attribute values kept back for a slow reader.
constexpr std::size_t kMostKept = std::size_t{1} << 20;
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

void append_member(std::string& out, std::string_view quoted_key, std::string_view value) {
  if (!out.empty()) out.push_back(',');
  out.append(quoted_key).append(":").append(value);
}

}  // namespace

void Downlink::attributes(std::string_view device, std::string_view data, bool room) {
  ++counts_.attributes;
  remember_shared(device, data);
  if (data.size() > kLongestEventData) {
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
  const auto id = event_id(number == nullptr ? "" : number->raw);
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
Result<void> Downlink::my_response(std::string_view number, Members members, bool room) {
  const auto id = event_id(number);
  AttributeRequest request;
  if (!id || !requests_.take(static_cast<int>(*id), request)) {
    return Error{"an answer to no question of ours"};
  }
  std::string values;
  for (const JsonMember& scope : members) {
    if (scope.type == JsonType::object) values = compact(scope.raw);
  }
  if (values.empty()) values = "{}";
  if (!request.event_id.empty()) {
    answered(request, values);
  } else {
    shared_answered(devices_[kGatewayItself], values, room);
  }
  return {};
}

void Downlink::answered(const AttributeRequest& request, const std::string& values) {
  event("attributes-response", request.device,
        "\"id\":" + request.event_id + ",\"data\":" + values);
}

/// The current shared attributes of a device: only what it was not told yet becomes an event.
void Downlink::shared_answered(Device& device, std::string_view values, bool room) {
  if (device.shared_keys.empty()) return;  // asked only to keep it alive
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

}  // namespace tbgw::tb
