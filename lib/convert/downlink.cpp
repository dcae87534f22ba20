// SPDX-License-Identifier: Apache-2.0
#include "convert/downlink.hpp"

#include <algorithm>

#include "convert/adhoc_rule.hpp"
#include "convert/answer.hpp"
#include "convert/payload.hpp"
#include "convert/template.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

/// What the caller of an unknown method reads; begins with the reference's words.
std::string unknown_method(const DeviceRule& rule, std::string_view method, bool compat) {
  std::string text = "Method not found";
  if (compat) return text;
  text += ": " + in_quotes(method) + "; the map has ";
  for (std::size_t i = 0; i < rule.methods.size(); ++i) {
    text += (i > 0 ? ", " : "") + in_quotes(rule.methods[i].method);
  }
  return text + (rule.methods.empty() ? "none" : "");
}

}  // namespace

Downlink::Downlink(const Map& map) : map_(map), selector_(map), writer_(map) {}

Outcome Downlink::convert(const Line& line, std::string& out) {
  ++counts_.lines;
  reason_.clear();
  note_.clear();
  if (const auto why = unreadable(line); !why.empty()) {
    return reject(envelope_of_broken(line.text), out, why);
  }
  const auto members = view_.object(line.text);
  if (!members) return reject(envelope_of_broken(line.text), out, members.error().text);
  const Members known = look_at(*members);
  if (known.kind() != LineKind::event) {
    ++counts_.passed;
    out.append(line.text).push_back('\n');
    return {};
  }
  const std::size_t start = out.size();
  last_line_ = std::string::npos;
  const Envelope envelope = envelope_of(known);
  if (const auto done = convert_event(line.text, known, out); !done) {
    out.resize(start);
    return reject(envelope, out, done.error().text);
  }
  if (last_line_ == std::string::npos) {
    if (out.size() == start) append_nothing(out, envelope);
  } else if (!envelope.number.empty()) {
    out.insert(last_line_ + 1, "\"_n\":" + std::string{envelope.number} + ",");
  }
  return {"", note_, {}};
}

Outcome Downlink::reject(const Envelope& envelope, std::string& out, std::string_view reason) {
  ++counts_.rejected;
  append_nothing(out, envelope);
  reason_ = reason;
  return {reason_, note_, {}};
}

Result<void> Downlink::convert_event(std::string_view line, const Members& members,
                                     std::string& out) {
  const auto event = text_of(members.event, "event");
  if (!event) return event.error();
  const auto device = text_of(members.device, "device");
  if (!device) return device.error();
  if (!map_.mappings.empty() && !device->empty()) {
    return convert_mapped(*event, line, members, *device, out);
  }
  if (*event == "rpc" && device->empty() && is_connectors(members)) {
    return convert_mapped(*event, line, members, *device, out);
  }
  // Without a device it is about the gateway itself, which is nobody's device.
  if ((*event != "attributes" && *event != "rpc") || device->empty()) {
    ++counts_.passed;
    out.append(line).push_back('\n');
    return {};
  }
  if (*event == "attributes") {
    if (const JsonMember* deleted = find(members.all, "deleted")) count_deleted(*deleted);
    if (members.data == nullptr) return {};
  }
  const JsonMember* data = members.data;
  if (data == nullptr) return Error{"an rpc event must have data"};
  if (data->type != JsonType::object) return Error{"data: must be an object"};
  const auto inner = data_view_.object(data->raw);
  if (!inner) return Error{"data: " + inner.error().text};
  return *event == "rpc" ? convert_rpc(*inner, *device, out)
                         : convert_attributes(*inner, *device, out);
}

/// A call to the gateway that is for this connector: "mqtt_publish".
bool Downlink::is_connectors(const Members& members) {
  if (!map_.down_style || members.data == nullptr || members.data->type != JsonType::object) {
    return false;
  }
  const auto data = data_view_.object(members.data->raw);
  const JsonMember* method = data ? find(*data, "method") : nullptr;
  return method != nullptr && is_connector_call(*map_.down_style, method->text);
}

void Downlink::count_deleted(const JsonMember& deleted) {
  const auto keys = list_view_.array(deleted.raw);
  counts_.deleted += keys ? keys->size() : 1;
  note("deleted attributes have no command: " + std::string{deleted.raw});
}

Result<void> Downlink::convert_attributes(std::span<const JsonMember> data, std::string_view device,
                                          std::string& out) {
  const auto choice = selector_.pick(device, "");
  if (!choice) {
    counts_.ignored += data.size();
    note(choice.error().text);
    return {};
  }
  const DeviceRule& rule = *choice->rule;
  for (const AttributeUpdate& update : rule.updates) {
    const JsonMember* value = find(data, update.attribute);
    if (value == nullptr) continue;
    const std::string text =
        fill(update.command, value_as_text(*value, map_.compat), device, rule.type);
    if (text.empty()) {
      ++counts_.ignored;
      note("the command for " + in_quotes(update.attribute) + " is empty");
      continue;
    }
    begin_command(*choice, out);
    append_send(out, text, false);
    out.append("}\n");
    ++counts_.commands;
  }
  for (const JsonMember& member : data) {
    const bool known =
        std::any_of(rule.updates.begin(), rule.updates.end(),
                    [&](const AttributeUpdate& update) { return update.attribute == member.key; });
    if (known) continue;
    ++counts_.ignored;
    note("no attributeUpdates for " + in_quotes(member.key) + " of " + in_quotes(device));
  }
  return {};
}

Result<void> Downlink::convert_rpc(std::span<const JsonMember> data, std::string_view device,
                                   std::string& out) {
  const JsonMember* id = find(data, "id");
  if (id == nullptr) return Error{"data: an rpc must have an id"};
  const auto name = text_of(find(data, "method"), "method");
  if (!name || name->empty()) return Error{"data: an rpc must have a method, a text"};
  const auto refuse = [&](const std::string& why) {
    ++counts_.rpc_errors;
    note("rpc " + in_quotes(*name) + " for " + in_quotes(device) + ": " + why);
    last_line_ = out.size();
    append_reply(out, {}, device, id->raw, error_data(why, map_.compat));
    return Result<void>{};
  };
  const auto choice = selector_.pick(device, "");
  if (!choice) return refuse(choice.error().text);
  const DeviceRule& rule = *choice->rule;
  const auto method = std::find_if(rule.methods.begin(), rule.methods.end(),
                                   [&](const RpcMethod& known) { return known.method == *name; });
  if (method == rule.methods.end()) return refuse(unknown_method(rule, *name, map_.compat));
  const JsonMember* params = find(data, "params");
  const auto payload = encode_params(method->type, params != nullptr ? *params : JsonMember{},
                                     rule.little_endian, map_.compat);
  if (!payload) return refuse(payload.error().text);
  begin_command(*choice, out);
  append_send(out, payload->bytes, payload->binary);
  out.append(R"(,"rpc":{"id":)").append(id->raw).append(",\"method\":");
  append_json_string(out, *name);
  out.push_back('}');
  if (method->with_response) {
    const auto timeout = std::to_string(method->timeout.count());
    out.append(R"(,"answer":{"timeout":)").append(timeout).push_back('}');
  }
  out.append("}\n");
  ++counts_.commands;
  return {};
}

void Downlink::begin_command(const Choice& choice, std::string& out) {
  last_line_ = out.size();
  out.append("{\"device\":");
  append_json_string(out, choice.device);
  // A connector that was given bare ports knows no devices: with several it needs the port.
  if (map_.devices.size() > 1 && !choice.rule->address.empty()) {
    out.append(",").append(json_string(map_.address_member)).append(":");
    append_json_string(out, choice.rule->address);
  }
}

void Downlink::append_send(std::string& out, std::string_view bytes, bool binary) {
  out.append(",\"send\":");
  if (binary) {
    out.append("\"").append(to_hex(bytes)).append(R"(","encoding":"hex")");
  } else {
    append_json_string(out, bytes);
  }
}

void Downlink::note(const std::string& text) {
  if (!note_.empty()) note_ += "; ";
  note_ += text;
}

}  // namespace tbgw::convert
