// SPDX-License-Identifier: Apache-2.0
// What an importer wants to tell the user, each thing once.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"

namespace tbgw::convert {

class Notices {
 public:
  void add(std::string text) { texts_.push_back(std::move(text)); }
  /// Only the first of its `kind`, with the place of `key` in `table`.
  void once(std::string_view kind, const ConfigTable& table, std::string_view key,
            const std::string& text) {
    if (kinds_.emplace(kind).second) add(table.place(key) + ": " + text);
  }
  [[nodiscard]] std::vector<std::string> take() { return std::move(texts_); }

 private:
  std::vector<std::string> texts_;
  std::set<std::string, std::less<>> kinds_;
};

/// What to do with the keys of a table that nobody asked for: in TOML they end the run, in a JSON
/// file, which may come from the reference as it is, they are told and ignored.
inline void treat_unknown(const ConfigTable& table, Notices& notices) {
  if (table.file().toml) table.refuse_unknown();
  for (std::string& text : table.unknown())
    notices.add(std::move(text) + ", ignored");
}

}  // namespace tbgw::convert
