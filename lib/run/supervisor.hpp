// SPDX-License-Identifier: Apache-2.0
// A whole gateway, kept alive: the ring and the pipelines, started in order, changed while they
// run, stopped in order.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/loop.hpp"
#include "run/group.hpp"
#include "run/layout.hpp"
#include "run/plan.hpp"

namespace tbgw::run {

class Supervisor {
 public:
  struct Hooks {
    std::function<std::string(const std::string& program)> find;
    /// A line that a process said. `pipeline` is null for the ring.
    std::function<void(const Process& process, const Pipeline* pipeline, log::Level level,
                       std::string_view text)>
        heard;
    /// Something happened to a process: for people.
    std::function<void(const Process& process, log::Level level, const std::string& text)> tell;
    /// The ring stands and all pipelines have been started.
    std::function<void()> ready;
    /// The end of stop().
    std::function<void()> stopped;
  };

  Supervisor(Loop& loop, Gateway gateway, Places places, LayoutOptions options, Hooks hooks);

  void start();
  /// From now on it is this one. What does not differ goes on as it is.
  void apply(Gateway gateway);
  void stop();
  void kill_all();
  /// Takes the ends of all children, also of those that children left behind.
  void reap();
  /// What waits for a changed file is tried again.
  void retry();

  [[nodiscard]] const Gateway& gateway() const { return gateway_; }
  [[nodiscard]] const Group& ring() const { return *ring_; }
  /// nullptr: there is no such pipeline, or it is about to be started.
  [[nodiscard]] const Group* pipeline(std::string_view name) const;

 private:
  /// A pipeline that runs, or is on its way out.
  struct Running {
    Pipeline pipeline;
    std::size_t number = 0;
    bool replaced = false;  ///< when it is stopped, it starts as the gateway then says
    std::unique_ptr<Group> group;
  };

  [[nodiscard]] const Running* find_running(std::string_view name) const;
  /// Of the gateway as it is to be.
  [[nodiscard]] const Pipeline* planned(std::string_view name) const;
  Layout prepare();
  [[nodiscard]] std::vector<std::size_t> numbers();
  [[nodiscard]] std::vector<Process> processes_of(const Layout& layout,
                                                  const std::string& pipeline) const;
  void start_pipeline(const Layout& layout, const Pipeline& pipeline, std::size_t number);
  void pipeline_stopped(const std::string& name);
  void end_ring();
  Group::Hooks hooks_for(const std::string& pipeline);

  Loop& loop_;
  Gateway gateway_;
  Places places_;
  LayoutOptions options_;
  Hooks hooks_;
  std::unique_ptr<Group> ring_;
  std::vector<std::unique_ptr<Running>> pipelines_;
  bool started_ = false;
  bool stopping_ = false;
};

/// Whether a pipeline need not be restarted to be as `one` says.
bool is_same_work(Pipeline one, const Pipeline& other);
/// Puts the secrets where the processes find them, for the owner only. Fatal 73.
void write_secrets(const Places& places, const Platform& platform);

}  // namespace tbgw::run
