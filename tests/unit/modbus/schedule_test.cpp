// SPDX-License-Identifier: Apache-2.0
// Buses in virtual time: who gets his samples, and who pays for a dead unit.
#include "modbus/schedule.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace tbgw::modbus {
namespace {

using namespace std::chrono_literals;

/// A bus whose units answer after `answer`, or not at all if they are dead.
class VirtualBus {
 public:
  explicit VirtualBus(bool told_apart = false) : schedule(told_apart, 1) {}

  std::size_t add(Milliseconds period, int polls = 1, Pace pace = {}) {
    const std::size_t unit = schedule.add_unit(pace, now);
    std::vector<Poll> list;
    for (int i = 0; i < polls; ++i)
      list.push_back({static_cast<std::uint64_t>(i), period});
    schedule.set_polls(unit, list, now);
    return unit;
  }

  /// One request at a time, until `end`.
  void run(Milliseconds duration) {
    const Time end = now + duration;
    while (now < end) {
      const auto job = schedule.take(now, true);
      if (!job) {
        now = std::min(end, std::max(schedule.due(), now + 1us));
        continue;
      }
      jobs.push_back(*job);
      const bool silent = dead.count(job->unit) != 0;
      const Milliseconds spent = silent ? timeout : answer;
      busy += spent;
      now += spent;
      if (!silent) ++answers[job->unit];
      late = std::max(late, now - job->deadline);
      const Verdict verdict =
          schedule.finish(*job, silent ? Outcome::silent : Outcome::answered, now, spent);
      if (verdict.online) health[job->unit] = *verdict.online;
    }
  }

  Schedule schedule;
  Time now{10h};
  Milliseconds answer{10};
  Milliseconds timeout{1000};
  Milliseconds busy{0};
  std::set<std::size_t> dead;
  std::map<std::size_t, int> answers;
  std::map<std::size_t, bool> health;
  std::vector<Job> jobs;
  Time::duration late{0};
};

TEST(Schedule, PeriodsDoNotStretch) {
  VirtualBus bus;
  bus.answer = 37ms;
  const auto unit = bus.add(100ms);
  bus.run(60s);
  EXPECT_EQ(bus.answers[unit], 600);
  EXPECT_EQ(bus.schedule.counts().overruns, 0U);
}

TEST(Schedule, WhatIsMissedIsCountedAndNotMadeUpFor) {
  VirtualBus bus;
  bus.answer = 250ms;
  const auto unit = bus.add(100ms);
  bus.run(10s);
  EXPECT_EQ(bus.answers[unit], 40);
  EXPECT_NEAR(static_cast<double>(bus.schedule.counts().overruns), 60, 2);
}

TEST(Schedule, AnOverloadedBusServesAllItsUnitsAlike) {
  VirtualBus bus;
  bus.answer = 50ms;
  for (int i = 0; i < 10; ++i)
    bus.add(100ms, 2);
  bus.run(60s);
  for (const auto& [unit, count] : bus.answers)
    EXPECT_NEAR(count, 120, 12) << unit;
}

TEST(Schedule, ADeadUnitNeverCostsItsNeighboursMoreThanOneSampleInTwenty) {
  for (const Milliseconds period : {100ms, 500ms, 1000ms}) {
    VirtualBus bus;
    for (int i = 0; i < 5; ++i)
      bus.add(period, i == 0 ? 7 : 1);
    bus.run(5s);
    bus.dead.insert(0);
    bus.run(10s);
    bus.answers.clear();
    bus.run(600s);
    for (std::size_t unit = 1; unit < 5; ++unit) {
      EXPECT_GE(bus.answers[unit] * 100, 95 * (600s / period)) << period.count();
    }
    EXPECT_FALSE(bus.health[0]);
  }
}

TEST(Schedule, ManyDeadUnitsCostNoMoreThanOne) {
  VirtualBus bus;
  for (int i = 0; i < 20; ++i)
    bus.add(200ms);
  for (std::size_t unit = 0; unit < 19; ++unit)
    bus.dead.insert(unit);
  bus.run(120s);
  bus.answers.clear();
  bus.run(600s);
  EXPECT_GE(bus.answers[19], 0.95 * 3000);
}

TEST(Schedule, BetweenTheRetriesOfAUnitAllOthersThatAreDueAreServed) {
  VirtualBus bus;
  for (int i = 0; i < 4; ++i)
    bus.add(1000ms);
  bus.dead.insert(0);
  bus.run(4500ms);
  int since = 3;
  for (const Job& job : bus.jobs) {
    if (job.unit == 0) {
      EXPECT_GE(since, 3);
      since = 0;
    } else {
      ++since;
    }
  }
}

TEST(Schedule, AUnitIsOfflineAfterTwoRequestsAndNotAfterOne) {
  VirtualBus bus;
  const auto unit = bus.add(1000ms);
  bus.run(3s);
  EXPECT_TRUE(bus.health[unit]);
  bus.dead.insert(unit);
  bus.jobs.clear();
  while (bus.health[unit])
    bus.run(100ms);
  // 4 attempts at the first, 1 at the second.
  EXPECT_EQ(bus.jobs.size(), 5U);
}

TEST(Schedule, AUnitThatComesBackIsPolledAgainAtOnce) {
  VirtualBus bus;
  const auto unit = bus.add(1000ms, 3);
  bus.add(1000ms);
  bus.dead.insert(unit);
  bus.run(200s);
  EXPECT_FALSE(bus.health[unit]);
  bus.dead.clear();
  bus.answers.clear();
  bus.run(150s);
  EXPECT_TRUE(bus.health[unit]);
  EXPECT_GE(bus.answers[unit], 3 * 60);
}

TEST(Schedule, ALoneDeadUnitIsLookedForOftenEnough) {
  VirtualBus bus;
  const auto unit = bus.add(1000ms);
  bus.dead.insert(unit);
  bus.run(300s);
  bus.jobs.clear();
  bus.run(60s);
  EXPECT_GE(bus.jobs.size(), 5U);
}

TEST(Schedule, AUnitCanComeBackOnABusThatIsNeverIdle) {
  VirtualBus bus;
  bus.answer = 60ms;
  bus.add(50ms);
  const auto unit = bus.add(50ms);
  bus.dead.insert(unit);
  bus.run(60s);
  bus.dead.clear();
  bus.run(120s);
  EXPECT_TRUE(bus.health[unit]);
}

TEST(Schedule, CommandsGoFirstAndKeepTheirOrder) {
  VirtualBus bus;
  for (int i = 0; i < 3; ++i)
    bus.add(100ms, 5);
  bus.schedule.add_command(1, 7, bus.now);
  bus.schedule.add_command(1, 8, bus.now);
  std::vector<std::uint64_t> commands;
  for (int i = 0; i < 2; ++i) {
    const auto job = bus.schedule.take(bus.now, true);
    ASSERT_TRUE(job);
    EXPECT_EQ(job->kind, Job::Kind::command);
    commands.push_back(job->id);
    bus.schedule.finish(*job, Outcome::answered, bus.now, 1ms);
  }
  EXPECT_EQ(commands, (std::vector<std::uint64_t>{7, 8}));
}

TEST(Schedule, AUnitThatOwesAnAnswerIsAskedNothingElse) {
  VirtualBus bus;
  const auto unit = bus.add(100ms, 2, Pace{1, 0ms, false, 0ms, -1});
  const Time start = bus.now;
  auto job = bus.schedule.take(start, true);
  bus.schedule.finish(*job, Outcome::silent, start + 200ms, 200ms);
  bus.schedule.add_command(unit, 9, start + 200ms);
  // The identical request may be repeated at once.
  job = bus.schedule.take(start + 200ms, true);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->id, 0U);
  EXPECT_EQ(job->attempt, 1);
  // It was answered; by which of the two attempts nobody knows.
  bus.schedule.finish(*job, Outcome::answered, start + 300ms, 100ms);
  EXPECT_FALSE(bus.schedule.take(start + 310ms, true));
  EXPECT_TRUE(bus.schedule.take(start + 1300ms, true));
}

TEST(Schedule, AUnitWhoseAnswersComeTwiceIsAskedAnythingElseOnlyBehindTheSecond) {
  VirtualBus bus;
  const auto unit = bus.add(100ms, 2);
  auto job = bus.schedule.take(bus.now, true);
  bus.schedule.finish(*job, Outcome::answered, bus.now, 1ms);
  bus.schedule.stale(unit, bus.now + 5ms);
  EXPECT_FALSE(bus.schedule.take(bus.now + 20ms, true));
  job = bus.schedule.take(bus.now + 30ms, true);
  ASSERT_TRUE(job);
  bus.schedule.finish(*job, Outcome::answered, bus.now + 31ms, 1ms);
  bus.schedule.add_command(unit, 1, bus.now + 31ms);
  EXPECT_FALSE(bus.schedule.take(bus.now + 45ms, true));
  EXPECT_TRUE(bus.schedule.take(bus.now + 60ms, true));
}

TEST(Schedule, ARepetitionThatCameLaterThanReckonedIsReckonedWithFromThenOn) {
  VirtualBus bus;
  const auto unit = bus.add(100ms, 2);
  const auto job = bus.schedule.take(bus.now, true);
  bus.schedule.finish(*job, Outcome::answered, bus.now, 1ms);
  bus.schedule.stale(unit, bus.now + 100ms, 5ms);
  bus.schedule.stale(unit, bus.now + 200ms, 5ms);
  EXPECT_FALSE(bus.schedule.take(bus.now + 239ms, true));
  EXPECT_TRUE(bus.schedule.take(bus.now + 240ms, true));
}

TEST(Schedule, TwoUnitsOfOneIdOweTogether) {
  VirtualBus bus;
  const Pace pace{0, 0ms, false, 0ms, 7};
  bus.add(100ms, 1, pace);
  bus.add(100ms, 1, pace);
  const auto job = bus.schedule.take(bus.now, true);
  bus.schedule.finish(*job, Outcome::silent, bus.now + 200ms, 200ms);
  EXPECT_FALSE(bus.schedule.take(bus.now + 300ms, true));
  EXPECT_TRUE(bus.schedule.take(bus.now + 1200ms, true));
}

TEST(Schedule, WhereAnswersNameTheirRequestNobodyWaits) {
  VirtualBus bus(true);
  bus.add(100ms, 2, Pace{0, 0ms, false, 0ms, -1});
  const auto job = bus.schedule.take(bus.now, true);
  bus.schedule.finish(*job, Outcome::silent, bus.now + 200ms, 200ms);
  EXPECT_TRUE(bus.schedule.take(bus.now + 200ms, true));
}

TEST(Schedule, ABusyUnitIsAskedLaterAndIsNotDead) {
  VirtualBus bus;
  const auto unit = bus.add(10000ms);
  auto job = bus.schedule.take(bus.now, true);
  const Verdict verdict = bus.schedule.finish(*job, Outcome::busy, bus.now, 1ms);
  EXPECT_TRUE(verdict.retry);
  EXPECT_EQ(verdict.online, true);
  EXPECT_FALSE(bus.schedule.take(bus.now + 50ms, true));
  job = bus.schedule.take(bus.now + 100ms, true);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->attempt, 1);
  EXPECT_TRUE(bus.schedule.is_online(unit));
}

TEST(Schedule, AlignedPollsKeepToTheWallClock) {
  VirtualBus bus;
  Pace pace;
  pace.aligned = true;
  pace.phase = 250ms;
  bus.schedule.set_epoch(Time{5h} + 123ms);
  bus.add(1000ms, 1, pace);
  bus.run(10s);
  ASSERT_GE(bus.jobs.size(), 10U);
  for (std::size_t i = 1; i < bus.jobs.size(); ++i) {
    EXPECT_EQ((bus.jobs[i].deadline - Time{5h}) % 1000ms, 373ms);
  }
}

TEST(Schedule, ADelayBetweenRequestsIsKept) {
  VirtualBus bus;
  bus.add(100ms, 3, Pace{3, 40ms, false, 0ms, -1});
  const auto first = bus.schedule.take(bus.now, true);
  bus.schedule.finish(*first, Outcome::answered, bus.now, 1ms);
  EXPECT_FALSE(bus.schedule.take(bus.now + 39ms, true));
  EXPECT_TRUE(bus.schedule.take(bus.now + 40ms, true));
}

TEST(Schedule, WhatIsReadOnceIsReadAgainWhenTheUnitReturns) {
  VirtualBus bus;
  const auto unit = bus.add(0ms);
  bus.schedule.set_polls(unit, {{1, 0ms}, {2, 1000ms}}, bus.now);
  bus.run(5s);
  const auto once = [&] {
    return std::count_if(bus.jobs.begin(), bus.jobs.end(),
                         [](const Job& job) { return job.id == 1; });
  };
  EXPECT_EQ(once(), 1);
  EXPECT_FALSE(bus.schedule.has_single_polls());
  bus.dead.insert(unit);
  bus.run(60s);
  bus.jobs.clear();
  bus.dead.clear();
  bus.run(60s);
  EXPECT_GE(once(), 1);
  EXPECT_LE(once(), 2);
}

}  // namespace
}  // namespace tbgw::modbus
