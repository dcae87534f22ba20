// SPDX-License-Identifier: Apache-2.0
#include "modbus/recent_answers.hpp"

#include <gtest/gtest.h>

namespace tbgw::modbus {
namespace {

using namespace std::chrono_literals;
using Doubt = RecentAnswers::Doubt;
using Time = RecentAnswers::Time;

constexpr Time kStart{1h};
const Request kFirst = read_request(Table::holding_registers, 0, 1);
const Request kSecond = read_request(Table::holding_registers, 100, 1);

TEST(RecentAnswers, TheSameAnswerToAnotherRequestIsInDoubt) {
  RecentAnswers recent;
  recent.note(1, kFirst, "\x03\x02xy", kStart, kStart + 5ms);
  EXPECT_EQ(recent.doubt(1, kSecond, "\x03\x02xy", kStart + 8ms), Doubt::repeat);
  EXPECT_EQ(recent.doubt(1, kSecond, "\x03\x02xz", kStart + 8ms), Doubt::none);
}

TEST(RecentAnswers, AValueThatStaysIsNotInDoubt) {
  RecentAnswers recent;
  recent.note(1, kFirst, "same", kStart, kStart + 5ms);
  EXPECT_EQ(recent.doubt(1, kFirst, "same", kStart + 8ms), Doubt::none);
}

TEST(RecentAnswers, AnotherUnitsAnswerIsNoRepetition) {
  RecentAnswers recent;
  recent.note(1, kFirst, "same", kStart, kStart + 5ms);
  EXPECT_EQ(recent.doubt(2, kSecond, "same", kStart + 8ms), Doubt::none);
}

TEST(RecentAnswers, WhatIsOldIsForgotten) {
  RecentAnswers recent;
  recent.note(1, kFirst, "same", kStart, kStart + 5ms);
  EXPECT_EQ(recent.doubt(1, kSecond, "same", kStart + 600ms), Doubt::none);
  EXPECT_FALSE(recent.age(1, "same", kStart + 600ms));
  EXPECT_EQ(recent.age(1, "same", kStart + 25ms), RecentAnswers::Duration{20ms});
}

// The repetition was taken for the next answer to the same request; the true one then comes during
// the request behind it, and its value may have changed.
TEST(RecentAnswers, BehindARepetitionTheTrueAnswerMayFollow) {
  RecentAnswers recent;
  recent.note(1, kFirst, "same", kStart, kStart + 5ms);
  recent.note(1, kFirst, "same", kStart + 50ms, kStart + 51ms);
  EXPECT_EQ(recent.doubt(1, kSecond, "new!", kStart + 55ms), Doubt::late);
  // It would have come by now.
  EXPECT_EQ(recent.doubt(1, kSecond, "new!", kStart + 80ms), Doubt::none);
}

TEST(RecentAnswers, PatienceIsTwiceTheSlowestAnswerOfTheSize) {
  RecentAnswers recent;
  recent.note(1, kFirst, "four", kStart, kStart + 30ms);
  recent.note(1, kFirst, "four", kStart + 100ms, kStart + 105ms);
  recent.note(1, kFirst, "longer", kStart + 200ms, kStart + 300ms);
  EXPECT_EQ(recent.patience(1, 4), RecentAnswers::Duration{70ms});
  EXPECT_EQ(recent.patience(2, 4), RecentAnswers::Duration{10ms});
}

TEST(RecentAnswers, OnlyAFewAreKept) {
  RecentAnswers recent;
  for (int i = 0; i < 100; ++i) {
    recent.note(1, kFirst, std::string(4, static_cast<char>(i)), kStart, kStart + 1ms);
  }
  EXPECT_FALSE(recent.age(1, std::string(4, '\x01'), kStart + 2ms));
  EXPECT_TRUE(recent.age(1, std::string(4, '\x63'), kStart + 2ms));
}

}  // namespace
}  // namespace tbgw::modbus
