// SPDX-License-Identifier: Apache-2.0
// tbgw-modbus: registers and coils → readings on stdout; attribute updates and RPCs on stdin →
// writes and answers.
#include <utility>
#include <vector>

#include "core/connector_life.hpp"
#include "core/log.hpp"
#include "core/ready.hpp"
#include "modbus/connector.hpp"
#include "tbgw-modbus-look.hpp"
#include "tbgw-modbus-port.hpp"
#include "tbgw-modbus-probe.hpp"
#include "tbgw-modbus-serve.hpp"
#include "tbgw-modbus-setup.hpp"

namespace {

using namespace tbgw;

/// Everything that lives while units are polled.
class Run {
 public:
  Run(const ModbusOptions& options, modbus::Model model)
      : options_(options),
        names_(names_of(model)),
        life_(life_settings(options.common, options.buffer, options.max_record,
                            options.drain_timeout),
              {[this] { return connector_.counters(); }, [this] { connector_.keep_up(); },
               [this] { return connector_.is_full(); }}),
        connector_(life_.loop(), life_.output(), std::move(model),
                   {options.once, options.wait, static_cast<std::size_t>(options.buffer)},
                   hooks()) {}

  Status run() {
    if (const auto failures = connector_.open(); !failures.empty()) give_up(failures);
    if (!options_.once) take_commands();
    announce_ready(options_.common.ready_fd, "polling " + names_);
    life_.run();
    const std::size_t missing = connector_.units_missing();
    const Status status = life_.finish([this] { connector_.stop("stopped"); });
    if (!options_.once || life_.was_stopped()) return status;
    if (missing > 0) return Status::unavailable;
    return connector_.failures() > 0 ? Status::data_error : Status::ok;
  }

 private:
  static std::string names_of(const modbus::Model& model) {
    std::string out;
    for (const modbus::Bus& bus : model.buses)
      out += (out.empty() ? "" : ", ") + bus.name;
    return out;
  }

  modbus::ConnectorHooks hooks() {
    return {[this](const modbus::Bus& bus) {
              auto stream = make_stream(bus);
              if (const auto* port = dynamic_cast<const PortStream*>(stream.get())) {
                ports_.emplace_back(bus.name, port);
              }
              return stream;
            },
            [](log::Level level, const std::string& text) { log::limited(level, "modbus", text); },
            [this] { life_.end(); }};
  }

  [[noreturn]] void give_up(const std::vector<modbus::OpenFailure>& failures) {
    for (std::size_t i = 1; i < failures.size(); ++i)
      log::error(failure_text(failures[i]));
    const modbus::OpenFailure& first = failures.front();
    Status status = Status::unavailable;
    for (const auto& [name, port] : ports_) {
      if (name == first.bus->name && port->error()) status = port_status(*port->error());
    }
    if (status == Status::config && first.bus->place.empty()) status = Status::usage;
    throw Fatal(status, failure_text(first));
  }

  /// What a file is to blame for is found there.
  static std::string failure_text(const modbus::OpenFailure& failure) {
    const modbus::Bus& bus = *failure.bus;
    return (bus.place.empty() ? "" : bus.place + ": ") + bus.path + ": " + failure.text;
  }

  void take_commands() {
    CommandHooks to_do;
    to_do.event = [this](std::string_view event, const Line& line, CommandHooks::Members) {
      return connector_.event(event, line.text);
    };
    life_.take_commands(std::move(to_do));
  }

  const ModbusOptions& options_;
  std::string names_;
  std::vector<std::pair<std::string, const PortStream*>> ports_;  ///< the connector's, by bus
  ConnectorLife life_;
  modbus::Connector connector_;
};

void check(const ModbusOptions& options, modbus::Model& model) {
  for (modbus::Bus& bus : model.buses) {
    if (options.once) bus.attempts = 1;
  }
  if (model.units.empty()) {
    throw Fatal(Status::config, options.operands.front() +
                                    ": has no master.slaves to poll; its slave part is for: "
                                    "tbgw-modbus serve " +
                                    options.operands.front());
  }
  const bool by_hand = names_bus(options.operands.front());
  if (by_hand && model.units.front().tags.empty()) {
    throw Fatal(Status::usage, "no TAG given, such as voltage=ir:0:32float");
  }
}

Status run(const ModbusOptions& options) {
  const bool looks = wants_look(options);
  if (!options.operands.empty() && options.operands.front() == "serve") {
    if (options.operands.size() != 2 || looks || options.once) {
      throw Fatal(Status::usage, "serve takes a FILE and nothing else");
    }
    return serve(options, options.operands[1]);
  }
  if (options.probe) return probe(options);
  modbus::Model model = model_of(options);
  if (looks) return look(options, std::move(model));
  check(options, model);
  return Run(options, std::move(model)).run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Poll Modbus units: their registers become readings", "tbgw-modbus"};
  return guarded(app, [&] {
    ModbusOptions options;
    declare_modbus(app, options);
    parse_command_line(app, options.common, argc, argv);
    return run(options);
  });
}
