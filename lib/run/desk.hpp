// SPDX-License-Identifier: Apache-2.0
// What a gateway says of itself: counters and faults of its tools, statistics for the platform,
// answers to its calls, its state.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/loop.hpp"
#include "core/time.hpp"
#include "run/gateway_rpc.hpp"
#include "run/metrics_server.hpp"
#include "run/notify.hpp"
#include "run/own_pipeline.hpp"
#include "run/statistics.hpp"
#include "run/supervisor.hpp"
#include "run/tap_reader.hpp"

namespace tbgw::run {

class Desk {
 public:
  struct Hooks {
    std::function<void()> restart;  ///< the platform asked for it
    std::function<void(log::Level level, const std::string& text)> tell;
    std::function<void(const nlohmann::json& event)> event;  ///< for the gateway itself
    /// What `tbgw-run status` says of the remote configuration; null = there is none.
    std::function<nlohmann::ordered_json()> remote;
  };

  /// `supervisor` must outlive it. Fatal as MetricsServer.
  Desk(Loop& loop, const Supervisor& supervisor, const Places& places, Hooks hooks);
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  /// The FIFOs are there.
  void begin();
  /// A record of the gateway's own. After begin().
  void print(std::string record) { pipeline_->print(std::move(record)); }
  /// A process said an error.
  void take_error(const Process& process, const Pipeline* pipeline, std::string_view text);
  /// The files are others now.
  void apply();
  /// For `tbgw-run status`: one object.
  [[nodiscard]] std::string state() const;

 private:
  struct Fault {
    std::string text;
    EpochMs at = 0;
  };

  void take_event(const nlohmann::json& event);
  void take_call(const nlohmann::json& event);
  void take_news(const std::string& pipeline, const nlohmann::json& event);
  void every_statistics();
  void every_note();
  [[nodiscard]] GatewayFacts facts() const;
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::vector<pid_t> pids() const;
  [[nodiscard]] std::string metrics();
  [[nodiscard]] nlohmann::ordered_json pipeline_state(const Pipeline& pipeline) const;
  [[nodiscard]] bool is_up(const std::string& pipeline) const;

  Loop& loop_;
  const Supervisor& supervisor_;
  Places places_;
  Hooks hooks_;
  StatisticsBook book_;
  MachineWatch machine_;
  RemoteShell shell_;
  ServiceNotes notes_;
  std::optional<bool> platform_up_;
  std::map<std::string, Fault, std::less<>> faults_;
  std::unique_ptr<OwnPipeline> pipeline_;
  std::unique_ptr<TapReader> taps_;
  std::unique_ptr<MetricsServer> metrics_;
  std::string metrics_address_;
  Loop::Timer statistics_;
  Loop::Timer note_;
  Loop::Timer restart_;
  EpochMs started_ = now_ms();
};

}  // namespace tbgw::run
