// SPDX-License-Identifier: Apache-2.0
// Several tables that say things about one unit: its own, and behind it a device type file or the
// old layout's `server`. The first that has a key counts. Internal to the importer.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/config.hpp"

namespace tbgw::modbus {

class Layers {
 public:
  using Keys = ConfigTable::Keys;

  explicit Layers(ConfigTable own) { tables_.push_back(std::move(own)); }
  void add(ConfigTable table) { tables_.push_back(std::move(table)); }

  ConfigTable& own() { return tables_.front(); }
  std::vector<ConfigTable>& all() { return tables_; }
  /// The first table that has the key; the unit's own if none has.
  ConfigTable& with(Keys keys) {
    ConfigTable* found = nullptr;
    for (ConfigTable& table : tables_) {
      if (table.has(keys) && found == nullptr) found = &table;
    }
    return found != nullptr ? *found : own();
  }
  [[noreturn]] void fail(std::string_view key, const std::string& text) {
    const ConfigTable& table = with({key});
    if (table.json().contains(key)) table.fail(key, text);
    table.fail(std::string{key} + ": " + text);
  }

  bool has(Keys keys) { return with(keys).has(keys); }
  const nlohmann::ordered_json* value(Keys keys) { return with(keys).value(keys); }
  std::optional<std::string> text(Keys keys) { return with(keys).text(keys); }
  std::optional<bool> boolean(Keys keys) { return with(keys).boolean(keys); }
  std::optional<std::int64_t> integer(Keys keys, std::int64_t least, std::int64_t most) {
    return with(keys).integer(keys, least, most);
  }
  std::optional<std::chrono::milliseconds> duration(Keys keys) {
    return with(keys).duration(keys, std::chrono::milliseconds{1});
  }

 private:
  std::vector<ConfigTable> tables_;
};

}  // namespace tbgw::modbus
