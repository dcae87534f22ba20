// SPDX-License-Identifier: Apache-2.0
// Remote configuration in the order of its events: what the platform says is decided upon, tried,
// and acknowledged or taken back. Pure; remote.hpp says how tbgw-run hooks it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/loop.hpp"
#include "run/remote.hpp"

namespace tbgw::run {

struct RemoteTimes {
  std::chrono::milliseconds settle{3'000};  ///< what runs for so long has come up
  std::chrono::milliseconds bound{30'000};  ///< a pipeline that has not come up by then never does
  std::chrono::milliseconds connect{60'000};  ///< likewise the connection to another platform
};

class RemoteControl {
 public:
  using Time = Loop::Time;

  /// `state` runs, or is about to; `trial` of it has to prove itself, else `before` comes back.
  /// Tells the platform how this gateway is configured.
  RemoteControl(RemoteState state, RemoteState before, const std::vector<std::string>& trial,
                RemoteCheck check, const std::string& our_version, RemoteTimes times, Time now);

  /// An event for the gateway itself: platform-up and -down, attributes, attributes-response;
  /// others mean nothing here.
  void event(const nlohmann::json& event, Time now);
  /// All programs of a pipeline are there. Told at each of its starts.
  void running(const std::string& pipeline, Time now);
  /// One of them ended, and is going to be started again.
  void stopped(const std::string& pipeline);
  /// A pipeline ended with an error, or cannot be started. Another name than a connector's: a part
  /// of the gateway itself (spool, route).
  void failed(const std::string& name, const std::string& text, Time now);
  void tick(Time now);
  [[nodiscard]] Time next_tick() const;

  /// Records to print, up.
  std::vector<std::string> take_lines();
  /// What people should know, each a sentence.
  std::vector<std::string> take_notices();
  /// A new version to keep and to run, since the last call.
  std::optional<RemoteState> take_state();
  /// What of it has to prove itself.
  [[nodiscard]] std::vector<std::string> trial_keys() const;

  [[nodiscard]] const RemoteState& state() const { return state_; }
  /// Why a shared attribute was not applied, by name, until it is.
  [[nodiscard]] const std::map<std::string, std::string>& errors() const { return errors_; }

 private:
  struct Trial {
    Time began;
    std::optional<Time> up;  ///< since when it runs without trouble
    bool needs_platform = false;
  };

  void ask(const std::vector<std::string>& keys);
  void take(const nlohmann::json& incoming, Time now);
  void begin(const std::vector<std::string>& keys, Time now);
  void acknowledge(const std::string& key);
  void refuse(const std::string& key, const std::string& text);
  void fail(const std::string& key, const std::string& text);
  void go_on(Time now);
  void publish(const std::string& key, const nlohmann::json& value);
  [[nodiscard]] nlohmann::json document_of(const std::string& key) const;
  [[nodiscard]] Time bound_of(const Trial& trial) const;

  RemoteState state_;
  RemoteState before_;
  RemoteCheck check_;
  RemoteTimes times_;
  std::map<std::string, Trial> trials_;
  std::map<std::string, nlohmann::json> refused_;
  std::map<std::string, std::string> errors_;
  nlohmann::json pending_ = nlohmann::json::object();  ///< came during a trial
  std::set<std::int64_t> asked_;
  std::int64_t next_id_ = 1;
  bool is_new_ = false;
  std::vector<std::string> lines_;
  std::vector<std::string> notices_;
};

/// A reading of the gateway's own device.
std::string attributes_line(const nlohmann::json& attributes);

}  // namespace tbgw::run
