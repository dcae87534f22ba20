// SPDX-License-Identifier: Apache-2.0
#include "tbgw-modbus-probe.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/fd.hpp"
#include "core/log.hpp"
#include "core/number.hpp"
#include "core/signals.hpp"
#include "core/status_line.hpp"
#include "modbus/probe.hpp"
#include "serial/port_list.hpp"
#include "tbgw-modbus-look.hpp"
#include "tbgw-modbus-port.hpp"

namespace tbgw {
namespace {

using modbus::Milliseconds;

[[noreturn]] void misused(const std::string& text) {
  throw Fatal(Status::usage, "--probe: " + text);
}

/// Whether the kernel speaks on this port, and maybe people log in there: no place for attempts.
bool is_console(const std::string& port) {
  std::string names;
  try {
    names = read_file("/sys/class/tty/console/active");
  } catch (const Fatal&) {
    return false;  // no console at all
  }
  std::replace(names.begin(), names.end(), '\n', ' ');
  return (" " + names + " ").find(" " + port.substr(port.rfind('/') + 1) + " ") !=
         std::string::npos;
}

/// "rtu", "rtu,9600/1-3": every serial port of this machine, with what is said of their lines.
std::vector<modbus::Endpoint> every_port(const std::string& operand) {
  const std::size_t end = std::min(operand.find_first_of(",/"), operand.size());
  const std::string scheme = operand.substr(0, end);
  if (scheme != "rtu" && scheme != "ascii") return {};
  auto all = modbus::parse_endpoint(scheme + ":each" + operand.substr(end));
  if (!all) misused(all.error().text);
  std::vector<modbus::Endpoint> out;
  for (const serial::PortInfo& port : serial::list_ports()) {
    if (is_console(port.port)) {
      log::info(port.port + " is the system's console: it is left out");
      continue;
    }
    modbus::Endpoint& one = out.emplace_back(*all);
    one.bus.path = port.port;
    one.bus.name = modbus::name_of(one.bus);
  }
  if (out.empty()) throw Fatal(Status::no_input, "this machine has no serial port to try");
  return out;
}

/// The serial buses of a file, each with its units.
std::vector<modbus::Endpoint> lines_of_file(const ModbusOptions& o) {
  const modbus::Model model = model_of(o);
  std::vector<modbus::Endpoint> out;
  for (std::size_t i = 0; i < model.buses.size(); ++i) {
    if (model.buses[i].transport != modbus::Transport::serial) continue;
    modbus::Endpoint& one = out.emplace_back();
    one.bus = model.buses[i];
    one.units.clear();
    for (const modbus::Unit& unit : model.units) {
      const bool known =
          std::find(one.units.begin(), one.units.end(), unit.unit_id) != one.units.end();
      if (unit.bus == i && !known) one.units.push_back(unit.unit_id);
    }
  }
  if (out.empty()) {
    misused(o.operands.front() + " has no serial line, and only those have settings to try");
  }
  return out;
}

std::vector<modbus::Endpoint> lines_of(const ModbusOptions& o) {
  if (o.operands.empty()) {
    misused("name a port, such as rtu:/dev/ttyUSB0/1; or rtu for every port of this machine");
  }
  const std::string& operand = o.operands.front();
  if (o.operands.size() > 1) misused("takes one bus and no tags");
  if (auto ports = every_port(operand); !ports.empty()) return ports;
  if (!names_bus(operand)) return lines_of_file(o);
  auto endpoint = modbus::parse_endpoint(operand);
  if (!endpoint) misused(endpoint.error().text);
  if (endpoint->bus.transport != modbus::Transport::serial) {
    misused(endpoint->bus.name +
            " is no serial line, and only those have settings to try (its units: --scan 1-247)");
  }
  return {*std::move(endpoint)};
}

/// Tries the lines one after the other.
class Probe {
 public:
  Probe(const ModbusOptions& options, std::vector<modbus::Endpoint> lines)
      : options_(options), lines_(std::move(lines)), status_(!options.common.quiet) {
    for (modbus::Endpoint& line : lines_) {
      line.bus.settle = modbus::kProbeSettle;
      if (std::find(line.units.begin(), line.units.end(), 0) != line.units.end()) {
        misused("unit 0 is a broadcast, which nobody answers");
      }
    }
  }

  Status run() {
    announce();
    for (const modbus::Endpoint& line : lines_) {
      if (!signals_.stopping()) try_line(line);
    }
    status_.clear();
    if (found_ > 0 || signals_.stopping()) return Status::ok;
    if (failed_ != Status::ok) return failed_;
    throw Fatal(Status::unavailable,
                "nobody answered (is the unit id right, is A swapped with B, does the unit need "
                "longer? see --timeout)");
  }

 private:
  Milliseconds patience_on(const modbus::Bus& bus) const {
    const bool said = options_.timeout.count() >= 0;
    return said ? std::max(options_.timeout, Milliseconds{1}) : modbus::patience_on(bus);
  }

  /// How much there is to do; in the words of a person who will wait for it.
  void announce() const {
    std::size_t count = 0;
    Milliseconds time{0};
    for (const modbus::Endpoint& line : lines_) {
      modbus::Bus bus = line.bus;
      for (const modbus::SerialSettings& settings : modbus::settings_to_try(line)) {
        bus.serial = settings;
        time += modbus::probe_time(line.units.size(), patience_on(bus));
        ++count;
      }
    }
    const std::string where =
        lines_.size() == 1 ? lines_.front().bus.name : std::to_string(lines_.size()) + " ports";
    log::warn(where + ": trying " + std::to_string(count) +
              (count == 1 ? " setting" : " settings") + ", which takes at most " +
              format_duration(std::chrono::ceil<std::chrono::seconds>(time)));
  }

  void try_line(const modbus::Endpoint& line) {
    const Fd held = hold_port(line.bus);
    const std::vector<modbus::SerialSettings> all = modbus::settings_to_try(line);
    std::optional<serial::PortError> failed;
    bool opened = false;
    for (std::size_t i = 0; i < all.size() && !signals_.stopping(); ++i) {
      modbus::Bus bus = line.bus;
      bus.serial = all[i];
      const std::string attempt = bus.name + "," + modbus::line_text(bus.serial);
      auto error = try_settings(bus, line.units, attempt,
                                std::to_string(i + 1) + " of " + std::to_string(all.size()));
      if (!error) {
        opened = true;
        continue;
      }
      failed = std::move(error);
      // The next settings may suit it.
      if (failed->why != serial::PortError::Why::unsuitable) break;
      tell(attempt + ": " + failed->text);
    }
    if (!failed || (opened && failed->why == serial::PortError::Why::unsuitable)) return;
    status_.clear();
    log::error(line.bus.path + ": " + failed->text);
    if (failed_ == Status::ok) failed_ = port_status(*failed);
  }

  /// Why the port cannot be had with these settings.
  std::optional<serial::PortError> try_settings(const modbus::Bus& bus,
                                                const std::vector<std::uint8_t>& units,
                                                const std::string& attempt,
                                                const std::string& which) {
    auto stream = std::make_unique<PortStream>(bus);
    const PortStream& port = *stream;
    modbus::Asker asker(bus, std::move(stream));
    if (!asker.open()) return port.error();
    asker.give_up_at(signals_.fd());
    const auto found = modbus::probe_units(
        asker, bus, units, patience_on(bus),
        [this](const std::string& line) {
          status_.clear();
          print_line(line);
        },
        [&](std::uint8_t id) {
          static_cast<void>(status_.show(attempt + "/" + std::to_string(id) + " … (" + which + ")",
                                         Loop::Clock::now()));
          signals_.take();
          return !signals_.stopping();
        });
    signals_.take();
    found_ += found;
    if (found == 0 && !signals_.stopping()) tell(attempt + ": no answer");
    return std::nullopt;
  }

  void tell(const std::string& text) {
    if (log::enabled(log::Level::info)) status_.clear();
    log::info(text);
  }

  const ModbusOptions& options_;
  std::vector<modbus::Endpoint> lines_;
  StatusLine status_;
  Signals signals_;
  std::size_t found_ = 0;
  Status failed_ = Status::ok;  ///< of the first port that could not be had
};

}  // namespace

Status probe(const ModbusOptions& options) {
  return Probe(options, lines_of(options)).run();
}

}  // namespace tbgw
