// SPDX-License-Identifier: Apache-2.0
#include "convert/announce.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tbgw::convert {
namespace {

void append_shared_keys(std::string& out, const DeviceRule& rule) {
  out.append(",\"sharedKeys\":[");
  for (std::size_t i = 0; i < rule.updates.size(); ++i) {
    const std::string& key = rule.updates[i].attribute;
    const auto here = rule.updates.begin() + static_cast<std::ptrdiff_t>(i);
    const bool again = std::any_of(rule.updates.begin(), here, [&](const AttributeUpdate& earlier) {
      return earlier.attribute == key;
    });
    if (again) continue;
    if (i > 0) out.push_back(',');
    append_json_string(out, key);
  }
  out.push_back(']');
}

/// The rest of the event as it came, and the end of the line.
void append_others(std::string& out, const Members& members, bool type_written) {
  for (const JsonMember& member : members.all) {
    const bool written = &member == members.number || &member == members.accepted ||
                         &member == members.event || &member == members.device ||
                         (type_written && member.key == "deviceType");
    if (written) continue;
    out.push_back(',');
    append_json_string(out, member.key);
    out.append(":").append(member.raw);
  }
  out.append("}\n");
}

}  // namespace

Result<bool> append_announced(const Selector& selector, const Members& members, std::string& out) {
  const std::string_view event = members.event->text;
  const bool connect = event == "connect";
  if (!connect && event != "disconnect" && event != "fault") return false;
  const auto device = text_of(members.device, "device");
  if (!device) return device.error();
  const auto address = address_of(members, selector.address_member());
  if (!address) return address.error();
  // A fault without a place is not about a device; connect and disconnect always are.
  if (device->empty() && address->empty() && event == "fault") return false;
  const auto choice = selector.pick(*device, *address);
  // A connector that was told its device may serve one that this map does not know.
  if (!choice && !device->empty()) return false;
  if (!choice) return choice.error();
  const JsonMember* told_type = find(members.all, "deviceType");
  const bool type = connect && (told_type == nullptr || told_type->text.empty());
  const bool keys =
      connect && find(members.all, "sharedKeys") == nullptr && !choice->rule->updates.empty();
  if (!device->empty() && !type && !keys) return false;

  open_line(out, envelope_of(members));
  out.append("\"event\":").append(members.event->raw);
  out.append(",\"device\":");
  append_json_string(out, choice->device);
  if (type) {
    out.append(",\"deviceType\":");
    append_json_string(out, choice->rule->type);
  }
  if (keys) append_shared_keys(out, *choice->rule);
  append_others(out, members, type);
  return true;
}

}  // namespace tbgw::convert
