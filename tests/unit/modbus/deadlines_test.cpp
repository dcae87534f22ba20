// SPDX-License-Identifier: Apache-2.0
#include "modbus/deadlines.hpp"

#include <gtest/gtest.h>

namespace tbgw::modbus {
namespace {

constexpr Time at(int ms) {
  return Time{Milliseconds{ms}};
}

TEST(Deadlines, TheEarliestIsTheFirstOfEqualOnes) {
  Deadlines deadlines;
  EXPECT_EQ(deadlines.earliest(), nullptr);
  deadlines.replace({{7, Milliseconds{10}}, {8, Milliseconds{10}}, {9, Milliseconds{10}}}, at(5));
  EXPECT_EQ(deadlines.earliest()->poll.id, 7U);
  deadlines.set(7, at(6));
  EXPECT_EQ(deadlines.earliest()->poll.id, 8U);
  deadlines.set(9, at(1));
  EXPECT_EQ(deadlines.earliest()->poll.id, 9U);
  deadlines.set(77, at(0));
  EXPECT_EQ(deadlines.earliest()->poll.id, 9U);
}

TEST(Deadlines, WhatStaysKeepsItsDeadlineAndWhatIsNeverDueIsNone) {
  Deadlines deadlines;
  deadlines.replace({{1, Milliseconds{10}}, {2, Milliseconds{0}}}, at(5));
  deadlines.set(1, at(100));
  deadlines.replace({{2, Milliseconds{0}}, {1, Milliseconds{10}}, {3, Milliseconds{10}}}, at(50));
  EXPECT_EQ(deadlines.find(1)->due, at(100));
  EXPECT_EQ(deadlines.find(2)->due, at(5));
  EXPECT_EQ(deadlines.find(3)->due, at(50));
  EXPECT_TRUE(deadlines.has_single());
  deadlines.set_all(Time::max());
  EXPECT_EQ(deadlines.earliest(), nullptr);
  EXPECT_FALSE(deadlines.has_single());
}

}  // namespace
}  // namespace tbgw::modbus
