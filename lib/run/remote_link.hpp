// SPDX-License-Identifier: Apache-2.0
// Remote configuration joined to what runs: versions on disk, checks by the tools, and whether the
// pipelines of a new version come up.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/loop.hpp"
#include "run/mistakes.hpp"
#include "run/remote_control.hpp"
#include "run/supervisor.hpp"
#include "run/version_store.hpp"

namespace tbgw::run {

class RemoteLink {
 public:
  struct Hooks {
    /// What a main file says, all mistakes included.
    std::function<Gateway(const std::string& main_file, Mistakes& mistakes)> read;
    std::function<std::string(const std::string& program)> find;
    /// From now on this main file runs. False: it cannot; why was told.
    std::function<bool(const std::string& main_file)> run;
    std::function<void(std::string record)> print;
    std::function<void(log::Level level, const std::string& text)> tell;
  };

  /// Opens the versions in `folder`. Fatal 66/77/78 for the local files, 73 for the folder.
  RemoteLink(Loop& loop, const std::string& folder, const std::string& main_file, Hooks hooks);
  ~RemoteLink();
  RemoteLink(const RemoteLink&) = delete;
  RemoteLink& operator=(const RemoteLink&) = delete;

  /// What is to run.
  [[nodiscard]] std::string main_file() const { return store_.main_file(); }
  /// Records can be printed; the platform is told how we are configured.
  void begin(const Supervisor& supervisor);
  /// An event for the gateway itself.
  void event(const nlohmann::json& event);
  /// For `tbgw-run status`: which files won, and why something was refused.
  [[nodiscard]] nlohmann::ordered_json state() const;

 private:
  std::vector<std::string> check(const RemoteState& next);
  std::vector<std::string> mistakes_of(const RemoteState& state);
  void settle();
  void look();
  void look_at(const std::string& key);

  Loop& loop_;
  std::string folder_;
  Hooks hooks_;
  VersionStore store_;
  VersionStore::Opened opened_;
  std::unique_ptr<RemoteControl> control_;
  const Supervisor* supervisor_ = nullptr;
  Loop::Time applied_{};  ///< what runs since then is the new version
  std::map<std::string, bool>
      seen_;  ///< pipelines on trial: all of its programs ran at the last look
  Loop::Timer look_;
};

}  // namespace tbgw::run
