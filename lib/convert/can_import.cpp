// SPDX-License-Identifier: Apache-2.0
// can.json: numbers in frames.
#include <map>
#include <string>

#include "convert/down_import.hpp"
#include "convert/family_frame.hpp"
#include "convert/family_import.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t colon = text.find(':');
    out.push_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return out;
    text.remove_prefix(colon + 1);
  }
}

/// start:length at the front of a specification; length -1 = the rest.
ByteRange range_of(const ConfigTable& table, std::string_view key,
                   const std::vector<std::string_view>& parts) {
  const auto start = parse_integer(parts[0], 0, 63);
  const auto length =
      parts.size() > 1 ? parse_integer(parts[1], -1, 64) : Result<std::int64_t>{Error{"no length"}};
  if (!start || !length || *length == 0) {
    table.fail(key, "must begin with start:length, both numbers");
  }
  ByteRange range;
  range.from = *start;
  if (*length > 0) range.to = *start + *length;
  return range;
}

/// "start:length:byteorder:value": the message is for the item if the number there is this one.
void read_command(ConfigTable& table, Item& item) {
  const auto text = table.text({"command"});
  if (!text || text->empty()) return;
  const auto parts = parts_of(*text);
  ByteLayout layout;
  layout.range = range_of(table, "command", parts);
  const bool ordered = parts.size() == 4;
  if (ordered && parts[2] != "big" && parts[2] != "little") {
    table.fail("command", R"(the byte order must be "big" or "little")");
  }
  layout.little_endian = ordered && parts[2] == "little";
  const auto value = parse_integer(parts.back(), 0, INT64_MAX);
  if (parts.size() < 3 || parts.size() > 4 || !value) {
    table.fail("command", "must be start:length:byteorder:value");
  }
  item.when = {layout, static_cast<std::uint64_t>(*value)};
}

/// "start:length:byteorder:type:extra"; the order and extra may be left out.
void read_layout(ConfigTable& table, Item& item) {
  using Kind = ByteLayout::Kind;
  const auto text = table.text({"value"});
  if (!text) table.fail("value: must be start:length:byteorder:type");
  auto parts = parts_of(*text);
  item.layout.range = range_of(table, "value", parts);
  std::size_t at = 2;
  if (at < parts.size() && (parts[at] == "big" || parts[at] == "little")) {
    item.layout.little_endian = parts[at++] == "little";
  }
  const std::string_view type = at < parts.size() ? parts[at++] : std::string_view{"int"};
  const std::string_view extra = at < parts.size() ? parts[at++] : std::string_view{};
  const Cast cast = parse_cast(type);
  if (cast == Cast::integer) {
    item.layout.kind = extra == "signed" ? Kind::signed_integer : Kind::unsigned_integer;
  } else if (cast == Cast::real) {
    item.layout.kind = Kind::real;
  } else if (cast == Cast::boolean) {
    item.layout.kind = Kind::boolean;
  } else if (type == "string") {
    const bool latin1 = extra == "latin-1" || extra == "latin1" || extra == "iso-8859-1";
    item.layout.kind = latin1 ? Kind::latin1 : Kind::text;
  } else if (type == "raw") {
    item.layout.kind = Kind::hex;
  } else {
    table.fail("value", "the type must be bool, int, long, float, double, string or raw, is " +
                            in_quotes(type));
  }
  if (at < parts.size()) table.fail("value", "must be start:length:byteorder:type:extra");
}

Item read_can_item(ConfigTable& table, const ItemStyle& style) {
  Item item;
  const std::string key = table.text({"key"}).value_or("");
  if (key.empty()) table.fail("key: must name the key");
  item.key = constant_text(key);
  item.from = Item::From::layout;
  read_command(table, item);
  read_layout(table, item);
  if (const auto expression = table.text({"expression"}); expression && !expression->empty()) {
    item.from = Item::From::expression;
    item.expression = expression_at(table, "expression", *expression);
  }
  item.strategy = item_strategy(table, style);
  finish_table(table, {"isExtendedId", "isFd", "bitrateSwitch", "polling"}, *style.notices);
  return item;
}

}  // namespace

Imported import_can(ConfigTable& root, bool compat) {
  FamilyFrame frame(root, compat, "node");
  frame.set_style(DownStyle::can);
  return frame.run(
      "devices",
      {"interface", "channel", "backend", "reconnect", "reconnectPeriod", "reconnectCount"},
      [&](ConfigTable& table, std::size_t index) {
        const ItemStyle style = frame.style(table);
        const std::string name = table.text({"name"}).value_or("");
        const std::string type = table.text({"type"}).value_or("default");
        std::map<std::int64_t, Mapping> nodes;
        for (const bool telemetry : {false, true}) {
          for (ConfigTable& entry : table.tables({telemetry ? "timeseries" : "attributes"})) {
            const auto node = entry.integer({"nodeId"}, 0, 0x1FFFFFFF);
            if (!node) entry.fail("nodeId: must say whose frames");
            Mapping& mapping = nodes[*node];
            (telemetry ? mapping.telemetry : mapping.attributes)
                .push_back(read_can_item(entry, style));
          }
        }
        if (auto converters = table.table({"converters"})) {
          check_class(*converters, "uplink", {"BytesCanUplinkConverter"});
          check_class(*converters, "downlink", {"BytesCanDownlinkConverter"});
        }
        read_down_rules(table, DownStyle::can, name, "", frame.down_rules(), frame.notices());
        finish_table(table, {"strictEval", "enableUnknownRpc", "overrideRpcConfig"},
                     frame.notices());
        for (auto& [node, mapping] : nodes) {
          mapping.place = "devices[" + std::to_string(index) + "]";
          mapping.match.by = Match::By::number;
          mapping.match.pattern = std::to_string(node);
          mapping.decode.as = Decode::As::bytes;
          mapping.device = constant_text(name);
          mapping.profile = constant_text(type);
          frame.add(std::move(mapping));
        }
      });
}

}  // namespace tbgw::convert
