// SPDX-License-Identifier: Apache-2.0
#include "convert/native_import.hpp"

#include <array>
#include <string>
#include <utility>

#include "convert/mapping_import.hpp"
#include "convert/native_decode.hpp"
#include "convert/native_down.hpp"
#include "convert/native_item.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

class NativeImport {
 public:
  NativeImport(ConfigTable& root, bool compat) : root_(root) {
    imported_.map.compat = compat;
    imported_.map.address_member = "topic";
  }

  Imported run() {
    const report::Said strategy = read_strategy(root_, {}, false, notices_);
    std::size_t index = 0;
    for (ConfigTable& table : root_.tables({"maps"}))
      add(table, index++, strategy);
    imported_.map.down_rules = read_native_down(root_);
    if (imported_.map.mappings.empty()) root_.fail("maps", "must have at least one map");
    root_.ignore({"$schema"});
    root_.refuse_unknown();
    finish(imported_.map);
    imported_.notices = notices_.take();
    return std::move(imported_);
  }

 private:
  void add(ConfigTable& table, std::size_t index, const report::Said& outer) {
    Mapping mapping;
    mapping.place = "maps[" + std::to_string(index) + "]";
    mapping.own_time = false;
    read_match(table, mapping.match);
    mapping.decode = read_native_decode(table, Decode::As::json);
    if (const auto filter = table.text({"filter"})) {
      mapping.filter = expression_at(table, "filter", *filter);
    }
    mapping.device = name(table, "deviceName", "deviceNameFromAddress", mapping.decode);
    mapping.profile = name(table, "deviceType", "deviceTypeFromAddress", mapping.decode);
    if (const auto ts = table.text({"ts"})) {
      mapping.time.text = native_text(table, "ts", *ts, mapping.decode);
    }
    mapping.time.order.day_first = table.boolean({"dayFirst"}).value_or(false);
    mapping.time.order.year_first = table.boolean({"yearFirst"}).value_or(false);
    const report::Said strategy = read_strategy(table, outer, false, notices_);
    mapping.telemetry = items(table, "telemetry", mapping.decode, strategy);
    mapping.attributes = items(table, "attributes", mapping.decode, strategy);
    if (mapping.telemetry.empty() && mapping.attributes.empty()) {
      table.fail("must have telemetry or attributes");
    }
    table.refuse_unknown();
    imported_.map.mappings.push_back(std::move(mapping));
  }

  /// At most one of topic, url, address and addressRegex.
  static void read_match(ConfigTable& table, Match& match) {
    constexpr std::array<std::pair<std::string_view, Match::By>, 4> kKeys{
        {{"topic", Match::By::topic},
         {"url", Match::By::url},
         {"address", Match::By::exact},
         {"addressRegex", Match::By::regex}}};
    for (const auto& [key, by] : kKeys) {
      const auto pattern = table.text({key});
      if (!pattern) continue;
      if (match.by != Match::By::any) table.fail(key, "cannot stand beside another pattern");
      match.by = by;
      match.pattern = *pattern;
      if (by == Match::By::regex) match.regex = regex_at(table, key, *pattern);
      const bool glob =
          by == Match::By::exact && pattern->find_first_of("*?[") != std::string::npos;
      if (glob) match.by = Match::By::glob;
    }
    match.source = table.text({"source"}).value_or("");
    if (const auto message = table.text({"matches"})) {
      match.message = regex_at(table, "matches", *message);
    }
    if (const auto length = table.integer({"length"}, 0, 1 << 20)) {
      match.length = static_cast<std::size_t>(*length);
    }
    if (const auto device = table.text({"fromDevice"})) {
      match.device = regex_at(table, "fromDevice", *device);
    }
  }

  static Text name(ConfigTable& table, std::string_view key, std::string_view from_address,
                   const Decode& decode) {
    Text text;
    if (const auto regex = table.text({from_address})) {
      if (table.has({key})) table.fail(from_address, "cannot stand beside " + std::string{key});
      text.from_address = regex_at(table, from_address, *regex);
    } else if (const auto plain = table.text({key})) {
      text = native_text(table, key, *plain, decode);
    }
    return text;
  }

  std::vector<Item> items(ConfigTable& table, std::string_view key, const Decode& decode,
                          const report::Said& strategy) {
    std::vector<Item> out;
    const auto* value = table.value({key});
    if (value == nullptr) return out;
    if (*value == "*") {
      ItemStyle style;
      style.strategy = strategy;
      return {every_item(style)};
    }
    for (ConfigTable& item : table.tables({key}))
      out.push_back(read_native_item(item, decode, strategy, notices_));
    return out;
  }

  ConfigTable& root_;
  Imported imported_;
  Notices notices_;
};

}  // namespace

Imported import_native(ConfigTable& root, bool compat) {
  return NativeImport(root, compat).run();
}

}  // namespace tbgw::convert
