// SPDX-License-Identifier: Apache-2.0
// The end of a group: the source first, each process behind it when what it reads has ended, none
// for longer than its limit.
#include <algorithm>
#include <csignal>

#include "run/group.hpp"

namespace tbgw::run {

bool Group::is_source(const Unit& unit) {
  return unit.process.role == Role::connector || unit.process.role == Role::downlink;
}

Loop::Duration Group::limit_of(const Unit& unit) const {
  switch (unit.process.role) {
    case Role::connector:
    case Role::downlink:
      return kSourceLimit;
    case Role::route:
      return kRouteLimit;
    case Role::spool:
      return kSpoolLimit;
    case Role::convert:
    case Role::filter:
      break;
  }
  return kChainLimit;
}

void Group::stop() {
  if (stopping_) return;
  stopping_ = true;
  std::vector<Unit*> sources;
  for (auto unit = units_.rbegin(); unit != units_.rend(); ++unit) {
    loop_.cancel((*unit)->timer);
    if (is_source(**unit)) {
      sources.push_back(unit->get());
    } else {
      steps_.push_back({unit->get()});
    }
  }
  if (!sources.empty()) steps_.insert(steps_.begin(), sources);
  step_ = 0;
  // Not from here: whoever asked for the end may not be ready for it yet.
  step_limit_ = loop_.after(Loop::Duration{0}, [this] {
    step_limit_ = {};
    for (Unit* unit : steps_.front())
      pass_on(*unit);
    take_step();
  });
}

/// Asks a process to end: sources, and whoever keeps records, by a signal; a filter by the end of
/// what it reads.
void Group::pass_on(const Unit& unit) {
  const bool by_signal =
      is_source(unit) || unit.process.role == Role::route || unit.process.role == Role::spool;
  if (by_signal && unit.pid > 0) ::kill(unit.pid, SIGTERM);
}

/// Goes on as far as processes have ended; waits for the next one that has not.
void Group::take_step() {
  while (step_ < steps_.size()) {
    const auto& step = steps_[step_];
    const auto runs = [](const Unit* unit) { return unit->pid > 0; };
    if (std::any_of(step.begin(), step.end(), runs)) break;
    for (Unit* unit : step) {
      unit->state = Unit::State::stopped;
      channels_.close_writing(unit->process.out);
    }
    if (++step_ < steps_.size()) {
      for (const Unit* unit : steps_[step_])
        pass_on(*unit);
    }
    loop_.cancel(step_limit_);
  }
  if (step_ >= steps_.size()) {
    if (hooks_.stopped) hooks_.stopped();
    return;
  }
  if (step_limit_) return;
  step_limit_ = loop_.after(limit_of(*steps_[step_].front()), [this] {
    step_limit_ = {};
    for (const Unit* unit : steps_[step_]) {
      if (unit->pid <= 0) continue;
      hooks_.tell(unit->process, log::Level::warning, "does not end: killed");
      ::kill(-unit->pid, SIGKILL);
    }
  });
}

void Group::kill_all() {
  for (const auto& unit : units_) {
    if (unit->pid > 0) ::kill(-unit->pid, SIGKILL);
  }
}

}  // namespace tbgw::run
