// SPDX-License-Identifier: Apache-2.0
#include "tbgw-modbus-look.hpp"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/fd.hpp"
#include "core/log.hpp"
#include "core/output.hpp"
#include "core/status_line.hpp"
#include "core/text.hpp"
#include "modbus/asker.hpp"
#include "modbus/endpoint.hpp"
#include "modbus/explore.hpp"
#include "modbus/socket_stream.hpp"
#include "modbus/tag_notation.hpp"
#include "tbgw-modbus-port.hpp"

namespace tbgw {
namespace {

using Json = nlohmann::ordered_json;

/// The bus, connected. Fatal if it cannot be had.
std::unique_ptr<modbus::Asker> ask(const modbus::Bus& bus) {
  auto stream = make_stream(bus);
  const auto* port = dynamic_cast<const PortStream*>(stream.get());
  auto asker = std::make_unique<modbus::Asker>(bus, std::move(stream));
  if (const auto opened = asker->open(); !opened) {
    const bool serial = port != nullptr && port->error();
    throw Fatal(serial ? port_status(*port->error()) : Status::unavailable,
                (serial ? bus.path : bus.name) + ": " + opened.error().text);
  }
  return asker;
}

void need_one_unit(const modbus::Model& model, const std::string& what) {
  if (model.units.size() != 1) {
    throw Fatal(Status::usage, what + " is about one unit: name it with --device, or BUS/UNIT");
  }
}

Status guess(const ModbusOptions& o, const modbus::Model& model) {
  need_one_unit(model, "--guess");
  const auto place = modbus::parse_place(o.guess, o.base, false);
  if (!place) throw Fatal(Status::usage, "--guess: " + place.error().text);
  const modbus::Unit& unit = model.units.front();
  const auto asker = ask(model.buses[unit.bus]);
  const modbus::Table table = place->table.value_or(modbus::Table::holding_registers);
  if (const auto done = modbus::guess(*asker, unit, table, place->first, print_line); !done) {
    throw Fatal(Status::unavailable,
                modbus::describe(table, place->first) + ": " + done.error().text);
  }
  return Status::ok;
}

Status scan(const ModbusOptions& o, const modbus::Model& model) {
  const auto ids = modbus::parse_unit_ids(o.scan);
  if (!ids) throw Fatal(Status::usage, "--scan: " + ids.error().text);
  std::size_t found = 0;
  StatusLine status(!o.common.quiet);
  for (const modbus::Bus& bus : model.buses) {
    const auto asker = ask(bus);
    const auto patience = o.timeout.count() >= 0 ? o.timeout : modbus::patience_on(bus);
    found += modbus::scan_units(
        *asker, bus, *ids, patience,
        [&](const std::string& line) {
          status.clear();
          print_line(line);
        },
        [&](std::uint8_t id) {
          static_cast<void>(
              status.show(bus.name + ": unit " + std::to_string(id) + " …", Loop::Clock::now()));
        });
  }
  status.clear();
  if (found > 0) return Status::ok;
  throw Fatal(Status::unavailable, "no unit answered");
}

Status identify(const modbus::Model& model) {
  Status status = Status::ok;
  for (std::size_t i = 0; i < model.buses.size(); ++i) {
    const auto asker = ask(model.buses[i]);
    for (const modbus::Unit& unit : model.units) {
      if (unit.bus != i) continue;
      if (const auto done = modbus::identify_unit(*asker, unit, print_line); !done) {
        log::error(unit.device_name + ": " + done.error().text);
        status = Status::unavailable;
      }
    }
  }
  return status;
}

/// A number, true or false where the text is one; else the text.
Json value_in(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

/// A tag by its name, or one made of PLACE[:TYPE…].
modbus::Tag tag_for(const std::string& text, const modbus::Unit& unit) {
  for (const auto* list : {&unit.updates, &unit.methods, &unit.tags}) {
    for (const modbus::Tag& tag : *list) {
      if (tag.key == text && (list != &unit.methods || !tag.reads())) return tag;
    }
  }
  const bool named = text.find('=') < text.find_first_of(":@,");
  const auto tags = modbus::parse_tag(named ? text : "value=" + text, unit.defaults);
  if (!tags) {
    throw Fatal(Status::usage, "--write: " + in_quotes(text) + " is neither a tag of " +
                                   in_quotes(unit.device_name) +
                                   " nor a place: " + tags.error().text);
  }
  return tags->front();
}

Status write(const ModbusOptions& o, const modbus::Model& model) {
  need_one_unit(model, "--write");
  const modbus::Unit& unit = model.units.front();
  std::vector<std::pair<modbus::Tag, Json>> writes;
  for (const std::string& text : o.write) {
    const std::size_t equals = text.rfind('=');
    if (equals == std::string::npos || equals == 0) {
      throw Fatal(Status::usage, "--write: " + in_quotes(text) + " is not TAG=VALUE");
    }
    writes.emplace_back(tag_for(text.substr(0, equals), unit), value_in(text.substr(equals + 1)));
  }
  const auto asker = ask(model.buses[unit.bus]);
  for (const auto& [tag, value] : writes) {
    const modbus::OperationResult result = asker->run(modbus::Operation::write(unit, tag, value));
    if (!result.good) {
      throw Fatal(result.exception != 0 ? Status::data_error : Status::unavailable,
                  unit.device_name + ": " + tag.key + " could not be written: " + result.error);
    }
    const Json line{{"device", unit.device_name},
                    {"tag", tag.key},
                    {"place", modbus::describe(tag.table(), tag.address)},
                    {"value", value}};
    print_line(line.dump());
  }
  return Status::ok;
}

}  // namespace

void print_line(const std::string& line) {
  print(line + "\n");
}

bool wants_look(const ModbusOptions& o) {
  const int asked = static_cast<int>(o.plan) + static_cast<int>(o.identify) +
                    static_cast<int>(!o.guess.empty()) + static_cast<int>(!o.scan.empty()) +
                    static_cast<int>(!o.write.empty()) + static_cast<int>(o.once) +
                    static_cast<int>(o.probe);
  if (asked > 1) {
    throw Fatal(
        Status::usage,
        "--once, --plan, --guess, --scan, --probe, --identify and --write go one at a time");
  }
  return asked == 1 && !o.once;
}

Status look(const ModbusOptions& o, modbus::Model model) {
  // A person waits: one attempt to connect is enough.
  for (modbus::Bus& bus : model.buses)
    bus.connect_timeout = std::min(bus.connect_timeout, modbus::Milliseconds{5000});
  if (o.plan) {
    modbus::explain_plan(model, print_line, [](const std::string& text) { log::warn(text); });
    return Status::ok;
  }
  if (!o.guess.empty()) return guess(o, model);
  if (!o.scan.empty()) return scan(o, model);
  if (o.identify) return identify(model);
  return write(o, model);
}

std::unique_ptr<modbus::Stream> make_stream(const modbus::Bus& bus) {
  if (bus.transport == modbus::Transport::serial) return std::make_unique<PortStream>(bus);
  return std::make_unique<modbus::SocketStream>(bus);
}

Status port_status(const serial::PortError& error) {
  switch (error.why) {
    case serial::PortError::Why::absent:
      return Status::no_input;
    case serial::PortError::Why::denied:
      return Status::no_permission;
    case serial::PortError::Why::busy:
      return Status::try_again;
    case serial::PortError::Why::unsuitable:
      break;
  }
  return Status::config;
}

}  // namespace tbgw
