// SPDX-License-Identifier: Apache-2.0
// The `slave` part of a file: what our own server holds.
#include <array>

#include "core/text.hpp"
#include "modbus/codec.hpp"
#include "modbus/unit_reader.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

struct Section {
  std::string_view key;
  Table table;
};
constexpr std::array<Section, 4> kSections{{{"holding_registers", Table::holding_registers},
                                            {"input_registers", Table::input_registers},
                                            {"coils_initializer", Table::coils},
                                            {"discrete_inputs", Table::discrete_inputs}}};

struct Object {
  std::string_view key;
  std::uint8_t id;
};
constexpr std::array<Object, 9> kObjects{{{"vendorName", 0},
                                          {"productCode", 1},
                                          {"majorMinorRevision", 2},
                                          {"MajorMinorRevision", 2},
                                          {"vendorUrl", 3},
                                          {"productName", 4},
                                          {"modelName", 5},
                                          {"ModelName", 5},
                                          {"userApplicationName", 6}}};

void read_identity(ConfigTable& table, Server& server) {
  auto identity = table.table({"identity"});
  if (!identity) return;
  for (const Object& object : kObjects) {
    const auto text = identity->text({object.key});
    if (text && !text->empty()) server.identity.emplace_back(object.id, *text);
  }
}

void take_served(ConfigTable& entry, Table table, const TagDefaults& defaults, Server& server,
                 std::vector<std::string>& notices) {
  const Json* value = entry.value({"value"});
  TagDefaults with = defaults;
  // The cells of a table that is read-only for others are made as those of its twin.
  with.table = is_bits(table) ? Table::coils : Table::holding_registers;
  for (Tag& tag : read_tags(entry, TagUse::served, with, notices)) {
    ServedTag served{table, std::move(tag), value == nullptr ? Json{} : *value};
    if (value != nullptr) {
      if (const auto cells = encode(served.tag, *value); !cells) {
        notices.push_back(entry.place("value") + ": value: " + cells.error().text +
                          "; it starts as 0");
        served.value = Json{};
      }
    }
    server.tags.push_back(std::move(served));
  }
}

void read_lists(ConfigTable section, Table table, const TagDefaults& defaults, Server& server,
                std::vector<std::string>& notices) {
  for (const std::string_view key : {"attributes", "timeseries", "attributeUpdates", "rpc"}) {
    for (ConfigTable& entry : section.tables({key}))
      take_served(entry, table, defaults, server, notices);
  }
}

void read_values(ConfigTable values, const TagDefaults& defaults, Server& server,
                 std::vector<std::string>& notices) {
  for (const Section& section : kSections) {
    const Json* value = values.value({section.key});
    if (value == nullptr || value->is_null()) continue;
    if (!value->is_array()) {
      read_lists(*values.table({section.key}), section.table, defaults, server, notices);
      continue;
    }
    // The old layout wraps it in a list of one.
    for (ConfigTable& inner : values.tables({section.key}))
      read_lists(std::move(inner), section.table, defaults, server, notices);
  }
}

}  // namespace

Server read_server(ConfigTable table, bool compat, std::vector<std::string>& notices) {
  Layers layers(std::move(table));
  Server server;
  server.endpoint = read_bus(layers, notices);
  server.unit_id =
      static_cast<std::uint8_t>(layers.integer({"unitId", "unit"}, 0, 255).value_or(1));
  server.device_name = layers.text({"deviceName"}).value_or("");
  server.device_type = layers.text({"deviceType"}).value_or("default");
  if (const auto period = layers.duration({"pollPeriod"})) server.period = *period;
  server.report = layers.boolean({"sendDataToThingsBoard"}).value_or(false);
  read_identity(layers.own(), server);
  TagDefaults defaults;
  defaults.order = read_unit_order(layers);
  defaults.compat = compat;
  defaults.unit_id = server.unit_id;
  if (auto values = layers.own().table({"values"})) read_values(*values, defaults, server, notices);
  layers.own().ignore({"retries", "retryOnEmpty", "retryOnInvalid", "repack", "reportStrategy",
                       "delayBetweenRequestsMs", "sendDataOnlyOnChange", "id", "name",
                       "description", "comment"});
  treat_unknown(layers, notices);
  return server;
}

}  // namespace tbgw::modbus
