// SPDX-License-Identifier: Apache-2.0
// How long the first data wait for the answer to the question for limits.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tb/topics.hpp"
#include "tb_testing.hpp"

namespace tbgw::tb {
namespace {

using std::chrono::milliseconds;

/// A session that asked for its limits and has a reading to send.
class Asked : public Bench {
 public:
  Asked() : Bench(asking()) {
    uplink.connection_up(0, 0, now);
    question = publish();
    lines({reading("A", 1)});
  }
  static UplinkOptions asking() {
    UplinkOptions options;
    options.ask_limits = true;
    return options;
  }
  /// Whether the reading goes after a time.
  bool goes_after(milliseconds time) {
    now += time;
    return !publish().empty();
  }

  std::vector<Published> question;
};

TEST(LimitsHold, NoDataGoBeforeTheLimitsAreKnownOrASecondWithoutAWord) {
  Asked bench;
  ASSERT_EQ(bench.question.size(), 1U);
  EXPECT_FALSE(bench.goes_after(milliseconds{999}));
  EXPECT_TRUE(bench.goes_after(milliseconds{1}));
}

TEST(LimitsHold, TheAnswerLetsDataGo) {
  Asked bench;
  bench.receive("v1/devices/me/rpc/response/1", R"({"maxPayloadSize":65536})");
  EXPECT_TRUE(bench.goes_after(milliseconds{0}));
}

TEST(LimitsHold, AnAcknowledgedQuestionThatGetsNoAnswerHoldsATenthOfASecond) {
  Asked bench;
  bench.now += milliseconds{2};
  bench.uplink.acknowledged(bench.question[0].id, 0, bench.now);
  EXPECT_FALSE(bench.goes_after(milliseconds{99}));
  EXPECT_TRUE(bench.goes_after(milliseconds{1}));
}

TEST(LimitsHold, ASlowLinkGetsFourRoundTripsButNeverMoreThanTheSecond) {
  Asked bench;
  bench.now += milliseconds{50};
  bench.uplink.acknowledged(bench.question[0].id, 0, bench.now);
  EXPECT_FALSE(bench.goes_after(milliseconds{199}));
  EXPECT_TRUE(bench.goes_after(milliseconds{1}));

  Asked slow;
  slow.now += milliseconds{900};
  slow.uplink.acknowledged(slow.question[0].id, 0, slow.now);
  EXPECT_TRUE(slow.goes_after(milliseconds{100}));
}

TEST(LimitsHold, ABrokerThatSendsTheQuestionBackIsBelievedWhatItAcknowledges) {
  Asked bench;
  bench.uplink.doubt_acknowledgements(true);
  EXPECT_TRUE(bench.uplink.is_own_question(1, kLimitsMethod));
  const auto messages = bench.publish();
  ASSERT_FALSE(messages.empty());
  bench.acknowledge(messages);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
}

}  // namespace
}  // namespace tbgw::tb
