// SPDX-License-Identifier: Apache-2.0
// The platform's hand on the configuration: versions on disk, what is checked and tried, around the
// decisions of remote_control.hpp.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/log.hpp"
#include "core/loop.hpp"
#include "run/remote_control.hpp"
#include "run/version_store.hpp"

namespace tbgw::run {

class RemoteDesk {
 public:
  struct Hooks {
    /// The mistakes of a main file, as `tbgw-run check` says them.
    std::function<std::vector<std::string>(const std::string& main_file)> check;
    std::function<void(std::string record)> print;
    std::function<void(log::Level level, const std::string& text)> tell;
    /// Another version is to run: main_file() says it.
    std::function<void()> changed;
  };

  /// `main_file` is the user's tb_gateway.json. Fatal 66, 77, 78 as load_config(), 73.
  RemoteDesk(Loop& loop, const std::string& folder, const std::string& main_file, Hooks hooks);
  ~RemoteDesk();
  RemoteDesk(const RemoteDesk&) = delete;
  RemoteDesk& operator=(const RemoteDesk&) = delete;

  /// From now on records can be printed.
  void begin();
  /// The file to run: the user's own, or the version that the platform made of it.
  [[nodiscard]] std::string main_file() const { return store_.main_file(); }
  void event(const nlohmann::json& event);
  void running(const std::string& pipeline);
  void failed(const std::string& name, const std::string& text);

 private:
  void follow();

  Loop& loop_;
  Hooks hooks_;
  VersionStore store_;
  std::optional<RemoteControl> control_;
  bool begun_ = false;
  Loop::Timer timer_;
};

}  // namespace tbgw::run
