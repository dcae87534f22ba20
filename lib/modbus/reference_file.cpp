// SPDX-License-Identifier: Apache-2.0
#include "modbus/reference_file.hpp"

#include <algorithm>
#include <set>

#include "core/fd.hpp"
#include "core/status.hpp"
#include "core/text.hpp"
#include "modbus/csv_tags.hpp"
#include "modbus/unit_reader.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

bool same_settings(const Bus& a, const Bus& b) {
  return a.serial == b.serial && a.connect_timeout == b.connect_timeout &&
         a.attempt_time == b.attempt_time && a.attempts == b.attempts && a.pause == b.pause &&
         a.settle == b.settle && a.silence == b.silence && a.turnaround == b.turnaround &&
         a.pipeline == b.pipeline;
}

bool same_place(const Bus& a, const Bus& b) {
  if (a.transport == Transport::serial || b.transport == Transport::serial) {
    return a.transport == b.transport && a.path == b.path;
  }
  return a.transport == b.transport && a.host == b.host && a.port == b.port && a.listen == b.listen;
}

class Importer {
 public:
  Importer(bool compat, const OpenFile& open) : open_(open) { out_.model.compat = compat; }

  void take_slave(ConfigTable slave, const ConfigTable* server, const report::Said& outer);
  /// What several slaves of one server or template say alike is said once.
  Imported take() {
    std::set<std::string> seen;
    std::vector<std::string> unique;
    for (std::string& text : out_.notices) {
      if (seen.insert(text).second) unique.push_back(std::move(text));
    }
    out_.notices = std::move(unique);
    return std::move(out_);
  }
  std::vector<std::string>& notices() { return out_.notices; }
  Model& model() { return out_.model; }

 private:
  std::size_t bus_index(Bus bus);

  const OpenFile& open_;
  Imported out_;
  std::set<std::string> device_names_;
};

/// Slaves of one host and port, or of one serial port, share a connection; the first one's settings
/// hold.
std::size_t Importer::bus_index(Bus bus) {
  std::vector<Bus>& buses = out_.model.buses;
  for (std::size_t i = 0; i < buses.size(); ++i) {
    if (!same_place(buses[i], bus)) continue;
    if (buses[i].framing != bus.framing) {
      throw Fatal(Status::config, bus.place + ": " + bus.name +
                                      " is also used with another method (" + buses[i].place + ")");
    }
    if (!same_settings(buses[i], bus)) {
      out_.notices.push_back(bus.place + ": shares " + bus.name + " with " + buses[i].place +
                             ", whose settings of the connection hold");
    }
    return i;
  }
  buses.push_back(std::move(bus));
  return buses.size() - 1;
}

void Importer::take_slave(ConfigTable slave, const ConfigTable* server, const report::Said& outer) {
  Layers layers(std::move(slave));
  if (const auto path = layers.own().text({"template"})) {
    layers.add(ConfigTable(open_(beside(layers.own().file().name, *path))));
  }
  if (server != nullptr) layers.add(*server);
  const std::size_t bus = bus_index(read_bus(layers, out_.notices));
  for (Unit& unit : read_units(layers, outer, out_.model.compat, open_, out_.notices)) {
    if (!device_names_.insert(unit.device_name).second) {
      out_.notices.push_back(unit.place + ": " + in_quotes(unit.device_name) +
                             " is also the name of another slave: the platform sees one device");
    }
    unit.bus = bus;
    out_.model.units.push_back(std::move(unit));
  }
}

/// The old layout: `server` with `devices`, what the server says holding for each of them.
void take_old(ConfigTable server, const report::Said& outer, Importer& importer) {
  importer.notices().push_back(server.place() +
                               ": the old layout with `server`; it works as it is");
  auto devices = server.tables({"devices"});
  server.ignore({"name", "id", "description", "comment"});
  // Taken by its devices: nothing of it is unknown that one of them reads.
  for (ConfigTable& device : devices)
    importer.take_slave(std::move(device), &server, outer);
}

/// A slave part that the reference never starts must not keep the master from running.
void take_server(ConfigTable slave, bool compat, Importer& importer) {
  const bool toml = slave.file().toml;
  try {
    importer.model().server = read_server(std::move(slave), compat, importer.notices());
  } catch (const Fatal& fatal) {
    if (toml || importer.model().units.empty()) throw;
    importer.notices().push_back(std::string{fatal.what()} + "; the slave part is left out");
  }
}

bool is_empty(ConfigTable& table, ConfigTable::Keys keys) {
  const Json* value = table.value(keys);
  return value == nullptr || value->is_null() || value->empty();
}

}  // namespace

std::shared_ptr<const ConfigFile> open_file(const std::string& path) {
  const bool csv = path.size() > 4 && path.compare(path.size() - 4, 4, ".csv") == 0;
  return csv ? parse_csv(path, read_file(path)) : load_config(path);
}

Imported import_file(std::shared_ptr<const ConfigFile> file, bool compat, const OpenFile& open) {
  Importer importer(compat, open);
  ConfigTable top(std::move(file));
  Layers classes(top);
  refuse_foreign_classes(classes);
  top.ignore({"name", "id", "type", "class", "logLevel", "enableRemoteLogging", "configVersion",
              "uplinkQueueSize", "converter", "uplink_converter", "downlink_converter"});
  const report::Said outer = report::read_said(top, importer.notices());
  if (auto master = top.table({"master"})) {
    for (ConfigTable& slave : master->tables({"slaves"}))
      importer.take_slave(std::move(slave), nullptr, outer);
    Layers layers(*master);
    treat_unknown(layers, importer.notices());
  }
  if (!is_empty(top, {"server"})) take_old(*top.table({"server"}), outer, importer);
  if (!is_empty(top, {"slave"})) take_server(*top.table({"slave"}), compat, importer);
  Layers layers(top);
  treat_unknown(layers, importer.notices());
  if (importer.model().units.empty() && !importer.model().server) {
    top.fail("has neither master.slaves nor a slave");
  }
  return importer.take();
}

Result<Imported> import_slave(const Json& slave, bool compat) {
  auto file = std::make_shared<ConfigFile>();
  file->root = slave;
  const OpenFile none = [](const std::string& path) -> std::shared_ptr<const ConfigFile> {
    throw Fatal(Status::config, path + ": files cannot be named here");
  };
  try {
    Importer importer(compat, none);
    importer.take_slave(ConfigTable(std::move(file)), nullptr, {});
    return importer.take();
  } catch (const Fatal& fatal) {
    const std::string text = fatal.what();
    const std::size_t end = text.find(": ");
    return Error{end == std::string::npos ? text : text.substr(end + 2)};
  }
}

}  // namespace tbgw::modbus
