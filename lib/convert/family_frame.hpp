// SPDX-License-Identifier: Apache-2.0
// What the importers of files with a list of devices share: the loop over them, and the end.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "convert/import.hpp"
#include "convert/mapping_import.hpp"

namespace tbgw::convert {

class FamilyFrame {
 public:
  FamilyFrame(ConfigTable& root, bool compat, std::string_view address_member)
      : root_(root), compat_(compat) {
    imported_.map.compat = compat;
    imported_.map.address_member = address_member;
    imported_.map.from_reference = true;
    strategy_ = read_strategy(root_, {}, compat, notices_);
  }

  /// `list`: the key of the list; `read` makes mappings of one of its tables.
  Imported run(std::string_view list, ConfigTable::Keys connector_keys,
               const std::function<void(ConfigTable&, std::size_t)>& read) {
    std::size_t index = 0;
    for (ConfigTable table : root_.tables({list}))
      read(table, index++);
    if (imported_.map.mappings.empty()) root_.fail(list, "has nothing to convert");
    return end(connector_keys);
  }

  Imported end(ConfigTable::Keys connector_keys) {
    root_.ignore({"name", "id", "logLevel", "enableRemoteLogging", "configVersion"});
    finish_table(root_, connector_keys, notices_);
    finish(imported_.map);
    imported_.notices = notices_.take();
    return std::move(imported_);
  }

  ItemStyle style(ConfigTable& table) {
    ItemStyle out;
    out.compat = compat_;
    out.notices = &notices_;
    out.strategy = read_strategy(table, strategy_, compat_, notices_);
    return out;
  }

  void add(Mapping mapping) { imported_.map.mappings.push_back(std::move(mapping)); }
  void set_style(DownStyle style) { imported_.map.down_style = style; }
  [[nodiscard]] std::vector<DownRule>& down_rules() { return imported_.map.down_rules; }
  [[nodiscard]] Notices& notices() { return notices_; }
  [[nodiscard]] bool compat() const { return compat_; }

 private:
  ConfigTable& root_;
  bool compat_;
  Imported imported_;
  Notices notices_;
  report::Said strategy_;
};

}  // namespace tbgw::convert
