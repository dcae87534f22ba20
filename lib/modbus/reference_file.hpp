// SPDX-License-Identifier: Apache-2.0
// The reference gateway's Modbus connector file (modbus.json, modbus_serial.json; also the old
// layout with `server`), or the same keys in TOML, with our additions.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "modbus/model.hpp"

namespace tbgw::modbus {

struct Imported {
  Model model;
  /// What the user should know, each with its file:line: keys without effect, and where our
  /// meaning differs from the reference's.
  std::vector<std::string> notices;
};

/// Opens a device type file or a CSV list that a unit names (`template`, `tagsFile`). `path` is
/// already relative to the file that names it.
using OpenFile = std::function<std::shared_ptr<const ConfigFile>(const std::string& path)>;
/// From the disk: .csv by parse_csv(), others by load_config().
std::shared_ptr<const ConfigFile> open_file(const std::string& path);

/// Everything wrong is Fatal 78 with file:line and the remedy. `compat`: the reference's order of
/// bits in lists and its untrimmed texts.
Imported import_file(std::shared_ptr<const ConfigFile> file, bool compat,
                     const OpenFile& open = open_file);

/// One slave from an object in memory (a connector RPC that names host and port), its tags those of
/// the object. Error: what is wrong with it.
Result<Imported> import_slave(const nlohmann::ordered_json& slave, bool compat);

}  // namespace tbgw::modbus
