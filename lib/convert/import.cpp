// SPDX-License-Identifier: Apache-2.0
#include "convert/import.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "convert/serial_import.hpp"

namespace tbgw::convert {
namespace {

// Keys at the top of the reference's files for other connectors.
constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kOtherFiles{{
    {"master", "Modbus"},
    {"slave", "Modbus"},
    {"broker", "MQTT"},
    {"application", "BACnet"},
    {"interface", "CAN"},
    {"centralSystem", "OCPP"},
    {"client", "KNX"},
    {"connection", "ODBC"},
    {"paths", "FTP"},
    {"scanner", "BLE"},
    {"socket", "socket"},
    {"server", "OPC UA or XMPP"},
    {"mapping", "request or REST"},
}};

}  // namespace

Imported import_map(const std::shared_ptr<const ConfigFile>& file, bool compat) {
  ConfigTable root(file);
  for (const auto& [key, connector] : kOtherFiles) {
    if (root.json().contains(key)) {
      root.fail(key,
                "looks like a file of the " + std::string{connector} +
                    " connector: this version converts records of serial devices and the like");
    }
  }
  return import_serial(root, compat);
}

}  // namespace tbgw::convert
