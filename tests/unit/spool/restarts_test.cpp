// SPDX-License-Identifier: Apache-2.0
// What may go wrong with starting a child again: spinning, trying what cannot help, waiting for
// ever after it worked.
#include "spool/restarts.hpp"

#include <gtest/gtest.h>

namespace tbgw::spool {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

TEST(Restarts, BackOffDoublesToAMinuteAndIsSpreadOverItsUpperHalf) {
  Restarts restarts;
  for (const int most : {1, 2, 4, 8, 16, 32, 60, 60}) {
    Restarts copy = restarts;
    EXPECT_EQ(copy.ended(1, 0.0).delay, std::chrono::milliseconds{most * 500});
    const auto late = restarts.ended(1, 0.999).delay;
    EXPECT_GT(late, seconds{most} * 9 / 10);
    EXPECT_LE(late, seconds{most});
  }
}

TEST(Restarts, AnAcknowledgementBeginsTheBackOffAnew) {
  Restarts restarts;
  for (int i = 0; i < 5; ++i)
    restarts.ended(137, 0.5);
  restarts.acknowledged();
  EXPECT_LE(restarts.ended(137, 0.999).delay, seconds{1});
}

TEST(Restarts, AUsageErrorOfAChildThatNeverWorkedEndsUs) {
  Restarts restarts;
  EXPECT_EQ(restarts.ended(64, 0.5).give_up, Status::usage);
  EXPECT_EQ(restarts.ended(78, 0.5).give_up, Status::config);
}

TEST(Restarts, TheSameLaterIsTriedAgainLikeRefusedCredentials) {
  Restarts restarts;
  restarts.acknowledged();
  for (const int status : {64, 77, 78}) {
    const auto decision = restarts.ended(status, 0.5);
    EXPECT_FALSE(decision.give_up);
    EXPECT_EQ(decision.delay, minutes{10});
  }
}

TEST(Restarts, RefusedCredentialsAreTriedEveryTenMinutesFromTheStart) {
  Restarts restarts;
  EXPECT_EQ(restarts.ended(77, 0.1).delay, minutes{10});
  EXPECT_EQ(restarts.ended(77, 0.9).delay, minutes{10});
}

TEST(Restarts, AnOrderlyEndIsStartedAgainToo) {
  Restarts restarts;
  EXPECT_FALSE(restarts.ended(0, 0.5).give_up);
  EXPECT_GT(restarts.ended(0, 0.5).delay, seconds{0});
}

}  // namespace
}  // namespace tbgw::spool
