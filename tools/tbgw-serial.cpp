// SPDX-License-Identifier: Apache-2.0
// tbgw-serial: serial ports → raw records on stdout; commands on stdin → bytes for the ports.
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/app.hpp"
#include "core/connector_life.hpp"
#include "core/filter.hpp"
#include "core/log.hpp"
#include "core/number.hpp"
#include "core/output.hpp"
#include "core/ready.hpp"
#include "core/text.hpp"
#include "serial/cli_options.hpp"
#include "serial/connector.hpp"
#include "serial/connector_file.hpp"
#include "serial/holder.hpp"
#include "serial/port_list.hpp"

namespace {

using namespace tbgw;
using serial::PortError;

struct Options {
  CommonOptions common;
  std::string config;  ///< a connector file; common.config would be a file of options
  std::vector<std::string> ports;
  std::string device;
  std::string device_type = "default";
  serial::PortOptions port;
  bool list = false;
  bool wait = false;
  std::uint64_t count = 0;
  std::uint64_t buffer = std::uint64_t{16} << 20;
  std::uint64_t max_record = kMaxRecord;
  std::chrono::milliseconds drain_timeout{-1};  ///< -1ms = not given
};

/// A port with what a message about its settings starts with, and whose fault a mistake in them is.
struct Planned {
  serial::PortSetup setup;
  std::string place;  ///< "serial.json:4", or the port's name
  Status blame = Status::usage;
};

void declare(CLI::App& app, Options& o) {
  declare_common(
      app, o.common, ConfigUse::own,
      {"tbgw-serial --list", "tbgw-serial /dev/ttyUSB0 --baud 115200 | jq --unbuffered .data"},
      serial::port_list_version());
  serial::declare_ports(app, o.ports);
  app.add_option("--config", o.config, "Take ports and settings from a connector file")
      ->type_name("FILE");
  app.add_option("--device", o.device, "The device's name in ThingsBoard (one PORT)")
      ->type_name("NAME")
      ->check([](const std::string& name) {
        return !name.empty() && is_utf8(name) ? "" : "must be a text in UTF-8, not empty";
      });
  app.add_option("--device-type", o.device_type, "Its device profile")
      ->type_name("NAME")
      ->needs("--device");
  app.add_flag("--wait", o.wait, "Wait for ports that are absent or busy");
  app.add_flag("--list", o.list, "Print the ports of this machine and exit");
  auto* count = add_integer(app, "--count", o.count, 1, std::numeric_limits<std::int64_t>::max(),
                            "End after N frames");
  count->default_str("");
  app.add_flag_callback(
         "--once", [&o] { o.count = 1; }, "End after one frame")
      ->excludes(count);
  add_size(app, "--buffer", o.buffer, "Frames wait here while stdout is blocked", 1);
  add_size(app, "--max-record", o.max_record, "Longest line to read or write", 1);
  add_duration(app, "--drain-timeout", o.drain_timeout, "Give up writing at the end")
      ->default_str(format_duration(kDrainTimeout));
  serial::declare_port_options(app, o.port);
}

std::vector<Planned> ports_of_file(const Options& o) {
  serial::ConnectorFile file = serial::read_connector_file(load_config(o.config));
  for (const std::string& notice : file.notices)
    log::info(notice);
  std::vector<Planned> out;
  for (serial::FilePort& port : file.ports) {
    out.push_back({std::move(port.setup), port.place, Status::config});
  }
  return out;
}

std::vector<Planned> ports_of_operands(const Options& o) {
  std::vector<Planned> out;
  for (const std::string& name : o.ports) {
    Planned planned{{}, name, Status::usage};
    planned.setup.name = name;
    planned.setup.device = o.device;
    planned.setup.device_type = o.device_type;
    const bool twice = std::any_of(out.begin(), out.end(),
                                   [&](const Planned& other) { return other.place == name; });
    if (twice) throw Fatal(Status::usage, name + " is given twice");
    out.push_back(std::move(planned));
  }
  return out;
}

/// All ports with all their settings; Fatal 64 or 78 if anything does not go together.
std::vector<Planned> plan(const Options& o) {
  const bool from_file = !o.config.empty();
  if (from_file && !o.ports.empty()) {
    throw Fatal(Status::usage, "give PORT operands or --config, not both");
  }
  if (!from_file && o.ports.empty()) {
    throw Fatal(Status::usage, "no PORT given; what is there: tbgw-serial --list");
  }
  if (!o.device.empty() && o.ports.size() != 1) {
    throw Fatal(Status::usage, "--device names the device of one PORT operand");
  }
  std::vector<Planned> planned = from_file ? ports_of_file(o) : ports_of_operands(o);
  for (Planned& port : planned) {
    auto good = serial::apply(o.port, port.setup);
    if (good) good = serial::check(port.setup, o.max_record);
    if (!good) throw Fatal(port.blame, port.place + ": " + good.error().text);
  }
  return planned;
}

Status status_of(const PortError& error, Status blame) {
  switch (error.why) {
    case PortError::Why::absent:
      return Status::no_input;
    case PortError::Why::denied:
      return Status::no_permission;
    case PortError::Why::busy:
      return Status::try_again;
    case PortError::Why::unsuitable:
      break;
  }
  return blame;
}

/// Settings that a file is to blame for are found there.
std::string failure_text(const Planned& port, const PortError& error) {
  std::string text;
  if (error.why == PortError::Why::unsuitable && port.blame == Status::config) {
    text = port.place + ": ";
  }
  return text.append(port.setup.name).append(": ").append(error.text);
}

[[noreturn]] void give_up(const std::vector<Planned>& planned,
                          const std::vector<serial::OpenFailure>& failures) {
  for (std::size_t i = 1; i < failures.size(); ++i) {
    log::error(failure_text(planned[failures[i].port], failures[i].error));
  }
  const serial::OpenFailure& first = failures.front();
  const Planned& port = planned[first.port];
  throw Fatal(status_of(first.error, port.blame), failure_text(port, first.error));
}

Status list() {
  std::string out;
  for (const serial::PortInfo& info : serial::list_ports())
    out += serial::port_line(info) + "\n";
  print(out);
  return Status::ok;
}

/// Programs that take no lock (a getty, ModemManager) eat bytes in silence: say who else is there.
void name_other_holders(const std::string& name, const std::string& path) {
  if (!log::enabled(log::Level::info)) return;
  std::vector<serial::Holder> others = serial::holders_of(path);
  std::erase_if(others, [](const serial::Holder& holder) { return holder.pid == ::getpid(); });
  if (!others.empty()) {
    log::info(name + ": also open in " + serial::name_holders(others) +
              ", which may take bytes away");
  }
}

/// Everything that lives while ports are read.
class Run {
 public:
  Run(const Options& options, std::vector<Planned> planned)
      : options_(options),
        planned_(std::move(planned)),
        life_(life_settings(options.common, options.buffer, options.max_record,
                            options.drain_timeout),
              {[this] { return counters(); }, [this] { connector_.keep_up(); },
               [this] { return connector_.is_full(); }}),
        connector_(life_.loop(), life_.output(), settings(), hooks()) {}

  Status run() {
    if (const auto failures = connector_.open(); !failures.empty()) give_up(planned_, failures);
    take_commands();
    life_.run();
    return life_.finish([this] { connector_.stop("stopped"); });
  }

 private:
  [[nodiscard]] serial::ConnectorSettings settings() const {
    serial::ConnectorSettings settings;
    for (const Planned& port : planned_)
      settings.ports.push_back(port.setup);
    settings.buffer = static_cast<std::size_t>(options_.buffer);
    settings.max_record = static_cast<std::size_t>(options_.max_record);
    settings.wait = options_.wait;
    settings.count = options_.count;
    return settings;
  }

  serial::ConnectorHooks hooks() {
    return {[](const serial::Notice& notice) { log::limited(notice.level, "ports", notice.text); },
            name_other_holders,
            [this] { announce_ready(options_.common.ready_fd, "reading " + names()); },
            [this] { life_.end(); }};
  }

  [[nodiscard]] std::string names() const {
    std::string out;
    for (const Planned& port : planned_)
      out += (out.empty() ? "" : ", ") + port.setup.name;
    return out;
  }

  /// Commands come on stdin unless that is a port itself, or only a few frames are wanted.
  void take_commands() {
    const bool is_port = std::any_of(planned_.begin(), planned_.end(),
                                     [](const Planned& port) { return port.setup.is_stdin(); });
    if (is_port || options_.count > 0) return;
    CommandHooks to_do;
    to_do.command = [this](const Line&, CommandHooks::Members members) {
      return connector_.command(members);
    };
    to_do.event = [this](std::string_view event, const Line& line, CommandHooks::Members) {
      ++events_ignored_;
      log::limited(log::Level::warning, "downlink events",
                   "stdin:" + std::to_string(line.number) + ": the event " + in_quotes(event) +
                       " is not bytes for a device: tbgw-convert --downlink makes them");
      return Result<void>{};
    };
    life_.take_commands(std::move(to_do));
  }

  [[nodiscard]] std::vector<std::pair<std::string, Counters>> counters() const {
    Counters counters = connector_.totals().counters();
    counters.emplace_back("eventsIgnored", events_ignored_);
    return {{"", std::move(counters)}};
  }

  const Options& options_;
  std::vector<Planned> planned_;
  ConnectorLife life_;
  serial::Connector connector_;
  std::uint64_t events_ignored_ = 0;
};

Status run(const Options& options) {
  if (options.list) return list();
  return Run(options, plan(options)).run();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Read serial ports: every frame becomes a record", "tbgw-serial"};
  return guarded(app, [&] {
    Options options;
    declare(app, options);
    parse_command_line(app, options.common, argc, argv);
    return run(options);
  });
}
