// SPDX-License-Identifier: Apache-2.0
// The reference gateway's serial connector file (JSON, or the same keys in TOML), as far as it is
// about ports. What it says about values is the converter's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "serial/setup.hpp"

namespace tbgw::serial {

struct FilePort {
  PortSetup setup;
  std::string place;  ///< "serial.json:4"
};

struct ConnectorFile {
  std::vector<FilePort> ports;
  /// What the file says and we do not do (said at -v), each with its place.
  std::vector<std::string> notices;
};

/// Reads every device of the file. Keys of the port may stand at the device or, as a default for
/// all devices, beside `devices`. Fatal 78 with file:line for anything wrong: unknown keys, foreign
/// converter classes, two devices on one port. The settings are not checked against each other.
ConnectorFile read_connector_file(std::shared_ptr<const ConfigFile> file);

}  // namespace tbgw::serial
