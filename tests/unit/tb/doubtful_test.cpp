// SPDX-License-Identifier: Apache-2.0
// Stamps of a clock that was not set: put right, held, or given up; never stored under a wrong time
// where the right one can be known.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tb_testing.hpp"

namespace tbgw::tb {
namespace {

using Texts = std::vector<std::string>;

struct Clocked : Bench {
  static UplinkOptions with(Doubtful doubtful, ClockFacts& facts) {
    UplinkOptions options;
    options.doubtful = doubtful;
    options.clock = [&facts] { return facts; };
    return options;
  }
  explicit Clocked(Doubtful doubtful = Doubtful::hold) : Bench(with(doubtful, facts)) {}

  void pass(std::chrono::milliseconds time) {
    now += time;
    facts.up += time.count();
    facts.now += time.count();
    uplink.tick(now);
  }
  ClockFacts facts{false, 5'000, "b1", 5'000};  // 1970, five seconds after the start
};

const std::string kEarly =
    R"({"deviceName":"D","telemetry":[{"ts":3000,"values":{"a":1.50},"clock":{"boot":"b1","up":3000}}]})";

TEST(Doubtful, WaitsForTheClockAndIsPutRightByTheTimeSinceTheStart) {
  Clocked bench;
  bench.lines({kEarly});
  EXPECT_EQ(bench.published_data().size(), 0U);
  EXPECT_EQ(bench.uplink.left(), 1U);
  bench.pass(std::chrono::seconds{60});
  bench.facts.trusted = true;
  bench.facts.now = 1'800'000'065'000;  // 65 s after the start
  bench.pass(std::chrono::seconds{2});
  EXPECT_EQ(Bench::texts(bench.published_data()),
            Texts{R"(v1/gateway/telemetry {"D":[{"ts":1800000003000,"values":{"a":1.50}}]})"});
  EXPECT_EQ(bench.uplink.counts().doubtful_corrected, 1U);
}

TEST(Doubtful, ArrivingWhenTheClockIsRightIsPutRightAtOnce) {
  Clocked bench;
  bench.facts = {true, 1'800'000'010'000, "b1", 10'000};
  bench.lines(
      {kEarly, R"({"deviceName":"D","telemetry":{"b":1},"_t":{"ms":7,"boot":"b1","up":4000}})"});
  EXPECT_EQ(Bench::texts(bench.published_data()),
            Texts{R"(v1/gateway/telemetry {"D":[{"ts":1800000003000,"values":{"a":1.50}},)"
                  R"({"ts":1800000004000,"values":{"b":1}}]})"});
}

TEST(Doubtful, OfAnotherBootIsDeadForNobodyKnowsWhenThatWas) {
  Clocked bench;
  bench.facts = {true, 1'800'000'010'000, "b2", 10'000};
  bench.lines({kEarly});
  EXPECT_EQ(bench.published_data().size(), 0U);
  EXPECT_EQ(bench.problems(), Texts{"1: was stamped while the clock was not set, and the machine "
                                    "has been started anew since"});
  EXPECT_EQ(bench.uplink.left(), 0U);
}

TEST(Doubtful, AClockThatIsNeverSetHoldsTenMinutesAndNotLonger) {
  Clocked bench;
  bench.lines({kEarly});
  bench.pass(std::chrono::minutes{9});
  EXPECT_EQ(bench.published_data().size(), 0U);
  bench.pass(std::chrono::minutes{1});
  EXPECT_EQ(Bench::texts(bench.published_data()),
            Texts{R"(v1/gateway/telemetry {"D":[{"ts":3000,"values":{"a":1.50}}]})"});
  EXPECT_EQ(bench.uplink.counts().doubtful_sent, 1U);
}

TEST(Doubtful, IsSentOrDroppedIfThatIsWanted) {
  Clocked send(Doubtful::send);
  send.lines({kEarly});
  EXPECT_EQ(send.published_data().size(), 1U);
  EXPECT_EQ(send.uplink.counts().doubtful_sent, 1U);
  Clocked drop(Doubtful::drop);
  drop.lines({kEarly});
  EXPECT_EQ(drop.published_data().size(), 0U);
  EXPECT_EQ(drop.uplink.left(), 0U);
  EXPECT_EQ(drop.uplink.counts().doubtful_dropped, 1U);
}

TEST(Doubtful, AStampWithoutDoubtGoesAlsoWhileTheClockIsNotSet) {
  Clocked bench;  // a clock in 2036, a step back, no synchronisation ever: nothing is marked
  bench.lines({reading("D", 1)});
  EXPECT_EQ(bench.published_data().size(), 1U);
}

}  // namespace
}  // namespace tbgw::tb
