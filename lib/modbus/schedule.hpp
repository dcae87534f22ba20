// SPDX-License-Identifier: Apache-2.0
// Which request of a bus comes next: deadlines without drift or backlog, the health of units, and
// fairness between them. Pure; the clock is the caller's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

#include "modbus/deadlines.hpp"
#include "modbus/tag.hpp"

namespace tbgw::modbus {

/// What a schedule has to know of a unit.
struct Pace {
  int retries = 3;
  Milliseconds delay{0};  ///< between its requests
  bool aligned = false;   ///< deadlines count from Schedule::set_epoch(), plus phase
  Milliseconds phase{0};
  /// Its id on the bus: late answers to one are late answers to all of this id. -1 = its own.
  int address = -1;
};

/// One attempt at a request.
struct Job {
  enum class Kind : std::uint8_t {
    poll,
    probe,  ///< is the unit back? A poll, without retries
    command,
  };
  Kind kind = Kind::poll;
  std::size_t unit = 0;
  std::uint64_t id = 0;  ///< of the poll or the command
  int attempt = 0;
  Time deadline;  ///< when it was due
};

enum class Outcome : std::uint8_t {
  answered,     ///< also by an exception that says no
  busy,         ///< exceptions 5 and 6: later
  silent,       ///< no answer in time
  unreachable,  ///< the gateway says so (exceptions 10 and 11), or what came was garbled
  cut_off,      ///< the connection ended
};

/// What follows from an attempt.
struct Verdict {
  bool retry = false;          ///< the job comes again
  std::optional<bool> online;  ///< the unit came (back), or is given up
};

struct ScheduleCounts {
  std::uint64_t retries = 0;
  std::uint64_t overruns = 0;  ///< polls left out because they were late by more than a period
};

/// The requests of one bus. A unit that does not answer is asked again only after all that was due
/// of the others; after two requests that were answered by none of their attempts it is offline,
/// and only probed, so rarely that its neighbours keep at least 95 % of the bus.
class Schedule {
 public:
  /// `told_apart`: answers name their request (Modbus/TCP). Where they do not, a unit that owes an
  /// answer is asked nothing else until the late answer cannot come any more.
  Schedule(bool told_apart, unsigned seed) : told_apart_(told_apart), random_(seed) {}

  /// Gives its index.
  std::size_t add_unit(const Pace& pace, Time now);
  /// The polls of a unit, in the order in which they are to be made where several are due. Those
  /// known keep their deadlines, new ones are due at once.
  void set_polls(std::size_t unit, const std::vector<Poll>& polls, Time now);
  void add_command(std::size_t unit, std::uint64_t id, Time now);
  /// Forgets a command that is not in flight (its caller waits no longer).
  void drop_command(std::uint64_t id);
  /// The time that aligned polling counts from, as the clocks stand now.
  void set_epoch(Time epoch) { epoch_ = epoch; }

  /// The job to start now. `polls`: also polls and probes, not only commands.
  std::optional<Job> take(Time now, bool polls);
  /// When take() may have something; Time::max() = only after finish() or add_command().
  [[nodiscard]] Time due() const;
  /// How an attempt ended; `spent`: how long it took.
  Verdict finish(const Job& job, Outcome outcome, Time now, Milliseconds spent);
  /// A frame came from a unit that nothing was asked of then: its answers come late, or twice.
  /// `age`: since the same came for the first time, if it did.
  void stale(std::size_t unit, Time now, std::optional<Milliseconds> age = {});
  /// Nothing of the unit can be reached (the connection is not to be had): offline without a try.
  /// True if it was not yet.
  bool give_up(std::size_t unit);
  /// The connection is there (again): offline units may be tried at once.
  void connected(Time now);

  [[nodiscard]] bool is_online(std::size_t unit) const;
  [[nodiscard]] bool is_offline(std::size_t unit) const;
  /// Polls with period 0 that were not finished; of units that are not offline.
  [[nodiscard]] bool has_single_polls() const;
  [[nodiscard]] bool has_commands() const { return !commands_.empty(); }
  [[nodiscard]] const ScheduleCounts& counts() const { return counts_; }

 private:
  enum class Health : std::uint8_t { unknown, good, offline };
  struct Unit {
    Pace pace;
    Health health = Health::unknown;
    Time start;
    Deadlines polls;
    std::optional<Job> retry;  ///< comes before anything else of this unit
    Time retry_due;
    Time not_before;   ///< for any request
    Time quiet_until;  ///< for any other request than the retry: an answer may be under way
    Milliseconds lateness{1000};
    Milliseconds repeats{0};  ///< its answers come again as late as this; 0 = they do not
    Time repeated_at;
    Time answered_at;
    Time probe_at;
    Milliseconds backoff{0};
    bool owes = false;  ///< an attempt of the current request was not answered
    int exhausted = 0;  ///< requests in a row that none of their attempts was answered
    int in_flight = 0;
    std::uint64_t served = 0;
  };
  struct Command {
    std::size_t unit;
    std::uint64_t id;
    Time since;
  };

  [[nodiscard]] bool free(const Unit& unit) const { return told_apart_ || unit.in_flight == 0; }
  [[nodiscard]] Time open_at(const Unit& unit, bool retry) const;
  [[nodiscard]] Time probe_time(const Unit& unit) const;
  [[nodiscard]] bool any_alive() const;
  std::optional<Job> take_command(Time now);
  std::optional<Job> take_poll(Time now);
  std::optional<Job> take_probe(Time now);
  Job start(Unit& unit, Job job);
  void reschedule(Unit& unit, std::uint64_t id, Time now);
  [[nodiscard]] Time next_on_grid(const Unit& unit, const Deadline& deadline, Time now);
  Verdict answered(Unit& unit, const Job& job, Time now);
  Verdict failed(Unit& unit, const Job& job, Outcome outcome, Time now, Milliseconds spent);
  Verdict again(Unit& unit, Job job, Time when);
  void owe_until(const Unit& unit, Time until);
  void go_offline(Unit& unit, Time now);
  void put_off_probe(Unit& unit, Time now, Milliseconds spent);

  bool told_apart_;
  std::minstd_rand random_;
  std::vector<Unit> units_;
  std::deque<Command> commands_;
  Time epoch_;
  Time probe_gate_;  ///< no probe before: what the last one cost has to be earned first
  std::uint64_t turn_ = 0;
  ScheduleCounts counts_;
};

}  // namespace tbgw::modbus
