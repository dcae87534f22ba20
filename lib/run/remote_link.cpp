// SPDX-License-Identifier: Apache-2.0
#include "run/remote_link.hpp"

#include <algorithm>
#include <utility>

#include "core/version.hpp"
#include "run/checks.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

/// How often pipelines on trial are looked at.
constexpr std::chrono::milliseconds kLook{200};

/// Paths in the folder of candidates say nothing to whoever sent the configuration.
std::string without(std::string text, const std::string& part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at))
    text.erase(at, part.size());
  return text;
}

}  // namespace

RemoteLink::RemoteLink(Loop& loop, const std::string& folder, const std::string& main_file,
                       Hooks hooks)
    : loop_(loop), folder_(folder), hooks_(std::move(hooks)), store_(folder, main_file) {
  auto opened = store_.open(read_local(main_file));
  if (!opened) throw Fatal(Status::cannot_create, opened.error().text);
  opened_ = std::move(*opened);
  for (const std::string& winner : opened_.winners)
    hooks_.tell(log::Level::info, winner);
}

RemoteLink::~RemoteLink() {
  loop_.cancel(look_);
}

void RemoteLink::begin(const Supervisor& supervisor) {
  supervisor_ = &supervisor;
  applied_ = Loop::Clock::now();
  control_ = std::make_unique<RemoteControl>(
      opened_.state, opened_.before, opened_.trial,
      [this](const RemoteState& next, const std::string&) { return check(next); }, kVersion,
      RemoteTimes{}, applied_);
  settle();
}

void RemoteLink::event(const Json& event) {
  if (!control_) return;
  control_->event(event, Loop::Clock::now());
  settle();
}

std::vector<std::string> RemoteLink::mistakes_of(const RemoteState& state) {
  const auto candidate = store_.write_candidate(state);
  if (!candidate) return {candidate.error().text};
  Mistakes mistakes;
  Gateway gateway;
  mistakes.attempt([&] { gateway = hooks_.read(*candidate, mistakes); });
  if (mistakes.none()) ask_tools(gateway, hooks_.find, mistakes);
  std::vector<std::string> out;
  for (const std::string& text : mistakes.texts())
    out.push_back(without(text, folder_ + "/candidate/"));
  return out;
}

/// What was wrong before is not the fault of the change.
std::vector<std::string> RemoteLink::check(const RemoteState& next) {
  std::vector<std::string> mistakes = mistakes_of(next);
  if (mistakes.empty()) return mistakes;
  const std::vector<std::string> before = mistakes_of(control_->state());
  mistakes.erase(std::remove_if(mistakes.begin(), mistakes.end(),
                                [&](const std::string& text) {
                                  return std::find(before.begin(), before.end(), text) !=
                                         before.end();
                                }),
                 mistakes.end());
  return mistakes;
}

/// What the control decided is done, until it has nothing more to say.
void RemoteLink::settle() {
  while (const auto state = control_->take_state()) {
    const auto kept = store_.put(*state, control_->trial_keys());
    if (!kept) hooks_.tell(log::Level::error, kept.error().text);
    applied_ = Loop::Clock::now();
    seen_.clear();
    const bool runs = kept && hooks_.run(store_.main_file());
    if (runs) continue;
    for (const std::string& key : control_->trial_keys())
      control_->failed(key, kept ? "its files cannot be run" : kept.error().text,
                       Loop::Clock::now());
  }
  for (const std::string& notice : control_->take_notices())
    hooks_.tell(log::Level::warning, notice);
  for (std::string& line : control_->take_lines())
    hooks_.print(std::move(line));
  loop_.cancel(look_);
  if (!control_->trial_keys().empty()) look_ = loop_.after(kLook, [this] { look(); });
}

void RemoteLink::look() {
  for (const std::string& key : control_->trial_keys())
    look_at(key);
  control_->tick(Loop::Clock::now());
  settle();
}

/// Its programs run, those of the new version.
void RemoteLink::look_at(const std::string& key) {
  const Group* const group = supervisor_->pipeline(key);
  if (group == nullptr) return;
  bool all = true;
  for (const auto& unit : group->units()) {
    if (unit->since < applied_) return;  // the version before, on its way out
    if (unit->state == Unit::State::failed) {
      return control_->failed(key, unit->process.name + " " + describe_end(unit->last_status),
                              Loop::Clock::now());
    }
    all = all && unit->state != Unit::State::waiting;
  }
  bool& ran = seen_[key];
  if (all != ran) {
    if (all) {
      control_->running(key, Loop::Clock::now());
    } else {
      control_->stopped(key);
    }
  }
  ran = all;
}

nlohmann::ordered_json RemoteLink::state() const {
  nlohmann::ordered_json out{{"mainFile", store_.main_file()}, {"files", opened_.winners}};
  if (!control_) return out;
  out["onTrial"] = control_->trial_keys();
  out["errors"] = control_->errors();
  return out;
}

}  // namespace tbgw::run
