// SPDX-License-Identifier: Apache-2.0
// What coarse marks may get wrong: an age that is too small, memory that grows with the backlog.
#include "spool/age_marks.hpp"

#include <gtest/gtest.h>

namespace tbgw::spool {
namespace {

TEST(AgeMarks, ARecordIsNeverSaidToBeYoungerThanItIs) {
  AgeMarks marks;
  for (std::uint64_t seq = 1; seq <= 100'000; ++seq)
    marks.note(seq, static_cast<std::int64_t>(seq) * 7);
  for (std::uint64_t seq = 1; seq <= 100'000; seq += 997) {
    const auto time = marks.time_of(seq);
    ASSERT_TRUE(time);
    EXPECT_LE(*time, static_cast<std::int64_t>(seq) * 7);
    EXPECT_GE(*time, static_cast<std::int64_t>(seq) * 7 - 700'000 / 128) << seq;
  }
}

TEST(AgeMarks, WhatIsOlderThanTheMarksHasNoTime) {
  AgeMarks marks;
  EXPECT_FALSE(marks.time_of(1));
  marks.note(50, 1000);
  EXPECT_FALSE(marks.time_of(49));
  EXPECT_EQ(marks.time_of(50), 1000);
  EXPECT_EQ(marks.time_of(1'000'000), 1000);
}

TEST(AgeMarks, ForgettingWhatIsDoneKeepsTheOldestUndone) {
  AgeMarks marks;
  for (std::uint64_t i = 0; i < 10; ++i)
    marks.note(i * 10 + 1, static_cast<std::int64_t>(i) * 1000);
  marks.forget_before(55);
  EXPECT_EQ(marks.time_of(55), 5000);
  EXPECT_FALSE(marks.time_of(50));
}

TEST(AgeMarks, OnlyWhatIsSurelyOlderCountsAsOld) {
  AgeMarks marks;
  EXPECT_EQ(marks.accepted_before(5), 0U);
  marks.note(1, 1000);
  marks.note(100, 2000);
  EXPECT_EQ(marks.accepted_before(1000), 0U);
  EXPECT_EQ(marks.accepted_before(1001), 1U);  // all before 1: none
  EXPECT_EQ(marks.accepted_before(2001), 100U);
}

}  // namespace
}  // namespace tbgw::spool
