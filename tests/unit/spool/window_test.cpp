// SPDX-License-Identifier: Apache-2.0
// What a window may get wrong: more out than allowed, a record that counts as done too early, a
// number taken for another.
#include "spool/window.hpp"

#include <gtest/gtest.h>

namespace tbgw::spool {
namespace {

using Verdict = Window::Verdict;

TEST(Window, NumbersCountFromOneInOrder) {
  Window window(10, 1000);
  EXPECT_EQ(window.add(40, 10), 1U);
  EXPECT_EQ(window.add(41, 10), 2U);
  EXPECT_EQ(window.add(45, 10), 3U);
  EXPECT_EQ(window.last_number(), 3U);
}

TEST(Window, IsFullByRecordsOrByBytesWhicheverComesFirst) {
  Window window(2, 1000);
  window.add(1, 10);
  EXPECT_TRUE(window.has_room(990));
  EXPECT_FALSE(window.has_room(991));
  window.add(2, 10);
  EXPECT_FALSE(window.has_room(1));
  EXPECT_EQ(window.acknowledge(1), Verdict::ok);
  EXPECT_TRUE(window.has_room(990));
}

TEST(Window, OneRecordOfAnySizeAlwaysFits) {
  Window window(10, 100);
  EXPECT_TRUE(window.has_room(1'000'000));
  window.add(1, 1'000'000);
  EXPECT_FALSE(window.has_room(1));
}

TEST(Window, AnAcknowledgementIsCumulative) {
  Window window(10, 1000);
  for (std::uint64_t seq = 11; seq <= 15; ++seq)
    window.add(seq, 1);
  EXPECT_EQ(window.acknowledge(3), Verdict::ok);
  EXPECT_EQ(window.done_seq(), 13U);
  EXPECT_EQ(window.undone(), 2U);
  EXPECT_EQ(window.undone_bytes(), 2U);
}

TEST(Window, GoingBackIsLateAndHarmless) {
  Window window(10, 1000);
  for (std::uint64_t seq = 1; seq <= 5; ++seq)
    window.add(seq, 1);
  EXPECT_EQ(window.acknowledge(4), Verdict::ok);
  EXPECT_EQ(window.acknowledge(2), Verdict::late);
  EXPECT_EQ(window.acknowledge(4), Verdict::late);
  EXPECT_EQ(window.acknowledge(0), Verdict::late);
  EXPECT_EQ(window.done_seq(), 4U);
}

TEST(Window, ANumberThatWasNeverGivenOutChangesNothing) {
  Window window(10, 1000);
  window.add(1, 1);
  EXPECT_EQ(window.acknowledge(2), Verdict::unknown);
  EXPECT_EQ(window.acknowledge(UINT64_MAX), Verdict::unknown);
  EXPECT_EQ(window.bury(2), Verdict::unknown);
  EXPECT_EQ(window.bury(0), Verdict::unknown);
  EXPECT_EQ(window.done_seq(), 0U);
  EXPECT_EQ(window.undone(), 1U);
}

TEST(Window, ADeadRecordDoesNotMakeThoseBeforeItDone) {
  Window window(10, 1000);
  for (std::uint64_t seq = 1; seq <= 4; ++seq)
    window.add(seq, 1);
  EXPECT_EQ(window.bury(3), Verdict::ok);
  EXPECT_EQ(window.done_seq(), 0U);
  EXPECT_FALSE(window.seq_of(3));
  EXPECT_EQ(window.bury(3), Verdict::late);
  EXPECT_EQ(window.acknowledge(2), Verdict::ok);
  EXPECT_EQ(window.done_seq(), 3U);  // 3 was waiting for 1 and 2 only
  EXPECT_EQ(window.undone(), 1U);
}

TEST(Window, ADeadRecordAtTheFrontIsDoneAtOnce) {
  Window window(10, 1000);
  window.add(8, 1);
  window.add(9, 1);
  EXPECT_EQ(window.bury(1), Verdict::ok);
  EXPECT_EQ(window.done_seq(), 8U);
  EXPECT_EQ(window.bury(2), Verdict::ok);
  EXPECT_EQ(window.done_seq(), 9U);
  EXPECT_EQ(window.undone(), 0U);
}

TEST(Window, AHeldRecordIsNotDoneWhateverIsAcknowledged) {
  Window window(10, 1000);
  for (std::uint64_t seq = 1; seq <= 4; ++seq)
    window.add(seq, 1);
  window.hold(2);
  EXPECT_FALSE(window.seq_of(2));
  EXPECT_EQ(window.acknowledge(3), Verdict::ok);
  EXPECT_EQ(window.done_seq(), 1U);
  EXPECT_EQ(window.undone(), 3U);
  EXPECT_EQ(window.acknowledge(3), Verdict::late);
  EXPECT_EQ(window.bury(2), Verdict::ok);
  EXPECT_EQ(window.done_seq(), 3U);
  EXPECT_EQ(window.undone(), 1U);
}

TEST(Window, NamesOnlyWhatIsUndone) {
  Window window(10, 1000);
  window.add(7, 1);
  window.add(9, 1);
  EXPECT_EQ(window.acknowledge(1), Verdict::ok);
  EXPECT_FALSE(window.seq_of(1));
  EXPECT_EQ(window.seq_of(2), 9U);
  EXPECT_FALSE(window.seq_of(3));
}

}  // namespace
}  // namespace tbgw::spool
