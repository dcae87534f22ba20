// SPDX-License-Identifier: Apache-2.0
// xmpp.json: bodies of messages, JSON or texts with places.
#include <string>

#include "convert/down_import.hpp"
#include "convert/family_frame.hpp"
#include "convert/family_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

/// ${…} reads JSON, [a:b] reads the text: a device does one or the other.
bool has_slices(ConfigTable& table) {
  for (const std::string_view key : {"attributes", "timeseries"}) {
    const auto* items = table.value({key});
    if (items == nullptr || !items->is_array()) continue;
    for (const auto& item : *items) {
      if (!item.is_object() || !item.contains("value") || !item["value"].is_string()) continue;
      if (!parse_byte_text(item["value"].get<std::string>()).constant()) return true;
    }
  }
  return false;
}

}  // namespace

Imported import_xmpp(ConfigTable& root, bool compat) {
  FamilyFrame frame(root, compat, "jid");
  frame.set_style(DownStyle::xmpp);
  return frame.run("devices", {"server"}, [&](ConfigTable& table, std::size_t index) {
    ItemStyle style = frame.style(table);
    style.bytes = has_slices(table);
    style.untyped = Cast::keep;
    Mapping mapping;
    mapping.place = "devices[" + std::to_string(index) + "]";
    mapping.match.pattern = table.text({"jid"}).value_or("");
    if (mapping.match.pattern.empty()) table.fail("jid: must say whose messages");
    mapping.match.by = Match::By::exact;
    mapping.decode.as = style.bytes ? Decode::As::bytes : Decode::As::json;
    const std::string name = table.text({"deviceNameExpression"}).value_or("");
    const std::string type = table.text({"deviceTypeExpression"}).value_or("default");
    mapping.device =
        style.bytes ? parse_byte_text(name) : text_at(table, "deviceNameExpression", name);
    mapping.profile =
        style.bytes ? parse_byte_text(type) : text_at(table, "deviceTypeExpression", type);
    mapping.attributes = read_items(table, "attributes", style);
    mapping.telemetry = read_items(table, "timeseries", style);
    check_class(table, "converter", {"XmppUplinkConverter"});
    // A name made of messages is known to the platform only.
    read_down_rules(table, DownStyle::xmpp, mapping.device.constant() ? name : "",
                    mapping.match.pattern, frame.down_rules(), frame.notices());
    treat_unknown(table, frame.notices());
    frame.add(std::move(mapping));
  });
}

}  // namespace tbgw::convert
