// SPDX-License-Identifier: Apache-2.0
#include "serial/backoff.hpp"

#include <gtest/gtest.h>

namespace tbgw::serial {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, GrowsWithinItsBoundsAndStartsAnew) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    Backoff backoff(milliseconds{500}, milliseconds{30000}, seed);
    const milliseconds first = backoff.next();
    EXPECT_GE(first, milliseconds{500});
    EXPECT_LE(first, milliseconds{1000});
    milliseconds last{0};
    for (int i = 0; i < 20; ++i) {
      last = backoff.next();
      EXPECT_LE(last, milliseconds{30000});
    }
    EXPECT_GE(last, milliseconds{15000});
    backoff.reset();
    EXPECT_LE(backoff.next(), milliseconds{1000});
  }
}

TEST(Backoff, IsNotInStepWithOthers) {
  Backoff one(milliseconds{500}, milliseconds{30000}, 1234567);
  Backoff two(milliseconds{500}, milliseconds{30000}, 987654321);
  EXPECT_NE(one.next(), two.next());
}

}  // namespace
}  // namespace tbgw::serial
