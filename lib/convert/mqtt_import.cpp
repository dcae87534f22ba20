// SPDX-License-Identifier: Apache-2.0
#include "convert/mqtt_import.hpp"

#include <string>
#include <utility>

#include "convert/down_import.hpp"
#include "convert/mapping_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Yields = Mapping::Yields;

class MqttImport {
 public:
  MqttImport(ConfigTable& root, bool compat) : root_(root) {
    imported_.map.compat = compat;
    imported_.map.address_member = "topic";
    imported_.map.down_style = DownStyle::mqtt;
    imported_.map.from_reference = true;
  }

  Imported run() {
    const report::Said strategy = read_strategy(root_, {}, imported_.map.compat, notices_);
    const auto mappings = root_.tables({root_.has({"dataMapping"}) ? "dataMapping" : "mapping"});
    std::size_t index = 0;
    for (ConfigTable mapping : mappings)
      add_mapping(mapping, index++, strategy);
    if (auto requests = root_.table({"requestsMapping"})) {
      add_requests(*requests);
      treat_unknown(*requests, notices_);
    } else {
      add_requests(root_);  // where older files have them
    }
    finish_table(root_,
                 {"broker", "name", "id", "logLevel", "enableRemoteLogging", "configVersion"},
                 notices_);
    finish(imported_.map);
    imported_.notices = notices_.take();
    return std::move(imported_);
  }

 private:
  static void read_topic(ConfigTable& table, Mapping& mapping) {
    mapping.match.source = "mqtt";
    mapping.match.by = Match::By::topic;
    mapping.match.pattern = table.text({"topicFilter"}).value_or("");
    if (mapping.match.pattern.empty()) table.fail("topicFilter: must say which topics");
  }

  void add_mapping(ConfigTable& table, std::size_t index, const report::Said& outer) {
    Mapping mapping;
    mapping.place = "mapping[" + std::to_string(index) + "]";
    read_topic(table, mapping);
    auto converter = table.table({"converter"});
    if (!converter) table.fail("converter: must say what the messages mean");
    const std::string type = converter->text({"type"}).value_or("json");
    const report::Said strategy = read_strategy(table, outer, imported_.map.compat, notices_);
    if (type == "custom") {
      add_custom(*converter, mapping);
    } else if (type == "json" || type == "bytes") {
      read_converter(*converter, mapping, type == "bytes", strategy);
    } else {
      converter->fail("type", "must be json, bytes or custom, is " + in_quotes(type));
    }
    finish_table(*converter, {"timeout", "cached"}, notices_);
    finish_table(table, {"subscriptionQos"}, notices_);
    imported_.map.mappings.push_back(std::move(mapping));
  }

  void read_converter(ConfigTable& converter, Mapping& mapping, bool bytes,
                      const report::Said& outer) {
    ItemStyle style;
    style.family = mapping.family = bytes ? Family::bytes : Family::mqtt;
    style.bytes = bytes;
    style.compat = imported_.map.compat;
    style.notices = &notices_;
    style.hex = converter.boolean({"hexMode"}).value_or(false);
    style.eval = converter.boolean({"useEval"}).value_or(false);
    style.strategy = read_strategy(converter, outer, style.compat, notices_);
    mapping.decode.as = bytes ? Decode::As::bytes : Decode::As::json;
    mapping.own_time = !converter.boolean({"useReceivedTs"}).value_or(false);
    read_device_info(converter, mapping, bytes, notices_);
    mapping.attributes = read_items(converter, "attributes", style);
    const bool old = !converter.has({"timeseries"}) && converter.has({"telemetry"});
    mapping.telemetry = read_items(converter, old ? "telemetry" : "timeseries", style);
  }

  /// The one class that comes with the reference: hexadecimal text, cut into numbers of so many
  /// bytes each, for the device that the last level of the topic names.
  void add_custom(ConfigTable& converter, Mapping& mapping) {
    check_class(converter, "extension", {"CustomMqttUplinkConverter"});
    mapping.decode.as = Decode::As::bytes;
    mapping.decode.hex_text = true;
    mapping.own_time = false;
    mapping.device.from_address = regex_at(converter, "extension", "[^/]*$");
    mapping.profile = constant_text("Thermostat");
    auto fields = converter.table({"extensionConfig", "extension-config"});
    if (!fields) converter.fail("extensionConfig: must say how many bytes each key has");
    std::int64_t at = 0;
    for (const auto& [key, value] : fields->json().items()) {
      const auto length = fields->integer({key}, 1, 8).value_or(1);
      Item item;
      item.from = Item::From::layout;
      std::string name = key;
      for (std::size_t word = name.find("Bytes"); word != std::string::npos;
           word = name.find("Bytes")) {
        name.erase(word, 5);
      }
      item.key = constant_text(name);
      item.layout.range = {at, at + length, false};
      at += length;
      mapping.telemetry.push_back(std::move(item));
    }
  }

  void add_requests(ConfigTable& table) {
    for (ConfigTable& request : table.tables({"connectRequests"}))
      add_notice(request, Yields::connect);
    for (ConfigTable& request : table.tables({"disconnectRequests"}))
      add_notice(request, Yields::disconnect);
    for (ConfigTable& request : table.tables({"attributeRequests"}))
      add_attribute_request(request);
    read_down_rules(table, DownStyle::mqtt, "", "", imported_.map.down_rules, notices_);
  }

  Mapping request_mapping(ConfigTable& table, Yields yields) {
    Mapping mapping;
    mapping.yields = yields;
    mapping.place = table.place();
    mapping.family = Family::mqtt;
    mapping.decode.as = Decode::As::json;
    read_topic(table, mapping);
    read_device_info(table, mapping, false, notices_);
    return mapping;
  }

  void add_notice(ConfigTable& table, Yields yields) {
    Mapping mapping = request_mapping(table, yields);
    // Such messages are often empty: only a name that stands in one needs it to be JSON.
    const bool inside = !mapping.device.constant() && !mapping.device.from_address;
    if (!inside) mapping.decode.as = Decode::As::bytes;
    finish_table(table, {"subscriptionQos"}, notices_);
    imported_.map.mappings.push_back(std::move(mapping));
  }

  void add_attribute_request(ConfigTable& table) {
    Mapping mapping = request_mapping(table, Yields::attributes_request);
    const std::string source = table.text({"attributeNameExpressionSource"}).value_or("message");
    const std::string names =
        table.text({"attributeNameExpression", "attributeNameJsonExpression"}).value_or("");
    if (names.empty()) table.fail("attributeNameExpression: must say which attributes");
    if (source == "topic") {
      mapping.wanted_keys.from_address = regex_at(table, "attributeNameExpression", names);
    } else if (source == "constant") {
      mapping.wanted_keys = constant_text(names);
    } else {
      mapping.wanted_keys = text_at(table, "attributeNameExpression", names);
    }
    const std::string scope = table.text({"scope"}).value_or("shared");
    mapping.wanted_scope = text_at(table, "scope", scope);
    if (table.has({"topicExpression"})) {
      imported_.map.down_rules.push_back(read_response_rule(table));
    } else {
      table.fail("topicExpression: must say where the answer goes");
    }
    treat_unknown(table, notices_);
    imported_.map.mappings.push_back(std::move(mapping));
  }

  ConfigTable& root_;
  Imported imported_;
  Notices notices_;
};

}  // namespace

Imported import_mqtt(ConfigTable& root, bool compat) {
  return MqttImport(root, compat).run();
}

}  // namespace tbgw::convert
