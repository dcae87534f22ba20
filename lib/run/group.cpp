// SPDX-License-Identifier: Apache-2.0
// How the processes of a group are started and kept alive. group_stop.cpp ends them.
#include "run/group.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <random>

#include "core/number.hpp"
#include "core/status.hpp"
#include "run/spawn.hpp"

namespace tbgw::run {
namespace {

double random_share() {
  static std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>{0, 1}(generator);
}

Schedule::Delay ran_for(const Unit& unit, Loop::Time now) {
  return std::chrono::duration_cast<Schedule::Delay>(now - unit.since);
}

}  // namespace

std::string describe_end(int status) {
  if (status == 127) return "cannot be started: there is no such program";
  if (status == 126) return "cannot be started: it may not be executed";
  if (status <= 128) return "ended with " + std::to_string(status);
  const char* name = ::sigabbrev_np(status - 128);
  return "was killed by " +
         (name == nullptr ? "signal " + std::to_string(status - 128) : "SIG" + std::string{name});
}

Group::Group(Loop& loop, Settings settings, std::vector<Process> processes, Channels channels,
             Hooks hooks)
    : loop_(loop),
      settings_(std::move(settings)),
      channels_(std::move(channels)),
      hooks_(std::move(hooks)) {
  for (Process& process : processes)
    units_.push_back(std::make_unique<Unit>(std::move(process), settings_.restart));
}

Group::~Group() {
  loop_.cancel(step_limit_);
  for (const auto& unit : units_) {
    loop_.cancel(unit->timer);
    if (unit->ready) loop_.forget(unit->ready.get());
  }
  kill_all();
}

void Group::start() {
  begin_next();
}

/// In turn: one, and the next when it is ready. Else all at once.
void Group::begin_next() {
  while (next_ < units_.size()) {
    Unit& unit = *units_[next_++];
    begin(unit);
    if (settings_.in_turn) return;
  }
  if (hooks_.started) hooks_.started();
}

/// The status that says why it could not be started, or 0.
int Group::launch(Unit& unit, int ready, std::string& error) {
  const std::string program = hooks_.find(unit.process.argv.front());
  if (program.empty()) return 127;
  std::map<std::string, std::string> environment = settings_.environment;
  environment.merge(unit.voice->environment());
  Argv argv = unit.process.argv;
  if (ready >= 0) {
    argv.insert(argv.begin() + 1, {"--ready-fd", std::to_string(kReadyFd)});
  }
  const Fd in = channels_.open(unit.process.in, false);
  const Fd out = channels_.open(unit.process.out, true);
  const auto pid = spawn(
      {program, argv, in.get(), out.get(), unit.voice->fd(), ready, environment, settings_.limits});
  if (!pid) {
    error = pid.error().text;
    return static_cast<int>(Status::try_again);
  }
  unit.pid = *pid;
  return 0;
}

void Group::begin(Unit& unit) {
  loop_.cancel(unit.timer);
  const bool tells_ready = settings_.in_turn && !unit.was_ready;
  Pipe ready;
  if (tells_ready) ready = make_pipe();
  if (!unit.voice) {
    unit.voice =
        std::make_unique<Voice>(loop_, [this, &unit](log::Level level, std::string_view text) {
          hooks_.heard(unit.process, level, text);
        });
  }
  std::string error;
  const int status = launch(unit, ready.write.get(), error);
  unit.since = Loop::Clock::now();
  if (status != 0) {
    if (!error.empty()) hooks_.tell(unit.process, log::Level::error, error);
    return on_end(unit, status);
  }
  unit.state = Unit::State::running;
  hooks_.tell(unit.process, log::Level::debug, "started as " + std::to_string(unit.pid));
  if (tells_ready) watch_ready(unit, std::move(ready.read));
  Unit* down = downlink();
  if (unit.process.role == Role::connector && down != nullptr && next_ >= units_.size() &&
      down->state != Unit::State::running) {
    begin(*down);
  }
}

void Group::watch_ready(Unit& unit, Fd read_end) {
  unit.ready = std::move(read_end);
  loop_.watch(unit.ready.get(), POLLIN, [this, &unit](short) {
    char byte = 0;
    const bool spoke = ::read(unit.ready.get(), &byte, 1) == 1;
    loop_.forget(unit.ready.get());
    unit.ready.reset();
    if (!spoke || unit.was_ready) return;  // it ended before; the next try speaks
    unit.was_ready = true;
    if (!stopping_) begin_next();
  });
}

bool Group::take_end(pid_t pid, int status) {
  for (const auto& unit : units_) {
    if (unit->pid != pid) continue;
    unit->pid = -1;
    on_end(*unit, status);
    return true;
  }
  return false;
}

void Group::on_end(Unit& unit, int status) {
  unit.last_status = status;
  unit.voice.reset();  // what it said last goes before what we say
  if (stopping_) {
    unit.state = Unit::State::stopped;
    unit.since = Loop::Clock::now();
    return take_step();
  }
  if (std::exchange(unit.replaced, false)) return begin(unit);
  if (status > 128) channels_.end_line(unit.process.out);
  if (unit.process.role == Role::connector) lose_connector();
  const auto decision =
      unit.schedule.ended(status, ran_for(unit, Loop::Clock::now()), random_share());
  unit.since = Loop::Clock::now();
  using What = Schedule::Decision::What;
  const std::string end = describe_end(status);
  if (decision.what == What::start) return again_later(unit, decision.delay);
  unit.state = decision.what == What::done ? Unit::State::done : Unit::State::failed;
  if (decision.what == What::done) {
    hooks_.tell(unit.process, log::Level::info, end + ": done");
  } else {
    hooks_.tell(unit.process, log::Level::error,
                end + ": not started again until its file changes");
  }
}

void Group::again_later(Unit& unit, Loop::Duration delay) {
  ++unit.restarts;
  unit.state = Unit::State::waiting;
  unit.due = Loop::Clock::now() + delay;
  hooks_.tell(unit.process, log::Level::warning,
              describe_end(unit.last_status) + ": starts again in " + format_duration(delay));
  // The way down comes back with its connector.
  if (unit.process.role == Role::downlink) {
    const auto connector = std::find_if(units_.begin(), units_.end(), [](const auto& other) {
      return other->process.role == Role::connector;
    });
    if ((*connector)->state != Unit::State::running) return;
  }
  unit.timer = loop_.after(delay, [this, &unit] { begin(unit); });
}

/// Commands that wait for a connector that is gone would reach the device long after whoever sent
/// them gave up. Without a reader the router answers them at once.
void Group::lose_connector() {
  Unit* down = downlink();
  if (down == nullptr) return;
  loop_.cancel(down->timer);
  if (down->pid > 0) {
    const pid_t pid = std::exchange(down->pid, -1);
    ::kill(-pid, SIGKILL);  // reaped as nobody's
  }
  down->state = Unit::State::waiting;
  channels_.renew(down->process.out);
}

Unit* Group::downlink() {
  const auto found = std::find_if(units_.begin(), units_.end(), [](const auto& unit) {
    return unit->process.role == Role::downlink;
  });
  return found == units_.end() ? nullptr : found->get();
}

bool Group::differs(const std::vector<Process>& processes) const {
  const auto same = [](const auto& unit, const Process& process) {
    return unit->process.argv == process.argv && unit->process.in == process.in &&
           unit->process.out == process.out;
  };
  return !std::equal(units_.begin(), units_.end(), processes.begin(), processes.end(), same);
}

void Group::update(std::vector<Process> processes) {
  for (std::size_t i = 0; i < units_.size(); ++i) {
    Unit& unit = *units_[i];
    if (unit.process.argv == processes[i].argv) continue;
    unit.process = std::move(processes[i]);
    unit.schedule = Schedule{settings_.restart};
    if (unit.pid > 0) {
      unit.replaced = true;
      ::kill(unit.pid, SIGTERM);
    } else if (!stopping_ && i < next_) {
      begin(unit);
    }
  }
}

void Group::retry() {
  if (stopping_) return;
  for (const auto& unit : units_) {
    const bool waits = unit->state == Unit::State::waiting && unit->timer;
    if (unit->state == Unit::State::failed || unit->state == Unit::State::done || waits) {
      begin(*unit);
    }
  }
}

}  // namespace tbgw::run
