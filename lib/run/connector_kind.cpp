// SPDX-License-Identifier: Apache-2.0
#include "run/connector_kind.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tbgw::run {
namespace {

constexpr std::array<ConnectorKind, 16> kKinds{{
    {"serial", "tbgw-serial", true, true},
    {"modbus", "tbgw-modbus", false, false},
    {"mqtt", "tbgw-mqtt", false, true},
    {"request", "tbgw-http", false, true},
    {"rest", "tbgw-rest", false, true},
    {"socket", "tbgw-socket", false, true},
    {"ftp", "tbgw-ftp", false, true},
    {"snmp", "tbgw-snmp", false, true},
    {"odbc", "tbgw-odbc", false, true},
    {"can", "tbgw-can", false, true},
    {"ble", "tbgw-ble", false, true},
    {"xmpp", "tbgw-xmpp", false, true},
    {"opcua", "tbgw-opcua", false, false},
    {"bacnet", "tbgw-bacnet", false, false},
    {"knx", "tbgw-knx", false, false},
    {"ocpp", "tbgw-ocpp", false, false},
}};

/// Names that files of several years use for them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kAliases{{
    {"CustomSerialConnector", "serial"},
    {"SerialConnector", "serial"},
    {"custom_serial", "serial"},
    {"opcua_asyncio", "opcua"},
    {"modbus_async", "modbus"},
    {"AsyncModbusConnector", "modbus"},
}};

/// Keys at the top of a file that tell its kind; the first line whose keys are there.
struct Sign {
  std::string_view key;
  std::string_view beside;  ///< must be there too, "" = nothing else
  std::string_view type;
};
constexpr std::array<Sign, 13> kSigns{{
    {"master", "", "modbus"},
    {"slave", "", "modbus"},
    {"broker", "", "mqtt"},
    {"dataMapping", "", "mqtt"},
    {"connection", "polling", "odbc"},
    {"connection", "mapping", "odbc"},
    {"server", "mapping", "rest"},
    {"mapping", "host", "request"},
    {"socket", "", "socket"},
    {"paths", "", "ftp"},
    {"interface", "devices", "can"},
    {"passiveScanMode", "", "ble"},
    {"scanner", "", "ble"},
}};

constexpr std::array<std::string_view, 9> kBookkeeping{
    "id", "name",    "type",          "enableRemoteLogging", "logLevel", "configVersion",
    "ts", "enabled", "reportStrategy"};

bool first_device_has(const nlohmann::ordered_json& root, std::string_view key) {
  const auto devices = root.find("devices");
  if (devices == root.end() || !devices->is_array() || devices->empty()) return false;
  return devices->front().is_object() && devices->front().contains(key);
}

/// Files whose keys at the top say little: three kinds have a server.
std::string_view by_shape(const nlohmann::ordered_json& root) {
  if (root.contains("server") && root["server"].is_object()) {
    if (root["server"].contains("url")) return "opcua";
    if (root["server"].contains("jid")) return "xmpp";
  }
  if (root.contains("application")) return "bacnet";
  if (root.contains("centralSystem")) return "ocpp";
  if (root.contains("client") && root.contains("devices")) return "knx";
  if (first_device_has(root, "ip")) return "snmp";
  if (first_device_has(root, "port")) return "serial";
  return "";
}

}  // namespace

const ConnectorKind* find_kind(std::string_view name) {
  for (const auto& [alias, type] : kAliases) {
    if (alias == name) name = type;
  }
  const auto found = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const ConnectorKind& kind) { return kind.type == name; });
  return found == kKinds.end() ? nullptr : &*found;
}

const ConnectorKind* guess_kind(const nlohmann::ordered_json& root) {
  if (!root.is_object()) return nullptr;
  if (const std::string_view type = by_shape(root); !type.empty()) return find_kind(type);
  for (const Sign& sign : kSigns) {
    if (root.contains(sign.key) && (sign.beside.empty() || root.contains(sign.beside))) {
      return find_kind(sign.type);
    }
  }
  return nullptr;
}

std::vector<std::string> kind_names() {
  std::vector<std::string> names;
  for (const ConnectorKind& kind : kKinds)
    names.emplace_back(kind.type);
  return names;
}

void use_kind(Pipeline& pipeline, const ConnectorKind& kind) {
  pipeline.type = kind.type;
  pipeline.connector = {std::string{kind.program}};
  // A service outlives an adapter that is not plugged in yet.
  if (kind.type == "serial" || kind.type == "modbus") pipeline.connector.emplace_back("--wait");
  if (kind.config_option) pipeline.connector.emplace_back("--config");
  pipeline.connector.push_back(pipeline.file);
  pipeline.map = kind.raw ? pipeline.file : "";
  pipeline.downlink = kind.raw;
}

bool is_empty_connector(const nlohmann::ordered_json& root) {
  if (!root.is_object()) return false;
  const auto items = root.items();
  return std::all_of(items.begin(), items.end(), [](const auto& item) {
    return std::find(kBookkeeping.begin(), kBookkeeping.end(), item.key()) != kBookkeeping.end();
  });
}

}  // namespace tbgw::run
