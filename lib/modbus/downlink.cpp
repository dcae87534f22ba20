// SPDX-License-Identifier: Apache-2.0
#include "modbus/downlink.hpp"

#include <algorithm>
#include <utility>

#include "core/log.hpp"
#include "core/number.hpp"
#include "core/record.hpp"
#include "core/text.hpp"
#include "modbus/poller.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

/// The reference's patience with an attribute update.
constexpr std::chrono::milliseconds kUpdatePatience{5000};

const Json* member(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

/// A tag and, behind it, what it is scaled by; that one is the unit's own.
Result<Tag> only_tag(Result<std::vector<Tag>> tags) {
  if (!tags) return tags.error();
  if (tags->size() != 1) return Error{"must be a single place"};
  return tags->front();
}

Operation operation_for(const Unit& unit, const Tag& tag, const Json& value) {
  return tag.reads() ? Operation::read(unit, tag) : Operation::write(unit, tag, value);
}

/// "080000a537": function code and what follows it.
Result<Operation> raw_operation(const Unit& unit, const Json& value) {
  const auto bytes = parse_hex(value.get_ref<const std::string&>());
  if (!bytes) return bytes.error();
  if (bytes->empty() || bytes->size() > kMostPdu || (bytes->front() & 0x80) != 0 ||
      bytes->front() == 0) {
    return Error{"raw needs a function code (01 to 7f) and what follows it, in hexadecimal"};
  }
  return Operation::raw(unit, static_cast<std::uint8_t>(bytes->front()), bytes->substr(1));
}

Json data_of(const OperationResult& result) {
  if (result.good) return Json{{"result", {{"value", Json::parse(result.value)}}}};
  Json data{{"error", result.error}};
  if (result.exception != 0) data["exceptionCode"] = result.exception;
  return data;
}

}  // namespace

Downlink::Downlink(const Model& model, DownlinkHooks hooks)
    : model_(model), hooks_(std::move(hooks)) {}

Downlink::~Downlink() = default;

const Unit* Downlink::unit_called(std::string_view device) const {
  const auto found = std::find_if(model_.units.begin(), model_.units.end(),
                                  [&](const Unit& unit) { return unit.device_name == device; });
  return found == model_.units.end() ? nullptr : &*found;
}

Result<void> Downlink::event(std::string_view event, const Json& content) {
  if (event == "attributes") return take_update(content);
  if (event == "rpc") return take_rpc(content);
  log::limited(log::Level::info, "events of no use here",
               "event " + in_quotes(event) + " is of no use here");
  return {};
}

Result<void> Downlink::take_update(const Json& content) {
  const Json* device = member(content, "device");
  const Json* data = member(content, "data");
  if (device == nullptr || !device->is_string()) return Error{"attributes of no device"};
  const auto& name = device->get_ref<const std::string&>();
  const Unit* unit = unit_called(name);
  if (unit == nullptr) return Error{"no unit is called " + in_quotes(name)};
  if (data == nullptr || !data->is_object()) return {};  // deleted ones change no register
  for (const auto& [key, value] : data->items()) {
    bool known = false;
    for (const Tag& tag : unit->updates) {
      if (tag.key != key) continue;
      known = true;
      ++counts_.updates;
      submit(*unit, key, Operation::write(*unit, tag, value), 0, kUpdatePatience);
    }
    if (known) continue;
    log::limited(log::Level::info, "attributes without a register",
                 name + ": the attribute " + in_quotes(key) + " is none of its attributeUpdates");
  }
  return {};
}

Result<void> Downlink::take_rpc(const Json& content) {
  ++counts_.rpcs;
  auto rpc = parse_rpc(content);
  const std::uint64_t number = next_call_++;
  Call call;
  if (rpc) {
    call.device = rpc->device;
    call.id = rpc->id;
  } else if (const Json* data = member(content, "data")) {
    const Json* id = member(*data, "id");
    if (id == nullptr) return rpc.error();
    call.id = *id;
    const Json* device = member(content, "device");
    if (device != nullptr && device->is_string()) call.device = device->get<std::string>();
  } else {
    return rpc.error();
  }
  calls_.emplace(number, call);
  const Result<void> started = rpc ? start_call(*rpc, number) : Result<void>{rpc.error()};
  if (started) return {};
  ++counts_.failed;
  calls_.erase(number);
  reply(call, Json{{"error", started.error().text}});
  return {};
}

Result<void> Downlink::start_call(const Rpc& rpc, std::uint64_t call) {
  if (rpc.kind != Rpc::Kind::connector || !rpc.device.empty()) return call_device(rpc, call);
  const bool elsewhere = rpc.tag.contains("host") || rpc.tag.contains("port");
  return elsewhere ? call_guest(rpc, call) : call_all(rpc, call);
}

Result<Operation> Downlink::operation_of(const Rpc& rpc, const Unit& unit) {
  if (rpc.kind == Rpc::Kind::device || rpc.kind == Rpc::Kind::raw) {
    std::vector<std::string> names;
    for (const Tag& tag : unit.methods) {
      if (tag.key == rpc.method) return operation_for(unit, tag, rpc.value);
      names.push_back(tag.key);
    }
    if (rpc.kind == Rpc::Kind::raw) return raw_operation(unit, rpc.value);
    const std::string near = nearest(rpc.method, names);
    return Error{in_quotes(unit.device_name) + " has no RPC " + in_quotes(rpc.method) +
                 (near.empty() ? "" : " (did you mean " + in_quotes(near) + "?)")};
  }
  const auto tag = only_tag(read_tags(rpc.tag, TagUse::method, unit.defaults));
  if (!tag) return tag.error();
  if (rpc.method == "set" && tag->reads()) return Operation::write(unit, *tag, rpc.value);
  if (rpc.method == "get" && !tag->reads()) {
    return Error{"get needs a function code that reads (1 to 4)"};
  }
  return operation_for(unit, *tag, rpc.value);
}

Result<void> Downlink::call_device(const Rpc& rpc, std::uint64_t call) {
  const Unit* unit = unit_called(rpc.device);
  if (unit == nullptr) return Error{"no unit is called " + in_quotes(rpc.device)};
  auto operation = operation_of(rpc, *unit);
  if (!operation) return operation.error();
  submit(*unit, rpc.method, *std::move(operation), call, rpc.timeout);
  return {};
}

/// Without a place of its own a connector's RPC goes to every unit.
Result<void> Downlink::call_all(const Rpc& rpc, std::uint64_t call) {
  std::vector<std::pair<const Unit*, Operation>> operations;
  for (const Unit& unit : model_.units) {
    auto operation = operation_of(rpc, unit);
    if (!operation) return operation.error();
    operations.emplace_back(&unit, *std::move(operation));
  }
  if (operations.empty()) return Error{"there are no units"};
  calls_.at(call).list = true;
  calls_.at(call).waiting = static_cast<int>(operations.size());
  for (auto& [unit, operation] : operations)
    submit(*unit, rpc.method, std::move(operation), call, rpc.timeout);
  return {};
}

/// A unit that only this RPC knows.
Result<void> Downlink::call_guest(const Rpc& rpc, std::uint64_t call) {
  static constexpr std::string_view kOfTheTag[] = {
      "tag", "functionCode", "address", "objectsCount",  "divider",  "multiplier",    "round",
      "bit", "offset",       "invalid", "bitTargetType", "variants", "registersCount"};
  Json slave = rpc.tag;
  Json place = rpc.tag;
  // `type` is the bus's where it names one, else the value's.
  for (const std::string_view key : kOfTheTag)
    slave.erase(std::string{key});
  const Json* type = member(rpc.tag, "type");
  const bool bus_type = type != nullptr && (*type == "tcp" || *type == "udp" || *type == "serial");
  if (!bus_type) slave.erase("type");
  if (!slave.contains("deviceName")) slave["deviceName"] = "guest";
  if (!slave.contains("pollPeriod")) slave["pollPeriod"] = 1000;
  auto imported = import_slave(slave, model_.compat);
  if (!imported) return imported.error();
  Json tag_keys = Json::object();
  for (const std::string_view key : kOfTheTag) {
    if (const Json* value = member(place, std::string{key}.c_str()))
      tag_keys[std::string{key}] = *value;
  }
  if (!bus_type && type != nullptr) tag_keys["type"] = *type;
  Rpc local = rpc;
  local.tag = tag_keys;
  guests_.push_back({*std::move(imported), nullptr, call});
  Guest& guest = guests_.back();
  const Unit& unit = guest.imported.model.units.front();
  auto operation = operation_of(local, unit);
  if (!operation) {
    guests_.pop_back();
    return operation.error();
  }
  guest.poller = hooks_.guest(guest.imported.model);
  pending_.emplace(next_id_, Pending{call, nullptr, rpc.method});
  guest.poller->command(next_id_++, *std::move(operation), Loop::Clock::now() + rpc.timeout);
  if (const auto opened = guest.poller->open(true); !opened) return opened.error();
  return {};
}

void Downlink::submit(const Unit& unit, const std::string& key, Operation operation,
                      std::uint64_t call, std::chrono::milliseconds patience) {
  const std::uint64_t id = next_id_++;
  pending_.emplace(id, Pending{call, &unit, key});
  hooks_.command(id, std::move(operation), Loop::Clock::now() + patience);
}

void Downlink::done(std::uint64_t id, const OperationResult& result) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;
  const Pending pending = std::move(found->second);
  pending_.erase(found);
  if (!result.good) ++counts_.failed;
  if (pending.call == 0) {
    if (!result.good) {
      hooks_.failed(*pending.unit, pending.key + " could not be written: " + result.error,
                    result.exception);
    }
    return;
  }
  const auto call = calls_.find(pending.call);
  if (call == calls_.end()) return;
  Json data = data_of(result);
  if (!call->second.list) {
    reply(call->second, data);
    calls_.erase(call);
    return;
  }
  data["device_name"] = pending.unit->device_name;
  call->second.results.push_back(std::move(data));
  if (--call->second.waiting > 0) return;
  reply(call->second, call->second.results);
  calls_.erase(call);
}

void Downlink::reply(const Call& call, const Json& data) {
  hooks_.print(event_line("rpc-reply", call.device, Json{{"id", call.id}, {"data", data}}));
}

void Downlink::tidy() {
  guests_.remove_if([&](const Guest& guest) { return calls_.count(guest.call) == 0; });
}

}  // namespace tbgw::modbus
