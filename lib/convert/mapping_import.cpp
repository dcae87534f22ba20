// SPDX-License-Identifier: Apache-2.0
#include "convert/mapping_import.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace tbgw::convert {
namespace {

/// A value of the file as text: numbers and booleans too, as the reference's files have them.
std::string plain_text(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string text_or(ConfigTable& table, std::string_view key, std::string_view otherwise) {
  const auto* value = table.value({key});
  return value == nullptr || value->is_null() ? std::string{otherwise} : plain_text(*value);
}

void read_key(ConfigTable& table, Item& item, const ItemStyle& style) {
  const std::string key = text_or(table, "key", "");
  if (key.empty()) table.fail("key: must name the key");
  const std::string source = text_or(table, "keySource", "");
  if (source == "topic") {
    item.key.from_address = regex_at(table, "key", key);
  } else {
    item.key = style.bytes ? parse_byte_text(key) : text_at(table, "key", key);
  }
}

void read_value(ConfigTable& table, Item& item, const ItemStyle& style) {
  if (!table.has({"value"})) table.fail("value: must say where the value is");
  const std::string value = text_or(table, "value", "");
  if (style.bytes) {
    item.value = parse_byte_text(value);
    item.hex = table.boolean({"hexMode"}).value_or(style.hex);
  } else if (style.eval || table.boolean({"useEval"}).value_or(false)) {
    item.from = Item::From::expression;
    item.expression = expression_at(table, "value", value);
  } else {
    item.value = text_at(table, "value", value);
  }
}

/// The source words of the reference, which differ from connector to connector.
bool is_message_source(std::string_view source) {
  return source.empty() || source == "message" || source == "request" || source == "expression";
}

Text device_text(ConfigTable& table, std::string_view source_key, std::string_view key,
                 bool bytes) {
  const auto value = table.text({key});
  const std::string source = table.text({source_key}).value_or("");
  if (!value || value->empty()) return {};
  if (source == "constant") return constant_text(*value);
  if (source == "topic") {
    Text text;
    text.from_address = regex_at(table, key, *value);
    return text;
  }
  if (!is_message_source(source)) {
    table.fail(source_key, "must be message, topic or constant, is " + in_quotes(source));
  }
  return bytes ? parse_byte_text(*value) : text_at(table, key, *value);
}

/// deviceNameJsonExpression and the like, which older files have.
Text old_device_text(ConfigTable& converter, std::string_view json_key, std::string_view topic_key,
                     bool bytes) {
  Text text;
  if (const auto topic = converter.text({topic_key})) {
    text.from_address = regex_at(converter, topic_key, *topic);
  }
  if (const auto json = converter.text({json_key})) {
    Text found = bytes ? parse_byte_text(*json) : text_at(converter, json_key, *json);
    if (text.empty()) return found;
  }
  return text;
}

}  // namespace

Text text_at(const ConfigTable& table, std::string_view key, const std::string& value) {
  auto text = parse_text(value);
  if (!text) table.fail(key, text.error().text);
  return *std::move(text);
}

Regex regex_at(const ConfigTable& table, std::string_view key, const std::string& value) {
  auto regex = Regex::compile(value);
  if (!regex) table.fail(key, regex.error().text);
  return *std::move(regex);
}

Expression expression_at(const ConfigTable& table, std::string_view key, const std::string& value) {
  auto expression = Expression::compile(value);
  if (!expression) table.fail(key, expression.error().text);
  return *std::move(expression);
}

report::Said read_strategy(ConfigTable& table, const report::Said& outer, bool compat,
                           Notices& notices) {
  std::vector<std::string> texts;
  report::Said said = report::read_said(table, texts);
  for (std::string& text : texts)
    notices.add(std::move(text));
  if (table.boolean({"sendDataOnlyOnChange"}).value_or(false) && !said.strategy) {
    if (!compat) {
      said.strategy.emplace();
      said.strategy->kind = report::Kind::on_change;
    }
    notices.once("sendDataOnlyOnChange", table, "sendDataOnlyOnChange",
                 compat ? "sendDataOnlyOnChange has no effect in the reference"
                        : "sendDataOnlyOnChange is taken for the report strategy ON_CHANGE (the "
                          "reference ignores it: --compat)");
  }
  table.ignore({"sendDataOnlyOnChangeTtl"});
  return report::within(outer, said);
}

report::Strategy item_strategy(ConfigTable& table, const ItemStyle& style) {
  return report::resolve(read_strategy(table, style.strategy, style.compat, *style.notices));
}

Item every_item(const ItemStyle& style) {
  Item item;
  item.from = Item::From::every;
  item.strategy = report::resolve(style.strategy);
  return item;
}

Item read_item(ConfigTable& table, const ItemStyle& style) {
  Item item;
  read_key(table, item, style);
  read_value(table, item, style);
  const std::string type = text_or(table, "type", "");
  item.cast = type.empty() ? style.untyped : parse_cast(type);
  item.keep_unfit = style.keep_unfit;
  if (const auto ts = table.text({"tsField"}); ts && !ts->empty()) {
    item.time.text = text_at(table, "tsField", *ts);
  }
  item.time.order.day_first = table.boolean({"dayfirst"}).value_or(false);
  item.time.order.year_first = table.boolean({"yearfirst"}).value_or(false);
  item.strategy = item_strategy(table, style);
  treat_unknown(table, *style.notices);
  return item;
}

std::vector<Item> read_items(ConfigTable& table, std::string_view key, const ItemStyle& style) {
  std::vector<Item> out;
  const auto* value = table.value({key});
  if (value == nullptr || value->is_null()) return out;
  const bool all =
      *value == "*" || (value->is_array() && value->size() == 1 && value->front() == "*");
  if (all) {
    out.push_back(every_item(style));
    return out;
  }
  for (ConfigTable& item : table.tables({key}))
    out.push_back(read_item(item, style));
  return out;
}

void read_device_info(ConfigTable& converter, Mapping& mapping, bool bytes, Notices& notices) {
  if (auto info = converter.table({"deviceInfo"})) {
    mapping.device =
        device_text(*info, "deviceNameExpressionSource", "deviceNameExpression", bytes);
    mapping.profile =
        device_text(*info, "deviceProfileExpressionSource", "deviceProfileExpression", bytes);
    treat_unknown(*info, notices);
  }
  if (mapping.device.empty()) {
    mapping.device =
        old_device_text(converter, "deviceNameJsonExpression", "deviceNameTopicExpression", bytes);
  }
  if (mapping.profile.empty()) {
    mapping.profile =
        old_device_text(converter, "deviceTypeJsonExpression", "deviceTypeTopicExpression", bytes);
  }
}

void check_class(ConfigTable& table, std::string_view key,
                 std::initializer_list<std::string_view> ours) {
  const auto name = table.text({key});
  if (!name || name->empty() || std::find(ours.begin(), ours.end(), *name) != ours.end()) return;
  table.fail(key, "cannot run the Python class " + in_quotes(*name) +
                      ". Leave this part out of the file, and put what the class did into a filter "
                      "of yours in the pipe (tbgw-connector(7)), or into a map (tbgw-map(5))");
}

void finish_table(ConfigTable& table, ConfigTable::Keys connector_keys, Notices& notices) {
  table.ignore(connector_keys);
  treat_unknown(table, notices);
}

}  // namespace tbgw::convert
