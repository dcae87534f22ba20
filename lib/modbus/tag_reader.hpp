// SPDX-License-Identifier: Apache-2.0
// The keys of a tag, as files, CSV lists, the command line and RPCs give them, to a Tag.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "modbus/tag.hpp"
#include "report/strategy_config.hpp"

namespace tbgw::modbus {

/// What a tag is for, which decides its defaults and what it may say.
enum class TagUse {
  read,  ///< timeseries
  attribute,
  update,  ///< a shared attribute to be written
  method,  ///< an RPC method: reads or writes, as its function code says
  served,  ///< a place of our own server
};

/// What a tag takes from its unit.
struct TagDefaults {
  Order order{true, true};  ///< the reference's default
  unsigned address_base = 0;
  bool repack = false;
  bool compat = false;
  /// Places that floats are rounded to if the tag does not say (the reference: 6).
  std::optional<int> round = 6;
  std::optional<Table> table;  ///< whatever the tag's function code
  report::Said report;
  std::string key;           ///< where the table has none
  std::uint8_t unit_id = 1;  ///< for ${unitId} in the keys of ranges
};

/// Reads and finishes the tags of one table: one, several for a range ("10-14"), and a hidden one
/// for a `scaleFrom` that names a place. Keys without effect and keys that nobody knows go to
/// `notices`. Something wrong: in TOML Fatal 78 with its place; in JSON, which may come from the
/// reference, the tag is left out and the reason goes to `notices`.
std::vector<Tag> read_tags(ConfigTable& table, TagUse use, const TagDefaults& defaults,
                           std::vector<std::string>& notices);

/// The same from an object in memory (an RPC's parameters, a notation). Error: what is wrong, also
/// a key that nobody knows.
Result<std::vector<Tag>> read_tags(const nlohmann::ordered_json& object, TagUse use,
                                   const TagDefaults& defaults);

}  // namespace tbgw::modbus
