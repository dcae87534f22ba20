// SPDX-License-Identifier: Apache-2.0
// The events that go up: what they make the gateway say to the platform.
#include <utility>

#include "core/text.hpp"
#include "tb/downlink.hpp"
#include "tb/json_cursor.hpp"
#include "tb/platform_value.hpp"
#include "tb/topics.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {
namespace {

using Lane = Message::Lane;
using Kind = Message::Kind;

Result<std::string_view> text_member(std::span<const JsonMember> members, std::string_view key) {
  const JsonMember* const member = find(members, key);
  if (member == nullptr || member->type == JsonType::null) return std::string_view{};
  if (member->type != JsonType::string) return Error{std::string{key} + " must be a text"};
  return member->text;
}

/// A list of texts; absent = empty.
Result<std::vector<std::string>> texts_member(std::span<const JsonMember> members,
                                              std::string_view key) {
  std::vector<std::string> texts;
  const JsonMember* const member = find(members, key);
  if (member == nullptr || member->type == JsonType::null) return texts;
  const Error wrong{std::string{key} + " must be a list of texts"};
  if (member->type != JsonType::array) return wrong;
  std::string unescaped;
  for (JsonCursor cursor(member->raw); cursor.next();) {
    if (cursor.type() != JsonType::string) return wrong;
    texts.emplace_back(string_text(cursor.value(), unescaped));
  }
  return texts;
}

/// An RPC's id: an integer, or its digits as text.
Result<std::int64_t> id_member(std::span<const JsonMember> members) {
  const JsonMember* const member = find(members, "id");
  const bool is_digits =
      member != nullptr && (member->type == JsonType::number || member->type == JsonType::string);
  return event_id(is_digits ? member->text : std::string_view{});
}

/// "tool: text (member value, …)": what a fault or stats event tells a person.
std::string for_a_person(std::span<const JsonMember> members) {
  const JsonMember* const tool = find(members, "tool");
  const JsonMember* const text = find(members, "text");
  std::string out{tool == nullptr ? "?" : tool->text};
  out.append(": ").append(text == nullptr ? "" : text->text);
  std::string rest;
  for (const JsonMember& member : members) {
    if (&member == tool || &member == text || member.key == "event") continue;
    rest.append(rest.empty() ? "" : ", ").append(member.key).append(" ").append(member.text);
  }
  if (!rest.empty()) out.append(text == nullptr ? rest : " (" + rest + ")");
  return out;
}

}  // namespace

void Uplink::take_event(Members members, Seq record, Time now) {
  ++counts_.events;
  const auto event = text_member(members, "event");
  if (!event) return reject(record, event.error().text);
  Result<void> done;
  if (*event == "connect") {
    done = connect(members, record);
  } else if (*event == "disconnect") {
    done = disconnect(members, record);
  } else if (*event == "rpc-reply") {
    done = rpc_reply(members, record, now);
  } else if (*event == "attributes-request") {
    done = attributes_request(members, record, now);
  } else if (*event == "claim") {
    done = claim(members, record);
  } else if (*event == "fault" || *event == "stats") {
    heard_.push_back(for_a_person(members));
  } else {
    ++counts_.ignored;  // events that go down, and those of a later version
  }
  if (!done) reject(record, std::string{*event} + ": " + done.error().text);
}

/// The device an event names; nullptr: it names none. (With device_api one that is named is the
/// gateway itself, so to speak: look at the id.)
Result<Device*> Uplink::device_of(Members members, DeviceId& id) {
  id = kGatewayItself;
  const auto name = text_member(members, "device");
  if (!name) return name.error();
  if (name->empty()) return static_cast<Device*>(nullptr);
  if (const auto trouble = name_trouble(*name); !trouble.empty()) {
    return Error{"device " + std::string{trouble}};
  }
  return device_named(*name, id);
}

Result<void> Uplink::connect(Members members, Seq record) {
  const auto type = text_member(members, "deviceType");
  auto keys = texts_member(members, "sharedKeys");
  if (!type) return type.error();
  if (!keys) return keys.error();
  DeviceId id = kGatewayItself;
  const auto device = device_of(members, id);  // last: what is rejected makes no device
  if (!device) return device.error();
  if (*device == nullptr) {
    ++counts_.ignored;  // nobody knows yet which device that port belongs to
    return {};
  }
  if (!type->empty()) (*device)->type = *type;
  if (!keys->empty()) (*device)->shared_keys = *std::move(keys);
  if (id == kGatewayItself) {  // it is there: the credentials are its own
    own_asked_ = false;
    return {};
  }
  (*device)->gone = false;
  devices_.note_change(id);
  seal(id);
  add_stored(Kind::connect, id, topics::kConnect, connect_payload(**device), record);
  return {};
}

Result<void> Uplink::disconnect(Members members, Seq record) {
  DeviceId id = kGatewayItself;
  const auto device = device_of(members, id);
  if (!device) return device.error();
  if (*device == nullptr || id == kGatewayItself) {
    ++counts_.ignored;
    return {};
  }
  (*device)->gone = true;
  devices_.note_change(id);
  seal(id);
  add_stored(Kind::disconnect, id, topics::kDisconnect, "{\"device\":" + (*device)->quoted + "}",
             record);
  return {};
}

Result<void> Uplink::claim(Members members, Seq record) {
  DeviceId id = kGatewayItself;
  const auto device = device_of(members, id);
  if (!device) return device.error();
  std::string how = "{";
  for (const std::string_view key : {"secretKey", "durationMs"}) {
    const JsonMember* const member = tbgw::find(members, key);
    if (member == nullptr) continue;
    if (how.size() > 1) how.push_back(',');
    how.append(json_string(key)).append(":").append(member->raw);
  }
  how += "}";
  seal(id);
  if (id == kGatewayItself) {
    add_stored(Kind::claim, id, topics::kMyClaim, std::move(how), record);
  } else {
    add_stored(Kind::claim, id, topics::kClaim, "{" + (*device)->quoted + ":" + how + "}", record);
  }
  return {};
}

Result<void> Uplink::rpc_reply(Members members, Seq record, Time now) {
  const auto rpc = id_member(members);
  if (!rpc) return rpc.error();
  const JsonMember* const data = tbgw::find(members, "data");
  if (data == nullptr) return Error{"data is missing"};
  DeviceId id = kGatewayItself;
  const auto device = device_of(members, id);
  if (!device) return device.error();
  const std::string_view name = devices_[id].name;
  Message answer = rpc_answer(name, *rpc, data->raw);
  Result<void> result;
  const auto too_late = [this] {
    ++counts_.expired;
    return Result<void>{};
  };
  if (answer.payload.size() > packer_.room(answer.topic.size())) {
    result = Error{"the answer of " + std::to_string(answer.payload.size()) +
                   " bytes is larger than a message may be"};
    constexpr std::string_view kTooLarge = R"({"error":"the answer is too large"})";
    answer = rpc_answer(name, *rpc, kTooLarge);
    if (!rpcs_.answered(name, *rpc, kTooLarge)) return too_late();
    record = 0;
  } else if (!rpcs_.answered(name, *rpc, data->raw)) {
    return too_late();
  }
  add_urgent(std::move(answer), record, now);
  return result;
}

Message Uplink::rpc_answer(std::string_view device, std::int64_t id, std::string_view data) const {
  Message message;
  message.kind = Kind::reply;
  const std::string number = std::to_string(id);
  if (device.empty()) {
    message.topic = std::string{topics::kMyRpcResponse} + number;
    message.payload = data;
  } else {
    message.topic = topics::kRpc;
    const Device* const known = devices_.find(device);
    message.payload = "{\"device\":" + (known == nullptr ? json_string(device) : known->quoted) +
                      ",\"id\":" + number + ",\"data\":";
    message.payload.append(data).append("}");
  }
  return message;
}

void Uplink::answer_rpc(std::string_view device, std::int64_t id, std::string_view data, Time now) {
  Message answer = rpc_answer(device, id, data);
  rpcs_.answered(device, id, data);
  add_urgent(std::move(answer), 0, now);
}

Result<void> Uplink::attributes_request(Members members, Seq record, Time now) {
  const auto scope = text_member(members, "scope");
  auto keys = texts_member(members, "keys");
  if (!scope) return scope.error();
  if (!keys) return keys.error();
  const bool client = *scope == "client";
  if (!client && *scope != "shared") return Error{"scope must be client or shared"};
  if (keys->empty()) return Error{"keys must name at least one attribute"};
  DeviceId id = kGatewayItself;
  const auto device = device_of(members, id);
  if (!device) return device.error();
  AttributeRequest request;
  request.keys = *keys;
  request.asked = now;
  if (const JsonMember* const event_id = tbgw::find(members, "id")) {
    request.event_id = event_id->raw;
  } else {
    request.event_id = "null";
  }
  request.device = devices_[id].name;
  const int number = requests_.add(std::move(request));
  Message message;
  message.kind = Kind::request;
  message.device = id;
  fill_request(message, number, client, *keys);
  add_urgent(std::move(message), record, now);
  return {};
}

void Uplink::add_stored(Kind kind, DeviceId id, std::string_view topic, std::string payload,
                        Seq record) {
  Message message;
  message.kind = kind;
  message.device = id;
  message.topic = topic;
  message.payload = std::move(payload);
  message.slices.push_back({record, 0, static_cast<std::uint32_t>(message.payload.size())});
  ledger_.hold(record);
  outbox_.add(std::move(message));
}

void Uplink::say(std::string topic, std::string payload, Time now) {
  Message message;
  message.kind = Kind::request;
  message.topic = std::move(topic);
  message.payload = std::move(payload);
  add_urgent(std::move(message), 0, now);
}

void Uplink::add_urgent(Message message, Seq record, Time now) {
  message.lane = Lane::urgent;
  message.slices.push_back({record, 0, static_cast<std::uint32_t>(message.payload.size())});
  const bool is_answer = message.kind == Kind::reply;
  message.expires = now + (is_answer ? options_.rpc_timeout : kUrgentLife);
  outbox_.add(std::move(message));
}

}  // namespace tbgw::tb
