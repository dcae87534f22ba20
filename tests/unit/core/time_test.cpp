// SPDX-License-Identifier: Apache-2.0
#include "core/time.hpp"

#include <gtest/gtest.h>

namespace tbgw {
namespace {

TEST(StampSpreader, NoTwoStampsOfAMillisecondCoincide) {
  StampSpreader spread;
  EXPECT_EQ(spread.next(1000), 1000);
  EXPECT_EQ(spread.next(1000), 1001);
  EXPECT_EQ(spread.next(1000), 1002);
  EXPECT_EQ(spread.next(1001), 1003);
  EXPECT_EQ(spread.next(2000), 2000);
  EXPECT_EQ(spread.repeated(), 0U);
}

TEST(StampSpreader, NeverMoreThanASecondAhead) {
  StampSpreader spread;
  EpochMs last = 0;
  for (int i = 0; i < 1500; ++i)
    last = spread.next(5000);
  EXPECT_EQ(last, 6000);
  EXPECT_EQ(spread.repeated(), 499U);
}

TEST(StampSpreader, ClockSetBackIsFollowed) {
  StampSpreader spread;
  EXPECT_EQ(spread.next(1'000'000), 1'000'000);
  EXPECT_EQ(spread.next(500'000), 500'000);
}

TEST(Clock, StampOfNowIsMillisecondsAndNotDoubtful) {
  const EpochMs now = now_ms();
  EXPECT_GT(now, 1'700'000'000'000);
  EXPECT_LT(now, 10'000'000'000'000);
  ClockTrust trust;
  EXPECT_FALSE(trust.doubt(now).has_value());
}

TEST(Clock, BootIdIsAUuid) {
  EXPECT_EQ(boot_id().size(), 36U);
}

}  // namespace
}  // namespace tbgw
