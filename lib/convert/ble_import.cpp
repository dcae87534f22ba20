// SPDX-License-Identifier: Apache-2.0
// ble.json: characteristics and advertisements.
#include <string>

#include "convert/down_import.hpp"
#include "convert/family_frame.hpp"
#include "convert/family_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

Item read_characteristic(ConfigTable& table, const ItemStyle& style, bool hex) {
  Item item;
  const std::string key = table.text({"key"}).value_or("");
  if (key.empty()) table.fail("key: must name the key");
  item.key = constant_text(key);
  item.characteristic = table.text({"characteristicUUID"}).value_or("");
  const std::string value = table.text({"valueExpression"}).value_or("[:]");
  item.value = parse_byte_text(value);
  const bool one = item.value.pieces.size() == 1;
  if (hex) {
    item.hex = true;
  } else if (style.compat) {
    item.charset = Charset::decimals;
  } else if (one && item.value.pieces.front().range.single) {
    // One byte alone is a number; the reference sends its digits as a text.
    item.from = Item::From::layout;
    item.layout.range = item.value.pieces.front().range;
  }
  item.cast = Cast::text;
  if (const auto compute = table.text({"compute"}); compute && !compute->empty()) {
    item.expression = expression_at(table, "compute", *compute);
    if (one && item.value.pieces.front().what == Text::Piece::What::bytes) {
      item.layout.range = item.value.pieces.front().range;
    }
    item.from = Item::From::expression;
    item.cast = Cast::keep;
  }
  item.strategy = item_strategy(table, style);
  finish_table(table, {"method", "dataSourceType"}, *style.notices);
  return item;
}

}  // namespace

Imported import_ble(ConfigTable& root, bool compat) {
  FamilyFrame frame(root, compat, "address");
  frame.set_style(DownStyle::ble);
  return frame.run(
      "devices", {"passiveScanMode", "showMap", "scanner"},
      [&](ConfigTable& table, std::size_t index) {
        const ItemStyle style = frame.style(table);
        Mapping mapping;
        mapping.place = "devices[" + std::to_string(index) + "]";
        mapping.match.by = Match::By::regex;
        mapping.match.pattern = table.text({"MACAddress"}).value_or("");
        if (mapping.match.pattern.empty()) table.fail("MACAddress: must say which device");
        mapping.match.regex =
            regex_at(table, "MACAddress", "(?i)\\Q" + mapping.match.pattern + "\\E");
        mapping.decode.as = Decode::As::bytes;
        mapping.device = constant_text(table.text({"name"}).value_or(""));
        mapping.profile = constant_text(table.text({"deviceType"}).value_or("default"));
        const std::string type = table.text({"type"}).value_or("bytes");
        if (type != "bytes" && type != "hex") {
          table.fail("type", "must be bytes or hex, is " + in_quotes(type));
        }
        check_class(table, "extension", {"BytesBLEUplinkConverter", "HexBytesBLEUplinkConverter"});
        for (ConfigTable& item : table.tables({"telemetry", "timeseries"}))
          mapping.telemetry.push_back(read_characteristic(item, style, type == "hex"));
        for (ConfigTable& item : table.tables({"attributes"}))
          mapping.attributes.push_back(read_characteristic(item, style, type == "hex"));
        read_down_rules(table, DownStyle::ble, table.text({"name"}).value_or(""),
                        mapping.match.pattern, frame.down_rules(), frame.notices());
        finish_table(table,
                     {"pollPeriod", "showMap", "timeout", "connectRetry", "connectRetryInSeconds",
                      "waitAfterConnectRetries"},
                     frame.notices());
        frame.add(std::move(mapping));
      });
}

}  // namespace tbgw::convert
