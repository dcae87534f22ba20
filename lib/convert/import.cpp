// SPDX-License-Identifier: Apache-2.0
#include "convert/import.hpp"

#include <array>
#include <string_view>
#include <utility>

#include "convert/family_import.hpp"
#include "convert/http_import.hpp"
#include "convert/mqtt_import.hpp"
#include "convert/native_import.hpp"
#include "convert/serial_import.hpp"

namespace tbgw::convert {
namespace {

using Import = Imported (*)(ConfigTable& root, bool compat);

/// Whether the members at the top are those of a connector's file.
struct Kind {
  std::string_view key;
  std::string_view beside;  ///< must be there too, "" = nothing else
  Import import;
};
constexpr std::array<Kind, 12> kKinds{{
    {"maps", "", import_native},
    {"broker", "", import_mqtt},
    {"dataMapping", "", import_mqtt},
    {"connection", "mapping", import_odbc},
    {"server", "mapping", import_rest},
    {"mapping", "host", import_request},
    {"socket", "", import_socket},
    {"paths", "", import_ftp},
    {"interface", "devices", import_can},
    {"scanner", "", import_ble},
    {"passiveScanMode", "", import_ble},
    {"server", "devices", import_xmpp},
}};

// Keys at the top of the files whose connectors convert by themselves.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kOtherFiles{{
    {"master", "Modbus"},
    {"slave", "Modbus"},
    {"application", "BACnet"},
    {"centralSystem", "OCPP"},
    {"client", "KNX"},
    {"server", "OPC UA"},
}};

/// snmp.json has nothing at the top but its devices.
bool is_snmp(const nlohmann::ordered_json& root) {
  if (!root.contains("devices") || !root["devices"].is_array() || root["devices"].empty()) {
    return false;
  }
  const auto& device = root["devices"].front();
  return device.is_object() && device.contains("ip");
}

}  // namespace

Imported::Imported() = default;
Imported::~Imported() = default;
Imported::Imported(Imported&&) noexcept = default;
Imported& Imported::operator=(Imported&&) noexcept = default;

Imported import_map(const std::shared_ptr<const ConfigFile>& file, bool compat) {
  ConfigTable root(file);
  for (const Kind& kind : kKinds) {
    const bool here = root.json().contains(kind.key) &&
                      (kind.beside.empty() || root.json().contains(kind.beside));
    if (here) return kind.import(root, compat);
  }
  if (is_snmp(root.json())) return import_snmp(root, compat);
  for (const auto& [key, connector] : kOtherFiles) {
    if (root.json().contains(key)) {
      root.fail(key, "looks like a file of the " + std::string{connector} +
                         " connector, which converts by itself");
    }
  }
  return import_serial(root, compat);
}

}  // namespace tbgw::convert
