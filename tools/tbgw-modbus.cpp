// SPDX-License-Identifier: Apache-2.0
// tbgw-modbus: registers and coils → readings on stdout; attribute updates and RPCs on stdin →
// writes and answers.
#include <poll.h>
#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include "core/command_input.hpp"
#include "core/filter.hpp"
#include "core/log.hpp"
#include "core/output.hpp"
#include "core/ready.hpp"
#include "core/record.hpp"
#include "core/signals.hpp"
#include "modbus/connector.hpp"
#include "tbgw-modbus-look.hpp"
#include "tbgw-modbus-port.hpp"
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
        output_(loop_, STDOUT_FILENO, static_cast<std::size_t>(options.buffer)),
        connector_(loop_, output_, std::move(model),
                   {options.once, options.wait, static_cast<std::size_t>(options.buffer)},
                   hooks()) {}

  Status run() {
    loop_.watch(signals_.fd(), POLLIN, [this](short) { take_signals(); });
    loop_.before_wait([this] { before_wait(); });
    if (const auto failures = connector_.open(); !failures.empty()) give_up(failures);
    if (!options_.once) take_commands();
    announce_ready(options_.common.ready_fd, "polling " + names_);
    every_stats();
    if (!ended_) loop_.run();
    return finish();
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
            [this] { end(); }};
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
    to_do.copy = [this](std::string_view line) { output_.push(std::string{line}, false); };
    input_.emplace(loop_, STDIN_FILENO, static_cast<std::size_t>(options_.max_record),
                   std::move(to_do));
  }

  void before_wait() {
    connector_.keep_up();
    if (input_) input_->set_paused(connector_.is_full());
  }

  void take_signals() {
    const Signals::News news = signals_.take();
    if (news.stats) print_stats();
    if (news.stop) end();
  }

  void every_stats() {
    if (options_.common.stats.count() == 0) return;
    static_cast<void>(loop_.after(options_.common.stats, [this] {
      print_stats();
      every_stats();
    }));
  }

  void print_stats() {
    for (auto& [name, counters] : connector_.counters()) {
      if (name.empty() && input_) {
        counters.emplace_back("linesRejected", input_->counts().rejected);
        counters.emplace_back("linesIgnored", input_->counts().ignored);
      }
      std::string line = stats_line(log::program(), name, counters);
      if (output_.has_room(line.size())) output_.push(std::move(line), false);
    }
  }

  void end() {
    ended_ = true;
    loop_.quit();
  }

  /// The end of life, the same for all connectors: what was read is written, the last events behind
  /// it.
  Status finish() {
    notify("STOPPING=1");
    if (input_) input_->stop();
    const std::size_t missing = connector_.units_missing();
    connector_.stop("stopped");
    const bool given = options_.drain_timeout.count() >= 0;
    const auto patience = given ? options_.drain_timeout : kDrainTimeout;
    const bool hurried = given || signals_.stopping();
    const auto until = hurried ? Loop::Clock::now() + patience : Loop::Time::max();
    if (!output_.drain(until)) {
      const std::string text = std::to_string(output_.waiting_records()) +
                               " records could not be written before the drain timeout";
      if (!signals_.stopping()) throw Fatal(Status::try_again, text);
      log::warn(text);
    }
    if (options_.once && !signals_.stopping()) {
      if (missing > 0) return Status::unavailable;
      return connector_.failures() > 0 ? Status::data_error : Status::ok;
    }
    return input_ && input_->counts().rejected > 0 ? Status::data_error : Status::ok;
  }

  const ModbusOptions& options_;
  std::string names_;
  std::vector<std::pair<std::string, const PortStream*>> ports_;  ///< the connector's, by bus
  Signals signals_;
  Loop loop_;
  Output output_;
  modbus::Connector connector_;
  std::optional<CommandInput> input_;
  bool ended_ = false;
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
