// SPDX-License-Identifier: Apache-2.0
#include "run/remote_desk.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/status.hpp"
#include "core/version.hpp"

namespace tbgw::run {

RemoteDesk::RemoteDesk(Loop& loop, const std::string& folder, const std::string& main_file,
                       Hooks hooks)
    : loop_(loop),
      hooks_(std::move(hooks)),
      store_(folder, std::filesystem::absolute(main_file).string()) {
  const RemoteState local = read_local(std::filesystem::absolute(main_file).string());
  auto opened = store_.open(local);
  if (!opened) throw Fatal(Status::cannot_create, opened.error().text);
  for (const std::string& winner : opened->winners)
    hooks_.tell(log::Level::warning, winner);
  const auto check = [this](const RemoteState& next, const std::string& /*key*/) {
    const auto file = store_.write_candidate(next);
    if (!file) return std::vector<std::string>{file.error().text};
    return hooks_.check(*file);
  };
  control_.emplace(opened->state, opened->before, opened->trial, check, kVersion, RemoteTimes{},
                   Loop::Clock::now());
}

RemoteDesk::~RemoteDesk() {
  loop_.cancel(timer_);
}

void RemoteDesk::begin() {
  begun_ = true;
  follow();
}

void RemoteDesk::event(const nlohmann::json& event) {
  control_->event(event, Loop::Clock::now());
  follow();
}

void RemoteDesk::running(const std::string& pipeline) {
  control_->running(pipeline, Loop::Clock::now());
  follow();
}

void RemoteDesk::failed(const std::string& name, const std::string& text) {
  control_->failed(name, text, Loop::Clock::now());
  follow();
}

/// What has been decided is done: records, messages, another version.
void RemoteDesk::follow() {
  if (!begun_) return;
  for (const std::string& notice : control_->take_notices())
    hooks_.tell(log::Level::warning, notice);
  if (const auto state = control_->take_state()) {
    if (const auto kept = store_.put(*state, control_->trial_keys()); !kept) {
      hooks_.tell(log::Level::error, kept.error().text);
    }
    // Not from here: this may be the call of a process that is then replaced.
    static_cast<void>(loop_.after(Loop::Duration{0}, [this] { hooks_.changed(); }));
  }
  for (std::string& line : control_->take_lines())
    hooks_.print(std::move(line));
  loop_.cancel(timer_);
  const Loop::Time due = control_->next_tick();
  if (due == Loop::Time::max()) return;
  timer_ = loop_.at(due, [this] {
    timer_ = {};
    control_->tick(Loop::Clock::now());
    follow();
  });
}

}  // namespace tbgw::run
