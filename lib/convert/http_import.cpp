// SPDX-License-Identifier: Apache-2.0
#include "convert/http_import.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "convert/byte_import.hpp"
#include "convert/down_import.hpp"
#include "convert/mapping_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

/// Some path begins with $[: a list is one message.
bool begins_in_list(const Text& text) {
  return std::any_of(text.pieces.begin(), text.pieces.end(), [](const Text::Piece& piece) {
    return piece.path.from_root && !piece.path.steps.empty() &&
           piece.path.steps.front().by != JsonPath::Step::By::name;
  });
}

bool begins_in_list(const std::vector<Item>& items) {
  return std::any_of(items.begin(), items.end(),
                     [](const Item& item) { return begins_in_list(item.value); });
}

class HttpImport {
 public:
  HttpImport(ConfigTable& root, bool compat, bool rest) : root_(root), rest_(rest) {
    imported_.map.compat = compat;
    imported_.map.address_member = "url";
    imported_.map.down_style = rest ? DownStyle::rest : DownStyle::request;
    imported_.map.from_reference = true;
  }

  Imported run() {
    const report::Said strategy = read_strategy(root_, {}, imported_.map.compat, notices_);
    std::size_t index = 0;
    for (ConfigTable& mapping : root_.tables({"mapping"}))
      add_mapping(mapping, index++, strategy);
    if (rest_) {
      if (auto requests = root_.table({"requestsMapping"})) add_requests(*requests);
      root_.ignore({"server", "host", "port", "SSL", "security"});
    }
    if (!rest_)
      read_down_rules(root_, DownStyle::request, "", "", imported_.map.down_rules, notices_);
    finish_table(root_,
                 {"host", "SSLVerify", "security", "name", "id", "logLevel", "enableRemoteLogging",
                  "configVersion"},
                 notices_);
    finish(imported_.map);
    imported_.notices = notices_.take();
    return std::move(imported_);
  }

 private:
  void read_address(ConfigTable& table, Mapping& mapping) const {
    const std::string_view key = rest_ ? "endpoint" : "url";
    mapping.match.by = Match::By::url;
    mapping.match.pattern = table.text({key}).value_or("");
    if (mapping.match.pattern.empty()) table.fail(std::string{key} + ": must be there");
  }

  ItemStyle style(const report::Said& strategy) {
    ItemStyle out;
    out.family = rest_ ? Family::rest : Family::request;
    out.compat = imported_.map.compat;
    out.keep_unfit = !rest_;
    out.notices = &notices_;
    out.strategy = strategy;
    return out;
  }

  void add_mapping(ConfigTable& table, std::size_t index, const report::Said& outer) {
    Mapping mapping;
    mapping.place = "mapping[" + std::to_string(index) + "]";
    mapping.family = rest_ ? Family::rest : Family::request;
    read_address(table, mapping);
    const report::Said strategy = read_strategy(table, outer, imported_.map.compat, notices_);
    if (const auto path = table.text({"dataUnpackExpression"}); path && !path->empty()) {
      const Text text = text_at(table, "dataUnpackExpression",
                                path->find("${") == std::string::npos ? "${" + *path + "}" : *path);
      if (!text.single_path()) table.fail("dataUnpackExpression", "must be one path");
      mapping.decode.each = text.pieces.front().path;
    }
    auto converter = table.table({"converter"});
    if (!converter) table.fail("converter: must say what the messages mean");
    read_converter(*converter, mapping, strategy);
    finish_table(*converter, {"timeout", "cached"}, notices_);
    finish_table(table,
                 {"httpMethod", "httpHeaders", "data", "allowRedirects", "timeout", "scanPeriod",
                  "subRequests", "HTTPMethods", "security", "response"},
                 notices_);
    imported_.map.mappings.push_back(std::move(mapping));
  }

  void read_converter(ConfigTable& converter, Mapping& mapping, const report::Said& outer) {
    const std::string type = converter.text({"type"}).value_or("json");
    ItemStyle items = style(read_strategy(converter, outer, imported_.map.compat, notices_));
    items.eval = converter.boolean({"useEval"}).value_or(false);
    mapping.own_time = !converter.boolean({"useReceivedTs"}).value_or(false);
    read_device_info(converter, mapping, false, notices_);
    if (type == "custom") {
      check_class(converter, "extension",
                  {"CustomRequestUplinkConverter", "CustomRestUplinkConverter"});
      mapping.decode.as = Decode::As::bytes;
      mapping.telemetry = read_byte_items(
          converter, converter.has({"extensionConfig"}) ? "extensionConfig" : "extension-config",
          items);
      return;
    }
    if (type != "json") converter.fail("type", "must be json or custom, is " + in_quotes(type));
    mapping.attributes = read_items(converter, "attributes", items);
    const bool old = !converter.has({"telemetry"});
    mapping.telemetry = read_items(converter, old ? "timeseries" : "telemetry", items);
    mapping.decode.whole_list = begins_in_list(mapping.device) ||
                                begins_in_list(mapping.attributes) ||
                                begins_in_list(mapping.telemetry);
  }

  /// attributeRequests of rest.json.
  void add_requests(ConfigTable& requests) {
    for (ConfigTable& table : requests.tables({"attributeRequests"})) {
      Mapping mapping;
      mapping.yields = Mapping::Yields::attributes_request;
      mapping.place = table.place();
      mapping.family = Family::rest;
      read_address(table, mapping);
      const std::string device = table.text({"deviceNameExpression"}).value_or("");
      const std::string names = table.text({"attributeNameExpression"}).value_or("");
      if (device.empty()) table.fail("deviceNameExpression: must name the device");
      if (names.empty()) table.fail("attributeNameExpression: must say which attributes");
      mapping.device = text_at(table, "deviceNameExpression", device);
      mapping.wanted_keys = text_at(table, "attributeNameExpression", names);
      mapping.wanted_scope = constant_text(table.text({"type"}).value_or("shared"));
      finish_table(table, {"HTTPMethods", "security", "timeout"}, notices_);
      imported_.map.mappings.push_back(std::move(mapping));
    }
    read_down_rules(requests, DownStyle::rest, "", "", imported_.map.down_rules, notices_);
    treat_unknown(requests, notices_);
  }

  ConfigTable& root_;
  bool rest_;
  Imported imported_;
  Notices notices_;
};

}  // namespace

Imported import_request(ConfigTable& root, bool compat) {
  return HttpImport(root, compat, false).run();
}

Imported import_rest(ConfigTable& root, bool compat) {
  return HttpImport(root, compat, true).run();
}

}  // namespace tbgw::convert
