// SPDX-License-Identifier: Apache-2.0
#include "mqtt/backoff.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

namespace tbgw::mqtt {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, GrowsToItsLimitAndNeverBeyond) {
  Backoff backoff(1s, 60s, 1);
  Backoff::Duration longest{0};
  for (int i = 0; i < 1000; ++i) {
    const auto delay = backoff.next();
    EXPECT_GE(delay, 0ms);
    EXPECT_LE(delay, i == 0 ? 1s : 60s);
    longest = std::max(longest, delay);
  }
  EXPECT_GT(longest, 50s);
}

TEST(Backoff, ASuccessStartsAnew) {
  Backoff backoff(1s, 60s, 1);
  for (int i = 0; i < 20; ++i)
    backoff.next();
  backoff.reset();
  EXPECT_LE(backoff.next(), 1s);
}

TEST(Backoff, AfterSomeProgressItIsNotWaitedForSoLong) {
  Backoff backoff(1s, 60s, 1);
  backoff.limit_to(4s);
  EXPECT_LE(backoff.next(), 1s);  // a limit only lowers
  for (int i = 0; i < 20; ++i)
    backoff.next();
  backoff.limit_to(4s);
  EXPECT_LE(backoff.next(), 4s);
}

TEST(Backoff, AThousandGatewaysDoNotComeBackTogether) {
  std::set<Backoff::Duration> delays;
  for (std::uint64_t seed = 0; seed < 1000; ++seed)
    delays.insert(Backoff(1s, 60s, seed).next());
  EXPECT_GT(delays.size(), 500U);
}

}  // namespace
}  // namespace tbgw::mqtt
