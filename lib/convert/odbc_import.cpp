// SPDX-License-Identifier: Apache-2.0
// odbc.json: rows of a query, each a JSON object of its columns.
#include <string>

#include "convert/family_frame.hpp"
#include "convert/family_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

Text column(const ConfigTable& table, std::string_view key, const std::string& name) {
  return text_at(table, key, "${" + name + "}");
}

/// A device name or type: an expression over the columns.
Text calculated(ConfigTable& table, std::string_view key, Notices& notices) {
  const std::string value = table.text({key}).value_or("");
  Text text;
  if (value.empty()) return text;
  text.expression = expression_at(table, key, value);
  if (text.expression->is_name()) {
    // A plain word is no column as a rule: the reference's own sample names its type so, and fails.
    notices.once("word", table, key,
                 in_quotes(value) +
                     " is taken for a text, not for a column (the reference takes "
                     "it for a Python expression: write '" +
                     value + "' in quotes inside)");
    return constant_text(value);
  }
  return text;
}

Item read_entry(ConfigTable& table, const ItemStyle& style) {
  Item item;
  item.cast = Cast::keep;
  if (const auto expression = table.text({"nameExpression"})) {
    item.key.expression = expression_at(table, "nameExpression", *expression);
  } else {
    item.key = constant_text(table.text({"name"}).value_or(""));
  }
  if (item.key.empty()) table.fail("name: must name the key");
  if (const auto from = table.text({"column"})) {
    item.value = column(table, "column", *from);
  } else if (const auto value = table.text({"value"})) {
    item.from = Item::From::expression;
    item.expression = expression_at(table, "value", *value);
  } else {
    table.fail("column: must say where the value is");
  }
  item.strategy = item_strategy(table, style);
  treat_unknown(table, *style.notices);
  return item;
}

/// "*", or a list of names and tables.
std::vector<Item> read_entries(ConfigTable& table, std::string_view key, const ItemStyle& style) {
  std::vector<Item> out;
  const auto* value = table.value({key});
  if (value == nullptr || value->is_null()) return out;
  if (*value == "*") return {every_item(style)};
  if (!value->is_array()) table.fail(key, "must be \"*\" or a list");
  for (const auto& element : *value) {
    if (!element.is_string()) continue;
    Item item;
    item.key = constant_text(element.get<std::string>());
    item.value = column(table, key, element.get<std::string>());
    item.strategy = report::resolve(style.strategy);
    out.push_back(std::move(item));
  }
  if (out.size() == value->size()) return out;
  if (!out.empty()) table.fail(key, "must be a list of names, or a list of tables");
  for (ConfigTable& entry : table.tables({key}))
    out.push_back(read_entry(entry, style));
  return out;
}

}  // namespace

Imported import_odbc(ConfigTable& root, bool compat) {
  FamilyFrame frame(root, compat, "address");
  auto table = root.table({"mapping"});
  if (!table) root.fail("mapping: must say what the rows mean");
  const ItemStyle style = frame.style(*table);
  Mapping mapping;
  mapping.place = "mapping";
  if (auto device = table->table({"device"})) {
    mapping.device = calculated(*device, "name", frame.notices());
    mapping.profile = calculated(*device, "type", frame.notices());
    treat_unknown(*device, frame.notices());
  }
  mapping.attributes = read_entries(*table, "attributes", style);
  mapping.telemetry = read_entries(*table, "timeseries", style);
  check_class(*table, "converter", {"OdbcUplinkConverter"});
  check_class(root, "converter", {"OdbcUplinkConverter"});
  treat_unknown(*table, frame.notices());
  frame.add(std::move(mapping));
  return frame.end({"connection", "pyodbc", "polling", "serverSideRpc"});
}

}  // namespace tbgw::convert
