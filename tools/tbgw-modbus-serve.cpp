// SPDX-License-Identifier: Apache-2.0
#include "tbgw-modbus-serve.hpp"

#include <optional>
#include <utility>
#include <variant>

#include "core/connector_life.hpp"
#include "core/filter.hpp"
#include "core/log.hpp"
#include "core/ready.hpp"
#include "core/text.hpp"
#include "modbus/readings.hpp"
#include "modbus/reference_file.hpp"
#include "modbus/server.hpp"
#include "serial/port.hpp"
#include "tbgw-modbus-look.hpp"
#include "tbgw-modbus-port.hpp"

namespace tbgw {
namespace {

using Json = nlohmann::ordered_json;

modbus::Server server_of(const ModbusOptions& options, const std::string& path) {
  modbus::Imported imported = modbus::import_file(load_config(path), options.compat);
  for (const std::string& notice : imported.notices)
    log::info(notice);
  if (!imported.model.server) throw Fatal(Status::config, path + ": has no slave part to serve");
  modbus::Server server = *std::move(imported.model.server);
  if (server.endpoint.transport == modbus::Transport::udp ||
      server.endpoint.framing == modbus::Framing::ascii ||
      (server.endpoint.transport == modbus::Transport::tcp &&
       server.endpoint.framing != modbus::Framing::tcp)) {
    throw Fatal(Status::config,
                server.endpoint.place + ": only Modbus/TCP and RTU on a serial port are served");
  }
  if (server.device_name.empty()) server.device_name = "Modbus server";
  return server;
}

/// It has no end of input: the end is always bounded.
LifeSettings server_life(const ModbusOptions& options) {
  const bool given = options.drain_timeout.count() >= 0;
  return life_settings(options.common, options.buffer, options.max_record,
                       given ? options.drain_timeout : kDrainTimeout);
}

/// Everything that lives while a server answers.
class Serving {
 public:
  Serving(const ModbusOptions& options, modbus::Server server)
      : options_(options),
        server_(std::move(server)),
        life_(server_life(options), {[this] { return counters(); }, {}, {}}),
        engine_(
            life_.loop(), server_,
            {[this] { report(); },
             [](const std::string& text) { log::limited(log::Level::warning, "serve", text); }}) {
    unit_.device_name = server_.device_name;
    unit_.device_type = server_.device_type;
  }

  Status run() {
    open();
    take_commands();
    announce_ready(options_.common.ready_fd, "serving " + server_.endpoint.name);
    if (server_.report) {
      print(event_line("connect", unit_.device_name, Json{{"deviceType", unit_.device_type}}));
      every_period();
    }
    life_.run();
    return life_.finish([this] {
      if (!server_.report) return;
      print(event_line("disconnect", unit_.device_name, Json{{"reason", "stopped"}}));
    });
  }

 private:
  void open() {
    const modbus::Bus& at = server_.endpoint;
    if (at.transport != modbus::Transport::serial) {
      if (const auto done = engine_.listen(); !done) {
        throw Fatal(Status::cannot_create, at.place + ": cannot listen on " + at.host + ":" +
                                               std::to_string(at.port) + ": " + done.error().text);
      }
      return;
    }
    auto opened = serial::Port::open(at.path, line_settings(at.serial));
    if (const auto* error = std::get_if<serial::PortError>(&opened)) {
      throw Fatal(port_status(*error), at.place + ": " + at.path + ": " + error->text);
    }
    port_.emplace(std::get<serial::Port>(std::move(opened)));
    if (const auto done = engine_.serve(port_->fd()); !done) {
      throw Fatal(Status::config, at.place + ": " + done.error().text);
    }
  }

  void take_commands() {
    CommandHooks to_do;
    to_do.event = [this](std::string_view event, const Line& line, CommandHooks::Members) {
      return take_event(event, Json::parse(line.text));
    };
    life_.take_commands(std::move(to_do));
  }

  void print(std::string line) { life_.output().push(std::move(line), false); }

  /// An attribute update changes the places of that name.
  Result<void> take_event(std::string_view event, const Json& content) {
    if (event != "attributes" || !content.contains("data")) return {};
    for (const auto& [key, value] : content["data"].items()) {
      bool known = false;
      for (const modbus::ServedTag& tag : server_.tags) {
        if (tag.tag.key != key) continue;
        known = true;
        if (const auto done = engine_.set(tag, value); !done)
          return Error{key + ": " + done.error().text};
      }
      if (!known) return Error{"no place is called " + in_quotes(key)};
    }
    report();
    return {};
  }

  void every_period() {
    report();
    static_cast<void>(life_.loop().after(server_.period, [this] { every_period(); }));
  }

  /// What the places hold, as the device's readings.
  void report() {
    if (!server_.report) return;
    std::vector<modbus::Reading> readings;
    for (const modbus::ServedTag& tag : server_.tags) {
      if (auto value = engine_.value(tag)) readings.push_back({&tag.tag, *std::move(value)});
    }
    std::string line = writer_.line(unit_, stamps_.next(now_ms()), readings, Loop::Clock::now());
    if (!line.empty()) life_.output().push(std::move(line), true);
  }

  [[nodiscard]] std::vector<std::pair<std::string, Counters>> counters() const {
    const modbus::ServerCounts& counts = engine_.counts();
    return {{server_.endpoint.name,
             {{"requests", counts.requests},
              {"exceptions", counts.exceptions},
              {"writes", counts.writes},
              {"connections", counts.connections}}}};
  }

  const ModbusOptions& options_;
  modbus::Server server_;
  modbus::Unit unit_;
  ConnectorLife life_;
  std::optional<serial::Port> port_;
  modbus::ModbusServer engine_;
  modbus::ReadingWriter writer_;
  StampSpreader stamps_;
};

}  // namespace

Status serve(const ModbusOptions& options, const std::string& path) {
  return Serving(options, server_of(options, path)).run();
}

}  // namespace tbgw
