// SPDX-License-Identifier: Apache-2.0
#include "run/supervisor.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <set>
#include <utility>

#include "core/fifo.hpp"
#include "core/status.hpp"

namespace tbgw::run {

void write_secrets(const Places& places, const Platform& platform) {
  for (const auto& [option, secret] : platform.secrets) {
    const std::string path = secret_path(places, option);
    ::unlink(path.c_str());
    const Fd file{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!file) throw_errno(Status::cannot_create, path);
    if (const auto written = write_all(file.get(), secret + "\n"); !written) {
      throw Fatal(Status::cannot_create, path + ": " + written.error().text);
    }
  }
}

/// Where it stands in its file is no reason to stop it.
bool is_same_work(Pipeline one, const Pipeline& other) {
  one.place = other.place;
  return one == other;
}

Supervisor::Supervisor(Loop& loop, Gateway gateway, Places places, LayoutOptions options,
                       Hooks hooks)
    : loop_(loop),
      gateway_(std::move(gateway)),
      places_(std::move(places)),
      options_(std::move(options)),
      hooks_(std::move(hooks)) {}

/// A pipeline keeps its number as long as it is there: its FIFOs are called so.
std::vector<std::size_t> Supervisor::numbers() {
  std::set<std::size_t> taken;
  for (const auto& running : pipelines_)
    taken.insert(running->number);
  std::vector<std::size_t> out;
  for (const Pipeline& pipeline : gateway_.pipelines) {
    const Running* const found = find_running(pipeline.name);
    std::size_t number = 1;
    if (found != nullptr) {
      number = found->number;
    } else {
      while (taken.count(number) != 0)
        ++number;
    }
    taken.insert(number);
    out.push_back(number);
  }
  return out;
}

std::vector<Process> Supervisor::processes_of(const Layout& layout,
                                              const std::string& pipeline) const {
  std::vector<Process> out;
  for (const Process& process : layout.processes) {
    const bool ring = !process.pipeline;
    const bool wanted =
        pipeline.empty() ? ring : !ring && gateway_.pipelines[*process.pipeline].name == pipeline;
    if (wanted) out.push_back(process);
  }
  return out;
}

Group::Hooks Supervisor::hooks_for(const std::string& name) {
  Group::Hooks hooks;
  hooks.find = hooks_.find;
  hooks.tell = hooks_.tell;
  hooks.heard = [this, name](const Process& process, log::Level level, std::string_view text) {
    const Running* const found = name.empty() ? nullptr : find_running(name);
    hooks_.heard(process, found == nullptr ? nullptr : &found->pipeline, level, text);
  };
  return hooks;
}

/// What the processes of the gateway as it is to be find when they start.
Layout Supervisor::prepare() {
  options_.numbers = numbers();
  Layout layout = lay_out(gateway_, places_, options_);
  for (const std::string& fifo : layout.fifos)
    make_fifo(places_.runtime + "/" + fifo);
  write_secrets(places_, gateway_.platform);
  return layout;
}

void Supervisor::start() {
  const Layout layout = prepare();
  Group::Hooks hooks = hooks_for("");
  hooks.started = [this] {
    if (std::exchange(started_, true) || stopping_) return;
    const Layout now = lay_out(gateway_, places_, options_);
    for (std::size_t i = 0; i < gateway_.pipelines.size(); ++i)
      start_pipeline(now, gateway_.pipelines[i], options_.numbers[i]);
    hooks_.ready();
  };
  hooks.stopped = hooks_.stopped;
  Group::Settings settings;
  settings.in_turn = true;
  ring_ = std::make_unique<Group>(loop_, settings, processes_of(layout, ""),
                                  Channels{places_.runtime}, std::move(hooks));
  ring_->start();
}

void Supervisor::start_pipeline(const Layout& layout, const Pipeline& pipeline,
                                std::size_t number) {
  auto running = std::make_unique<Running>();
  running->pipeline = pipeline;
  running->number = number;
  Group::Settings settings;
  settings.restart = pipeline.restart;
  settings.environment = pipeline.environment;
  settings.limits = pipeline.limits;
  Group::Hooks hooks = hooks_for(pipeline.name);
  // Not within the group's own call: it is destroyed there.
  hooks.stopped = [this, name = pipeline.name] {
    static_cast<void>(loop_.after(Loop::Duration{0}, [this, name] { pipeline_stopped(name); }));
  };
  running->group = std::make_unique<Group>(loop_, settings, processes_of(layout, pipeline.name),
                                           Channels{places_.runtime}, std::move(hooks));
  pipelines_.push_back(std::move(running));
  pipelines_.back()->group->start();
}

void Supervisor::pipeline_stopped(const std::string& name) {
  const auto found = std::find_if(pipelines_.begin(), pipelines_.end(), [&](const auto& running) {
    return running->pipeline.name == name && running->group->is_stopped();
  });
  if (found == pipelines_.end()) return;
  const std::size_t number = (*found)->number;
  const bool replaced = (*found)->replaced;
  pipelines_.erase(found);
  if (stopping_) return end_ring();
  const Pipeline* const next = planned(name);
  if (!replaced || next == nullptr) return;
  start_pipeline(lay_out(gateway_, places_, options_), *next, number);
}

void Supervisor::apply(Gateway gateway) {
  if (stopping_) return;
  gateway_ = std::move(gateway);
  const Layout layout = prepare();
  for (const auto& running : pipelines_) {
    const Pipeline* const next = planned(running->pipeline.name);
    running->replaced = next != nullptr;
    const bool same = running->replaced && is_same_work(*next, running->pipeline) &&
                      !running->group->differs(processes_of(layout, next->name));
    if (!same) running->group->stop();
  }
  ring_->update(processes_of(layout, ""));
  if (!started_) return;  // the pipelines come when the ring stands
  for (std::size_t i = 0; i < gateway_.pipelines.size(); ++i) {
    if (pipeline(gateway_.pipelines[i].name) != nullptr) continue;
    start_pipeline(layout, gateway_.pipelines[i], options_.numbers[i]);
  }
}

const Supervisor::Running* Supervisor::find_running(std::string_view name) const {
  const auto found = std::find_if(pipelines_.begin(), pipelines_.end(),
                                  [&](const auto& one) { return one->pipeline.name == name; });
  return found == pipelines_.end() ? nullptr : found->get();
}

const Pipeline* Supervisor::planned(std::string_view name) const {
  const auto found = std::find_if(gateway_.pipelines.begin(), gateway_.pipelines.end(),
                                  [&](const Pipeline& one) { return one.name == name; });
  return found == gateway_.pipelines.end() ? nullptr : &*found;
}

const Group* Supervisor::pipeline(std::string_view name) const {
  const Running* const found = find_running(name);
  return found == nullptr ? nullptr : found->group.get();
}

void Supervisor::stop() {
  if (std::exchange(stopping_, true)) return;
  for (const auto& running : pipelines_)
    running->group->stop();
  end_ring();
}

void Supervisor::end_ring() {
  if (pipelines_.empty()) ring_->stop();
}

void Supervisor::kill_all() {
  for (const auto& running : pipelines_)
    running->group->kill_all();
  ring_->kill_all();
}

void Supervisor::retry() {
  for (const auto& running : pipelines_)
    running->group->retry();
  ring_->retry();
}

/// Whoever led a group leaves nothing behind: the rest of it is killed before its number can be
/// given to another.
void Supervisor::reap() {
  while (true) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return;
    const pid_t pid = info.si_pid;
    ::kill(-pid, SIGKILL);
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid) return;
    const int ended = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    bool taken = ring_ && ring_->take_end(pid, ended);
    for (std::size_t i = 0; !taken && i < pipelines_.size(); ++i)
      taken = pipelines_[i]->group->take_end(pid, ended);
  }
}

}  // namespace tbgw::run
