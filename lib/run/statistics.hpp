// SPDX-License-Identifier: Apache-2.0
// The counters of all tools of a gateway, as the reference's statistics and for Prometheus. Pure;
// statistics_machine.hpp looks at the machine.
//
// tbgw-run hands over each stats event and each error that a process says; every period it prints
// statistics_line().
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "run/statistics_machine.hpp"

namespace tbgw::run {

/// Whether a counter of our tools says how much there is now, and not how much there was.
bool is_gauge(std::string_view counter);

class StatisticsBook {
 public:
  struct Source {
    std::string pipeline;  ///< "" = the gateway's own
    std::string tool;
    std::string name;  ///< of the instance, "" = it has none
    auto operator<=>(const Source&) const = default;
  };
  struct Counter {
    std::uint64_t value = 0;   ///< as the tool said last
    std::uint64_t total = 0;   ///< also over restarts of the tool
    std::uint64_t before = 0;  ///< total at the end of the last period
  };
  using Counters = std::map<std::string, Counter, std::less<>>;

  /// A stats event; `pipeline` is whose it is, unless the event itself has a member of that name.
  /// What is none, or strange, is ignored.
  void take(const nlohmann::json& event, const std::string& pipeline = "");
  /// A process said an error, or a fault event came. `converter`: it is the tbgw-convert of it.
  void error(const std::string& pipeline, bool converter = false);
  /// A pipeline that is not there any more.
  void forget(const std::string& pipeline);

  /// What the reference publishes every period. Members that nobody counted are left out.
  [[nodiscard]] nlohmann::json service_stats() const;
  [[nodiscard]] nlohmann::json connectors_stats(const std::vector<std::string>& pipelines) const;
  /// <connector>_ERRORS_COUNT and ALL_ERRORS_COUNT of the period.
  [[nodiscard]] nlohmann::json error_counts(const std::vector<std::string>& pipelines) const;
  /// The answer to gateway_stats: eventsProduced, eventsSent, <Connector>EventsProduced …
  [[nodiscard]] nlohmann::json rpc_stats(const std::vector<std::string>& pipelines) const;
  /// Counts begin anew.
  void end_period();

  [[nodiscard]] const std::map<Source, Counters>& all() const { return counters_; }
  /// Errors since the start, by pipeline.
  [[nodiscard]] std::map<std::string, std::uint64_t> errors() const;
  /// Sum of a counter over the instances of a tool in this pipeline; of the period, or the present
  /// value of a gauge. `known` becomes true if anybody counts it.
  [[nodiscard]] std::uint64_t sum(std::string_view pipeline, std::string_view tool,
                                  std::string_view counter, bool& known) const;

 private:
  struct Errors {
    Counter connector;
    Counter converter;
  };

  [[nodiscard]] nlohmann::json connector_stats(const std::string& pipeline) const;

  std::map<Source, Counters> counters_;
  std::map<std::string, Errors> errors_;
};

/// A reading of the gateway's own device: machineStats, serviceStats, connectorsStats and the error
/// counts.
std::string statistics_line(const StatisticsBook& book, const Machine& machine,
                            const std::vector<std::string>& pipelines, EpochMs now);
/// The attributes that are told once: totalMemory, totalDisk, cpuCount.
std::string machine_line(const Machine& machine);
/// What the reference tells of each device: whose it is.
std::string device_line(std::string_view device, std::string_view connector, std::string_view type);
/// A custom statistic: the output of its command as a number if it is one, else as text. "" = there
/// was none.
std::string custom_line(const std::string& key, std::string_view output, EpochMs now);

}  // namespace tbgw::run
