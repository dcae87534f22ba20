// SPDX-License-Identifier: Apache-2.0
// What a spool is told: nothing too early, nothing for another, nothing forgotten.
#include "tb/receipts.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tb_testing.hpp"

namespace tbgw::tb {
namespace {

using Texts = std::vector<std::string>;

/// "17" = all up to 17, "dead 17: why".
Texts told(const std::vector<Receipt>& receipts) {
  Texts out;
  for (const Receipt& receipt : receipts) {
    out.push_back(receipt.dead.empty()
                      ? std::to_string(receipt.number)
                      : "dead " + std::to_string(receipt.number) + ": " + receipt.dead);
  }
  return out;
}

std::string numbered(int number, const std::string& line) {
  return "{\"_n\":" + std::to_string(number) + "," + line.substr(1);
}

/// A gateway behind a spool; one message a record.
struct Spooled : Bench {
  explicit Spooled(bool merge = false) : Bench(options(merge)) { uplink.begin_receipts(); }
  static UplinkOptions options(bool merge) {
    UplinkOptions out;
    out.merge = merge;
    return out;
  }
  Texts receipts() { return told(uplink.take_receipts()); }
};

TEST(Receipts, AnAcknowledgementCoversAllUpToTheFirstGap) {
  Spooled bench;
  bench.lines({numbered(1, reading("A", 1)), numbered(2, reading("B", 2)),
               numbered(3, reading("C", 3)), numbered(4, reading("D", 4))});
  const auto data = bench.published_data();
  ASSERT_EQ(data.size(), 4U);
  bench.acknowledge({data[3], data[1]});
  EXPECT_EQ(bench.receipts(), Texts{});
  bench.acknowledge({data[0]});
  EXPECT_EQ(bench.receipts(), Texts{"2"});
  EXPECT_EQ(bench.receipts(), Texts{});
  bench.acknowledge({data[2]});
  EXPECT_EQ(bench.receipts(), Texts{"4"});
}

TEST(Receipts, NumbersNeverReachThePlatform) {
  Spooled bench;
  bench.lines({R"({"_n":1,"_t":5,"telemetry":{"a":1}})", R"({"_n":2,"attributes":{"b":2}})",
               R"({"telemetry":{"c":3},"_n":3})"});
  EXPECT_EQ(bench.texts(bench.published_data()),
            (Texts{R"(v1/devices/me/telemetry [{"ts":5,"values":{"a":1}}])",
                   R"(v1/devices/me/attributes {"b":2})",
                   R"(v1/devices/me/telemetry [{"ts":1700000000000,"values":{"c":3}}])"}));
}

TEST(Receipts, WithoutASpoolThereAreNone) {
  Bench bench;
  bench.lines({R"({"_n":1})", "nonsense"});
  EXPECT_EQ(told(bench.uplink.take_receipts()), Texts{});
}

TEST(Receipts, NothingToSayIsDoneAtOnce) {
  Spooled bench;
  bench.lines({R"({"_n":1})", R"({"_n":2,"telemetry":{"a":null}})", R"({"_n":3,"event":"later"})"});
  EXPECT_EQ(bench.receipts(), Texts{"3"});
}

TEST(Receipts, WhatCanNeverBeSentIsDeadWithItsReasonAndNeverCoveredBefore) {
  Spooled bench;
  bench.lines({numbered(1, reading("A", 1)), R"({"_n":2,"telemetry":{"a":tru}})",
               R"({"_n":3,"deviceName":"","telemetry":{"a":1}})", R"({"_n":4,"data":"raw"})"});
  const auto data = bench.published_data();
  EXPECT_EQ(bench.receipts(), Texts{});  // the first is not done
  bench.acknowledge(data);
  EXPECT_EQ(
      bench.receipts(),
      (Texts{"dead 2: not valid JSON", "dead 3: deviceName is blank",
             "dead 4: is a raw record, not a reading: put tbgw-convert before tbgw-push", "1"}));
  bench.lines({R"({"_n":5})"});
  EXPECT_EQ(bench.receipts(), Texts{"5"});
}

TEST(Receipts, ALineThatIsTooLongIsDead) {
  Spooled bench;
  bench.uplink.line({R"({"_n":1,"telemetry":{"a":"xxxx)", 1, true}, 0, bench.now);
  EXPECT_EQ(bench.receipts(), Texts{"dead 1: is longer than --max-record"});
}

TEST(Receipts, ARecordOfWhichAValueIsLeftOutIsNotDead) {
  Spooled bench;
  bench.lines({R"({"_n":1,"telemetry":{"a":1,"":2}})"});
  bench.acknowledge(bench.publish());
  EXPECT_EQ(bench.receipts(), Texts{"1"});
}

TEST(Receipts, WhatThePlatformRefusesIsDeadAndTheOthersOfItsMessageAreNot) {
  Spooled bench(true);
  bench.lines(
      {numbered(1, reading("A", 1)), numbered(2, reading("A", 2)), numbered(3, reading("A", 3))});
  auto data = bench.published_data();
  ASSERT_EQ(data.size(), 1U);
  bench.uplink.refused(data[0].id, "bad payload");
  EXPECT_EQ(bench.receipts(), Texts{});
  data = bench.published_data();
  ASSERT_EQ(data.size(), 3U);
  bench.uplink.refused(data[1].id, "bad payload");
  bench.acknowledge({data[0], data[2]});
  EXPECT_EQ(bench.receipts(), (Texts{"dead 2: the platform refused it: bad payload", "3"}));
}

TEST(Receipts, ARecordOfTwoMessagesIsDeadOnlyWhenTheOtherIsDone) {
  Spooled bench;
  bench.lines({R"({"_n":1,"telemetry":{"a":1},"attributes":{"b":2}})"});
  const auto messages = bench.publish();
  ASSERT_EQ(messages.size(), 2U);
  bench.uplink.refused(messages[0].id, "no");
  EXPECT_EQ(bench.receipts(), Texts{});
  bench.acknowledge(messages);
  EXPECT_EQ(bench.receipts(), Texts{"dead 1: the platform refused it: no"});
}

TEST(Receipts, ALostConnectionAcknowledgesNothingAndNothingTwice) {
  Spooled bench;
  bench.lines({numbered(1, reading("A", 1)), numbered(2, reading("A", 2))});
  auto data = bench.published_data();
  bench.acknowledge({data[0]});
  EXPECT_EQ(bench.receipts(), Texts{"1"});
  bench.lose_connection();
  EXPECT_EQ(bench.receipts(), Texts{});
  data = bench.published_data();
  EXPECT_EQ(data.size(), 1U);
  bench.acknowledge(data);
  EXPECT_EQ(bench.receipts(), Texts{"2"});
}

TEST(Receipts, AnAnswerHasNoNumberAndHoldsNoneUp) {
  Spooled bench;
  bench.lines({numbered(1, reading("A", 1)),
               R"({"event":"rpc-reply","device":"A","id":0,"data":1})",
               numbered(2, reading("A", 2))});
  const auto messages = bench.publish();
  for (const Published& message : messages) {
    if (message.topic == "v1/gateway/telemetry") bench.uplink.acknowledged(message.id);
  }
  EXPECT_EQ(bench.receipts(), Texts{"2"});
  EXPECT_EQ(bench.uplink.left(), 1U);  // but the end of input waits for it
}

TEST(Receipts, ANumberCoversTheLinesWithoutOneBeforeIt) {
  Spooled bench;
  bench.lines({reading("A", 1), numbered(1, reading("B", 2))});
  const auto data = bench.published_data();
  ASSERT_EQ(data.size(), 2U);
  bench.acknowledge({data[1]});
  EXPECT_EQ(bench.receipts(), Texts{});
  bench.acknowledge({data[0]});
  EXPECT_EQ(bench.receipts(), Texts{"1"});
}

TEST(Receipts, OfLinesWithTheSameNumberTheLastCounts) {
  Spooled bench;
  bench.lines({numbered(1, reading("A", 1)), numbered(1, reading("B", 2))});
  const auto data = bench.published_data();
  bench.acknowledge({data[0]});
  EXPECT_EQ(bench.receipts(), Texts{});
  bench.acknowledge({data[1]});
  EXPECT_EQ(bench.receipts(), Texts{"1"});
}

TEST(Receipts, NumbersThatAreNoneOrFallAreNotHeeded) {
  Spooled bench;
  bench.lines({numbered(7, "{\"telemetry\":null}"), numbered(3, "{\"telemetry\":null}"),
               R"({"_n":-1,"telemetry":null})", R"({"_n":"8","telemetry":null})",
               R"({"_n":8.5,"telemetry":null})",
               R"({"_n":99999999999999999999,"telemetry":null})"});
  EXPECT_EQ(bench.receipts(), Texts{"7"});
}

TEST(Receipts, ANewRunCountsFromOneAndForgetsTheOld) {
  Spooled bench;
  bench.lines({numbered(1, reading("A", 1)), numbered(2, reading("A", 2))});
  auto old = bench.published_data();
  bench.uplink.begin_receipts();
  bench.lines({numbered(1, reading("A", 1))});
  const auto again = bench.published_data();
  bench.acknowledge(old);
  EXPECT_EQ(bench.receipts(), Texts{});
  bench.acknowledge(again);
  EXPECT_EQ(bench.receipts(), Texts{"1"});
}

TEST(SpoolHello, IsReadInAnyOrderAndIsNoRecord) {
  Bench bench;
  bench.lines({R"({"ack":"/q/ack","run":"ab","spool":1})"});
  const auto hello = bench.uplink.take_hello();
  ASSERT_TRUE(hello);
  EXPECT_TRUE(hello->is_good());
  EXPECT_EQ(hello->run, "ab");
  EXPECT_EQ(hello->ack, "/q/ack");
  EXPECT_FALSE(bench.uplink.take_hello());
  EXPECT_EQ(bench.uplink.left(), 0U);
  EXPECT_EQ(bench.problems(), Texts{});
}

TEST(SpoolHello, WhatIsNotUnderstoodIsNotGood) {
  for (const char* line :
       {R"({"spool":2,"run":"ab","ack":"/q/ack"})", R"({"spool":1,"ack":"/q/ack"})",
        R"({"spool":1,"run":"ab"})", R"({"spool":1,"run":"ab","ack":"q/ack"})",
        R"({"spool":1,"run":"ab","ack_fd":1})", R"({"spool":1,"run":"ab","ack_fd":"3"})"}) {
    Bench bench;
    bench.lines({line});
    const auto hello = bench.uplink.take_hello();
    ASSERT_TRUE(hello) << line;
    EXPECT_FALSE(hello->is_good()) << line;
  }
}

TEST(SpoolHello, ARecordOutOfASpoolIsNone) {
  Bench bench;
  bench.lines({R"({"_n":4,"spool":1,"run":"ab","ack":"/etc/passwd"})"});
  EXPECT_FALSE(bench.uplink.take_hello());
}

}  // namespace
}  // namespace tbgw::tb
