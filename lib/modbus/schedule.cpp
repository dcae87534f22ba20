// SPDX-License-Identifier: Apache-2.0
#include "modbus/schedule.hpp"

#include <algorithm>

namespace tbgw::modbus {
namespace {

/// Requests without any answer after which a unit is offline.
constexpr int kPatience = 2;
constexpr Milliseconds kLongestBackoff{60000};
/// Where nobody else is on the bus, looking often costs nobody anything.
constexpr Milliseconds kLongestAlone{10000};
/// Probes of dead units take at most this part of the time of a bus that others use.
constexpr int kProbeShare = 40;
/// A probe waits so long for the bus to be idle.
constexpr Milliseconds kLongestWait{10000};
constexpr Milliseconds kBusyWait{100};
constexpr Milliseconds kMostLateness{10000};
/// What comes so soon behind an answer is the same again.
constexpr Milliseconds kRepeat{500};
constexpr Milliseconds kMostRepeats = 2 * kRepeat;
constexpr std::chrono::minutes kRepeatsFor{10};

}  // namespace

std::size_t Schedule::add_unit(const Pace& pace, Time now) {
  Unit unit;
  unit.pace = pace;
  unit.start = now;
  unit.not_before = unit.quiet_until = unit.probe_at = now;
  unit.answered_at = unit.repeated_at = now - kRepeatsFor;
  units_.push_back(std::move(unit));
  return units_.size() - 1;
}

void Schedule::set_polls(std::size_t index, const std::vector<Poll>& polls, Time now) {
  Unit& unit = units_.at(index);
  unit.polls.replace(polls, now);
  const bool gone = unit.retry && unit.retry->kind != Job::Kind::command &&
                    std::none_of(polls.begin(), polls.end(),
                                 [&](const Poll& poll) { return poll.id == unit.retry->id; });
  if (gone) unit.retry.reset();
}

void Schedule::add_command(std::size_t unit, std::uint64_t id, Time now) {
  commands_.push_back({unit, id, now});
}

void Schedule::drop_command(std::uint64_t id) {
  std::erase_if(commands_, [&](const Command& command) { return command.id == id; });
  for (Unit& unit : units_) {
    if (unit.retry && unit.retry->kind == Job::Kind::command && unit.retry->id == id)
      unit.retry.reset();
  }
}

Time Schedule::open_at(const Unit& unit, bool retry) const {
  return retry ? unit.not_before : std::max(unit.not_before, unit.quiet_until);
}

bool Schedule::any_alive() const {
  return std::any_of(units_.begin(), units_.end(), [](const Unit& unit) {
    return unit.health != Health::offline && !unit.polls.empty();
  });
}

Time Schedule::probe_time(const Unit& unit) const {
  const Time at = any_alive() ? std::max(unit.probe_at, probe_gate_) : unit.probe_at;
  return std::max(at, open_at(unit, false));
}

std::optional<Job> Schedule::take(Time now, bool polls) {
  if (auto job = take_command(now)) return job;
  if (!polls) return std::nullopt;
  // Also where there is always something due, a unit must be able to come back.
  if (auto job = take_probe(now - kLongestWait)) return job;
  if (auto job = take_poll(now)) return job;
  return take_probe(now);
}

Job Schedule::start(Unit& unit, Job job) {
  ++unit.in_flight;
  unit.served = ++turn_;
  return job;
}

std::optional<Job> Schedule::take_command(Time now) {
  for (std::size_t i = 0; i < units_.size(); ++i) {
    Unit& unit = units_[i];
    const bool waits = unit.retry && unit.retry->kind == Job::Kind::command;
    if (!waits || !free(unit) || unit.retry_due > now || open_at(unit, true) > now) continue;
    const Job job = *unit.retry;
    unit.retry.reset();
    return start(unit, job);
  }
  if (commands_.empty()) return std::nullopt;
  std::vector<bool> blocked(units_.size(), false);
  for (auto command = commands_.begin(); command != commands_.end(); ++command) {
    Unit& unit = units_[command->unit];
    const bool waits = unit.retry && unit.retry->kind == Job::Kind::command;
    if (blocked[command->unit] || waits || !free(unit) || open_at(unit, false) > now) {
      // The commands of one unit keep their order.
      blocked[command->unit] = true;
      continue;
    }
    const Job job{Job::Kind::command, command->unit, command->id, 0, command->since};
    commands_.erase(command);
    return start(unit, job);
  }
  return std::nullopt;
}

/// The earliest deadline; where several are equal, the unit that waits longest.
std::optional<Job> Schedule::take_poll(Time now) {
  Unit* best = nullptr;
  Job chosen;
  Time deadline = Time::max();
  const auto offer = [&](Unit& unit, const Job& job, Time due) {
    const bool better =
        due < deadline || (due == deadline && best != nullptr && unit.served < best->served);
    if (!better) return;
    best = &unit;
    chosen = job;
    deadline = due;
  };
  for (std::size_t i = 0; i < units_.size(); ++i) {
    Unit& unit = units_[i];
    if (unit.health == Health::offline || !free(unit)) continue;
    if (unit.retry) {
      const bool poll = unit.retry->kind == Job::Kind::poll;
      if (poll && unit.retry_due <= now && open_at(unit, true) <= now)
        offer(unit, *unit.retry, unit.retry_due);
      continue;
    }
    if (open_at(unit, false) > now) continue;
    const Deadline* poll = unit.polls.earliest();
    if (poll == nullptr || poll->due > now) continue;
    offer(unit, Job{Job::Kind::poll, i, poll->poll.id, 0, poll->due}, poll->due);
  }
  if (best == nullptr) return std::nullopt;
  if (best->retry) {
    best->retry.reset();
  } else {
    // Not again before it is finished.
    best->polls.set(chosen.id, Time::max());
  }
  return start(*best, chosen);
}

std::optional<Job> Schedule::take_probe(Time now) {
  Unit* best = nullptr;
  for (Unit& unit : units_) {
    const bool may = unit.health == Health::offline && !unit.polls.empty() && free(unit) &&
                     unit.in_flight == 0 && probe_time(unit) <= now;
    if (may && (best == nullptr || unit.probe_at < best->probe_at)) best = &unit;
  }
  if (best == nullptr) return std::nullopt;
  const auto index = static_cast<std::size_t>(best - units_.data());
  return start(*best, Job{Job::Kind::probe, index, best->polls.front().id, 0, best->probe_at});
}

Time Schedule::due() const {
  Time due = Time::max();
  for (const Command& command : commands_) {
    const Unit& unit = units_[command.unit];
    if (free(unit)) due = std::min(due, open_at(unit, false));
  }
  for (const Unit& unit : units_) {
    if (!free(unit)) continue;
    if (unit.health == Health::offline) {
      if (!unit.polls.empty() && unit.in_flight == 0) due = std::min(due, probe_time(unit));
    }
    if (unit.retry) {
      due = std::min(due, std::max(unit.retry_due, open_at(unit, true)));
    } else if (unit.health != Health::offline) {
      const Deadline* poll = unit.polls.earliest();
      if (poll != nullptr) due = std::min(due, std::max(poll->due, open_at(unit, false)));
    }
  }
  return due;
}

/// The first deadline behind the last one that is not late by more than a period.
Time Schedule::next_on_grid(const Unit& unit, const Deadline& deadline, Time now) {
  const auto period = std::chrono::nanoseconds{deadline.poll.period};
  const Time origin = unit.pace.aligned ? epoch_ + unit.pace.phase : unit.start;
  const auto past = [&](Time time) {
    auto steps = (time - origin) / period;
    if (time < origin && (time - origin) % period != Time::duration{0}) --steps;
    return origin + steps * period;
  };
  const Time next = past(deadline.due) + period;
  // What is due within the period before now can still be served.
  const Time least = past(now);
  if (next >= least) return next;
  counts_.overruns += static_cast<std::uint64_t>((least - next) / period);
  return least;
}

void Schedule::reschedule(Unit& unit, std::uint64_t id, Time now) {
  const Deadline* deadline = unit.polls.find(id);
  if (deadline == nullptr) return;
  const bool again = deadline->poll.period.count() > 0;
  unit.polls.set(id, again ? next_on_grid(unit, *deadline, now) : Time::max());
}

Verdict Schedule::finish(const Job& job, Outcome outcome, Time now, Milliseconds spent) {
  Unit& unit = units_.at(job.unit);
  unit.in_flight = std::max(0, unit.in_flight - 1);
  unit.not_before = now + unit.pace.delay;
  if (job.kind == Job::Kind::poll) unit.polls.set(job.id, job.deadline);
  if (outcome == Outcome::answered) return answered(unit, job, now);
  if (outcome == Outcome::busy) {
    if (job.attempt < unit.pace.retries) {
      Verdict verdict = again(unit, job, now + kBusyWait * (1 << std::min(job.attempt, 4)));
      verdict.online = answered(unit, Job{Job::Kind::command, job.unit, 0, 0, now}, now).online;
      return verdict;
    }
    return answered(unit, job, now);
  }
  return failed(unit, job, outcome, now, spent);
}

Verdict Schedule::answered(Unit& unit, const Job& job, Time now) {
  // One of the earlier attempts may still be answered.
  if (unit.owes && job.attempt > 0) owe_until(unit, now + unit.lateness);
  unit.owes = false;
  unit.answered_at = now;
  if (now - unit.repeated_at > kRepeatsFor) unit.repeats = Milliseconds{0};
  if (unit.repeats.count() > 0 && !told_apart_) owe_until(unit, now + unit.repeats);
  unit.exhausted = 0;
  unit.backoff = Milliseconds{0};
  Verdict verdict;
  if (unit.health == Health::unknown || unit.health == Health::offline) verdict.online = true;
  if (unit.health == Health::offline) unit.polls.set_all(now);
  unit.health = Health::good;
  if (job.kind != Job::Kind::command) reschedule(unit, job.id, now);
  return verdict;
}

Verdict Schedule::again(Unit& unit, Job job, Time when) {
  ++job.attempt;
  ++counts_.retries;
  if (job.kind == Job::Kind::poll) unit.polls.set(job.id, Time::max());
  unit.retry = job;
  // Behind all that is due by now, before what will be.
  unit.retry_due = when;
  return Verdict{true, std::nullopt};
}

Verdict Schedule::failed(Unit& unit, const Job& job, Outcome outcome, Time now,
                         Milliseconds spent) {
  if (outcome == Outcome::silent && !told_apart_) {
    owe_until(unit, now + std::max(spent, unit.lateness));
    unit.owes = true;
  }
  if (job.kind == Job::Kind::probe || (unit.health == Health::offline && !unit.polls.empty())) {
    put_off_probe(unit, now, spent);
    return {};
  }
  if (unit.exhausted == 0 && job.attempt < unit.pace.retries) return again(unit, job, now);
  if (job.kind == Job::Kind::command) return {};
  ++unit.exhausted;
  reschedule(unit, job.id, now);
  if (unit.exhausted < kPatience) return {};
  go_offline(unit, now);
  put_off_probe(unit, now, spent);
  return Verdict{false, false};
}

/// Until then an answer may come that nobody can tell from another of the unit.
void Schedule::owe_until(const Unit& owing, Time until) {
  for (Unit& unit : units_) {
    const bool same = unit.pace.address >= 0 && unit.pace.address == owing.pace.address;
    if (same || &unit == &owing) unit.quiet_until = std::max(unit.quiet_until, until);
  }
}

void Schedule::go_offline(Unit& unit, Time now) {
  unit.health = Health::offline;
  unit.retry.reset();
  unit.backoff = Milliseconds{0};
  unit.probe_at = now;
}

void Schedule::put_off_probe(Unit& unit, Time now, Milliseconds spent) {
  Milliseconds least{1000};
  if (!unit.polls.empty() && unit.polls.front().period.count() > 0) {
    least = unit.polls.front().period;
  }
  const bool alive = any_alive();
  const Milliseconds most = alive ? kLongestBackoff : kLongestAlone;
  unit.backoff = std::min(most, std::max(least, unit.backoff * 2));
  // Not in step with others.
  std::uniform_int_distribution<int> percent(90, 110);
  unit.probe_at = now + unit.backoff * percent(random_) / 100;
  if (alive) probe_gate_ = now + spent * kProbeShare;
}

void Schedule::stale(std::size_t index, Time now, std::optional<Milliseconds> age) {
  Unit& unit = units_.at(index);
  if (told_apart_) return;
  const bool expected = now < unit.quiet_until;
  if (expected && unit.repeats.count() == 0) return;
  const auto gap = age.value_or(std::chrono::ceil<Milliseconds>(now - unit.answered_at));
  if (gap <= kRepeat) {
    // Later than was reckoned with: the gap may be to a later one of the same.
    const auto longer = expected ? unit.repeats : unit.repeats * 2;
    unit.repeats = std::min(std::max(longer, gap * 2 + Milliseconds{10}), kMostRepeats);
    unit.repeated_at = now;
    owe_until(unit, now + unit.repeats);
  } else {
    // It owed nothing any more, we thought.
    unit.lateness = std::min(kMostLateness, unit.lateness * 2);
  }
}

bool Schedule::give_up(std::size_t index) {
  Unit& unit = units_.at(index);
  if (unit.health == Health::offline) return false;
  unit.health = Health::offline;
  unit.retry.reset();
  unit.backoff = Milliseconds{0};
  return true;
}

void Schedule::connected(Time now) {
  for (Unit& unit : units_) {
    if (unit.health == Health::offline) {
      unit.probe_at = now;
      unit.backoff = Milliseconds{0};
    }
  }
  probe_gate_ = now;
}

bool Schedule::is_online(std::size_t unit) const {
  return units_.at(unit).health == Health::good;
}

bool Schedule::is_offline(std::size_t unit) const {
  return units_.at(unit).health == Health::offline;
}

bool Schedule::has_single_polls() const {
  for (const Unit& unit : units_) {
    if (unit.health == Health::offline) continue;
    if (unit.in_flight > 0 || unit.retry) return true;
    if (unit.polls.has_single()) return true;
  }
  return false;
}

}  // namespace tbgw::modbus
