// SPDX-License-Identifier: Apache-2.0
// What the importers of mappings share: texts, items, device names and classes as the reference's
// files spell them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "convert/import.hpp"
#include "convert/mapping.hpp"
#include "convert/notices.hpp"
#include "core/config.hpp"
#include "report/strategy_config.hpp"

namespace tbgw::convert {

/// How the items of one kind of converter are read.
struct ItemStyle {
  Family family = Family::native;
  bool bytes = false;         ///< values are [a:b] of the message, not ${path}
  bool hex = false;           ///< `hexMode` of the converter
  bool eval = false;          ///< `useEval`: values are expressions
  bool keep_unfit = false;    ///< see Item
  Cast untyped = Cast::text;  ///< items without `type`
  bool compat = false;
  report::Said strategy;  ///< of the levels above
  Notices* notices = nullptr;
};

/// A key of a table as a text with ${…}; as a regular expression; as an expression. Fatal 78.
Text text_at(const ConfigTable& table, std::string_view key, const std::string& value);
Regex regex_at(const ConfigTable& table, std::string_view key, const std::string& value);
Expression expression_at(const ConfigTable& table, std::string_view key, const std::string& value);

/// `attributes`, `timeseries` and the like: a list of items, or "*".
std::vector<Item> read_items(ConfigTable& table, std::string_view key, const ItemStyle& style);
Item read_item(ConfigTable& table, const ItemStyle& style);
/// "*": every member.
Item every_item(const ItemStyle& style);

/// The strategy of a table within the levels above, `sendDataOnlyOnChange` included; what is worth
/// telling goes to the notices.
report::Said read_strategy(ConfigTable& table, const report::Said& outer, bool compat,
                           Notices& notices);
/// The effective one of an item.
report::Strategy item_strategy(ConfigTable& table, const ItemStyle& style);

/// `deviceInfo` and, spelled as the converter's own keys, what came before it. `from_message`: how
/// a source of the kind message (request, expression) reads.
void read_device_info(ConfigTable& converter, Mapping& mapping, bool bytes, Notices& notices);

/// Refuses the Python class a table names, unless it is one of `ours`.
void check_class(ConfigTable& table, std::string_view key,
                 std::initializer_list<std::string_view> ours);

/// Notices for the rest of a table's keys, after those that only the connector reads.
void finish_table(ConfigTable& table, ConfigTable::Keys connector_keys, Notices& notices);

}  // namespace tbgw::convert
