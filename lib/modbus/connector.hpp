// SPDX-License-Identifier: Apache-2.0
// All buses of one process: readings and events go to one output, commands to the unit they are
// for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_view.hpp"
#include "core/log.hpp"
#include "core/loop.hpp"
#include "core/output.hpp"
#include "core/record.hpp"
#include "core/result.hpp"
#include "modbus/downlink.hpp"
#include "modbus/model.hpp"
#include "modbus/poller.hpp"
#include "modbus/readings.hpp"

namespace tbgw::modbus {

struct ConnectorSettings {
  bool once = false;  ///< everything is read once
  bool wait = false;  ///< for ports that are absent or busy at the start
  std::size_t buffer = std::size_t{4} << 20;
};

struct ConnectorHooks {
  /// What carries the bytes of a bus.
  std::function<std::unique_ptr<Stream>(const Bus&)> stream;
  /// For a person. May repeat without end.
  std::function<void(log::Level, const std::string&)> say;
  /// Everything was read once.
  std::function<void()> finished;
};

/// A bus that could not be opened and is not waited for.
struct OpenFailure {
  const Bus* bus = nullptr;
  std::string text;
};

class Connector {
 public:
  /// Opens nothing yet. Loop and output must outlive this object.
  Connector(Loop& loop, Output& output, Model model, ConnectorSettings settings,
            ConnectorHooks hooks);

  /// Opens all buses. Serial ports that fail are returned (unless they are waited for), and then
  /// the connector must not be used.
  std::vector<OpenFailure> open();
  /// A downlink event. An Error makes it a rejected line.
  Result<void> event(std::string_view event, std::string_view line);
  /// Before each wait.
  void keep_up();
  /// Answers pile up because stdout takes nothing: take no more commands.
  [[nodiscard]] bool is_full() const;
  void stop(const std::string& reason);

  /// Counters of each bus by name, and of the connector under "".
  [[nodiscard]] std::vector<std::pair<std::string, Counters>> counters() const;
  /// Units that were never reached, or are gone.
  [[nodiscard]] std::size_t units_missing() const;
  /// Tags that had no value, and requests that failed.
  [[nodiscard]] std::uint64_t failures() const { return failures_ + no_values(); }

 private:
  PollerHooks poller_hooks();
  void add_bus(std::size_t index);
  void take_readings(const Unit& unit, EpochMs ts, const std::vector<Reading>& readings);
  void take_health(const Unit& unit, bool online, const std::string& why);
  void take_fault(const Unit* unit, const std::string& bus, const Fault& fault);
  void take_identity(const Unit& unit, const std::string& json);
  void print(std::string line) { output_.push(std::move(line), false); }
  void report_overload();
  void release_held();
  [[nodiscard]] std::uint64_t no_values() const;

  Loop& loop_;
  Output& output_;
  Model model_;
  ConnectorSettings settings_;
  ConnectorHooks hooks_;
  ReadingWriter writer_;
  std::vector<std::unique_ptr<Poller>> pollers_;
  Downlink downlink_;
  std::vector<const Unit*> online_;
  Loop::Timer held_timer_;
  Loop::Time held_due_ = Loop::Time::max();
  Loop::Time overload_due_;
  std::uint64_t overruns_said_ = 0;
  std::uint64_t dropped_said_ = 0;
  std::uint64_t readings_ = 0;
  std::uint64_t values_ = 0;
  std::uint64_t failures_ = 0;
  bool stopped_ = false;
};

}  // namespace tbgw::modbus
