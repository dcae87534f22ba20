// SPDX-License-Identifier: Apache-2.0
#include "run/schedule.hpp"

#include <gtest/gtest.h>

#include "run/voice.hpp"

namespace tbgw::run {
namespace {

using What = Schedule::Decision::What;
constexpr Schedule::Delay kSoon{1};

TEST(Schedule, AWrongFileIsNotTriedAgainInASpin) {
  Schedule schedule{Restart::always};
  EXPECT_EQ(schedule.ended(78, kSoon, 0.5).what, What::needs_a_change);
  EXPECT_EQ(schedule.ended(64, kSoon, 0.5).what, What::needs_a_change);
}

TEST(Schedule, RefusedCredentialsAreTriedEveryTenMinutes) {
  Schedule schedule{Restart::always};
  EXPECT_EQ(schedule.ended(77, kSoon, 0.1).delay, Schedule::kRefused);
}

TEST(Schedule, TheBackOffGrowsToItsMostAndBeginsAnewAfterGoodWork) {
  Schedule schedule{Restart::always};
  EXPECT_EQ(schedule.ended(137, kSoon, 1).delay, Schedule::kFirst);
  EXPECT_EQ(schedule.ended(137, kSoon, 1).delay, 2 * Schedule::kFirst);
  for (int i = 0; i < 20; ++i)
    schedule.ended(137, kSoon, 1);
  EXPECT_EQ(schedule.ended(137, kSoon, 1).delay, Schedule::kMost);
  EXPECT_EQ(schedule.ended(137, kSoon, 0).delay, Schedule::kMost / 2);
  EXPECT_EQ(schedule.ended(137, Schedule::kRanWell, 1).delay, Schedule::kFirst);
}

TEST(Schedule, SuccessIsTheEndOnlyWhereItWasSaid) {
  EXPECT_EQ(Schedule{Restart::always}.ended(0, kSoon, 0).what, What::start);
  EXPECT_EQ(Schedule{Restart::on_failure}.ended(0, kSoon, 0).what, What::done);
  EXPECT_EQ(Schedule{Restart::on_failure}.ended(3, kSoon, 0).what, What::start);
  EXPECT_EQ(Schedule{Restart::never}.ended(3, kSoon, 0).what, What::done);
}

TEST(Voice, ALineWithoutALevelIsAWarning) {
  EXPECT_EQ(split_level("<3>x").first, log::Level::error);
  EXPECT_EQ(split_level("<6>x").second, "x");
  EXPECT_EQ(split_level("<html>").first, log::Level::warning);
  EXPECT_EQ(split_level("").first, log::Level::warning);
}

}  // namespace
}  // namespace tbgw::run
