// SPDX-License-Identifier: Apache-2.0
// Delivery, seen from outside: nothing lost, nothing overtaken, nothing done too early.
#include "tb/outbox.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tb_testing.hpp"

namespace tbgw::tb {
namespace {

using Texts = std::vector<std::string>;

/// One message a record, so that the window counts records.
UplinkOptions one_by_one(std::size_t window = 80) {
  UplinkOptions options;
  options.merge = false;
  options.window.messages = window;
  return options;
}

/// The values of "n" in telemetry messages, in order of publishing.
std::vector<int> numbers(const std::vector<Published>& messages) {
  std::vector<int> out;
  for (const Published& message : messages) {
    const std::size_t at = message.payload.find("\"n\":");
    if (at != std::string::npos) out.push_back(std::stoi(message.payload.substr(at + 4)));
  }
  return out;
}

TEST(Delivery, ARecordIsDoneAtItsAcknowledgementAndNotBefore) {
  Bench bench(one_by_one());
  bench.lines({reading("A", 1), reading("A", 2)});
  const auto messages = bench.publish();
  ASSERT_EQ(messages.size(), 3U);  // connect first
  EXPECT_EQ(bench.uplink.ledger().undone(), 2U);
  bench.uplink.acknowledged(messages[0].id);
  EXPECT_EQ(bench.uplink.ledger().undone(), 2U);
  bench.uplink.acknowledged(messages[1].id);
  EXPECT_EQ(bench.uplink.ledger().undone(), 1U);
  EXPECT_EQ(bench.uplink.ledger().done_through(), 1U);
}

TEST(Delivery, AcknowledgementsOutOfOrderAreCumulativeOnlyWithoutGaps) {
  Bench bench(one_by_one());
  bench.lines({reading("A", 1), reading("B", 2), reading("C", 3)});
  const auto data = bench.published_data();
  ASSERT_EQ(data.size(), 3U);
  bench.uplink.acknowledged(data[2].id);
  bench.uplink.acknowledged(data[1].id);
  EXPECT_EQ(bench.uplink.ledger().done_through(), 0U);
  EXPECT_EQ(bench.uplink.ledger().done(), 2U);
  bench.uplink.acknowledged(data[0].id);
  EXPECT_EQ(bench.uplink.ledger().done_through(), 3U);
}

TEST(Delivery, ARecordWithSeveralMessagesNeedsAllOfThem) {
  Bench bench;
  bench.lines({R"({"telemetry":{"a":1},"attributes":{"b":2}})"});
  const auto messages = bench.publish();
  ASSERT_EQ(messages.size(), 2U);
  bench.uplink.acknowledged(messages[1].id);
  EXPECT_EQ(bench.uplink.ledger().undone(), 1U);
  bench.uplink.acknowledged(messages[0].id);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
  EXPECT_EQ(bench.uplink.held_bytes(), 0U);
}

TEST(Delivery, NoMoreThanTheWindowIsOnItsWay) {
  Bench bench(one_by_one(10));
  for (int i = 0; i < 50; ++i)
    bench.line(reading("A", i));
  auto messages = bench.publish();
  EXPECT_EQ(messages.size(), 10U);
  bench.acknowledge({messages[0], messages[1], messages[2]});
  EXPECT_EQ(bench.publish().size(), 3U);
}

TEST(Delivery, BytesOnTheirWayAreBoundedToo) {
  UplinkOptions options = one_by_one();
  options.window.bytes = 10'000;
  Bench bench(options);
  for (int i = 0; i < 20; ++i) {
    bench.line(R"({"telemetry":{"a":")" + std::string(4000, 'v') + R"("}})");
  }
  EXPECT_EQ(bench.publish().size(), 3U);
}

TEST(Delivery, AMessageLargerThanTheBytesAllowedStillGoesAlone) {
  UplinkOptions options = one_by_one();
  options.window.bytes = 100;
  Bench bench(options);
  bench.lines({R"({"telemetry":{"a":")" + std::string(4000, 'v') + R"("}})"});
  EXPECT_EQ(bench.publish().size(), 1U);
}

TEST(Delivery, ALostConnectionSendsEverythingUndoneAgainInOrder) {
  Bench bench(one_by_one(5));
  for (int i = 0; i < 8; ++i)
    bench.line(reading("A", i));
  const auto first = bench.publish();
  EXPECT_EQ(numbers(first), (std::vector<int>{0, 1, 2, 3}));  // and the connect message
  bench.acknowledge({first[0], first[1]});
  bench.lose_connection();
  bench.uplink.connection_up(0, 0);
  EXPECT_EQ(bench.texts(bench.publish()).front(),
            R"(v1/gateway/connect {"device":"A","type":"default"})");
  bench.lose_connection();
  const auto again = bench.publish();
  EXPECT_EQ(numbers(again), (std::vector<int>{1, 2, 3, 4}));
  bench.acknowledge(again);
  EXPECT_EQ(numbers(bench.publish()), (std::vector<int>{5, 6, 7}));
}

TEST(Delivery, LateAcknowledgementsOfAnOldConnectionMeanNothing) {
  Bench bench(one_by_one());
  bench.lines({reading("A", 1)});
  const auto first = bench.publish();
  bench.lose_connection();
  bench.acknowledge(first);
  EXPECT_EQ(bench.uplink.ledger().undone(), 1U);
}

TEST(Delivery, AnOlderAttributeNeverEndsUpOnTopOfANewerOne) {
  Bench bench(one_by_one());
  bench.lines({R"({"deviceName":"A","attributes":{"mode":1}})",
               R"({"deviceName":"A","attributes":{"mode":2}})",
               R"({"deviceName":"B","attributes":{"mode":3}})"});
  const auto first = bench.published_data();
  ASSERT_EQ(first.size(), 3U);
  // mode 2 and B are acknowledged, the acknowledgement of mode 1 is lost with the connection.
  bench.acknowledge({first[1], first[2]});
  bench.lose_connection();
  EXPECT_EQ(bench.texts(bench.published_data()),
            (Texts{R"(v1/gateway/attributes {"A":{"mode":1}})",
                   R"(v1/gateway/attributes {"A":{"mode":2}})"}));
}

TEST(Delivery, ARefusedRecordAloneIsGivenUpWithItsReason) {
  Bench bench(one_by_one());
  bench.lines({reading("A", 1), reading("A", 2)});
  const auto messages = bench.publish();
  bench.uplink.refused(messages[1].id, "bad payload");
  EXPECT_EQ(bench.problems(), Texts{"1: the platform refused it: bad payload"});
  bench.uplink.acknowledged(messages[2].id);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
  EXPECT_EQ(bench.uplink.counts().rejected, 1U);
}

TEST(Delivery, ARefusedMessageOfManyRecordsCostsOnlyTheCulprit) {
  Bench bench;
  bench.lines({reading("A", 1), reading("A", 2), reading("A", 3)});
  auto messages = bench.publish();
  ASSERT_EQ(messages.size(), 2U);
  bench.uplink.refused(messages[1].id, "bad payload");
  EXPECT_EQ(bench.problems(), Texts{});
  messages = bench.publish();
  EXPECT_EQ(bench.texts(messages),
            (Texts{R"(v1/gateway/telemetry {"A":[{"ts":1001,"values":{"n":1}}]})",
                   R"(v1/gateway/telemetry {"A":[{"ts":1002,"values":{"n":2}}]})",
                   R"(v1/gateway/telemetry {"A":[{"ts":1003,"values":{"n":3}}]})"}));
  bench.uplink.acknowledged(messages[0].id);
  bench.uplink.refused(messages[1].id, "bad payload");
  bench.uplink.acknowledged(messages[2].id);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
  const auto problems = bench.uplink.take_problems();
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].record, 2U);
  EXPECT_EQ(problems[0].refused,
            R"({"deviceName":"A","telemetry":[{"ts":1002,"values":{"n":2}}]})");
}

TEST(Delivery, RefusedAttributesThatRecordsShareAreGivenUpForAllOfThem) {
  Bench bench;
  bench.lines({R"({"deviceName":"A","attributes":{"SN":"7"}})",
               R"({"deviceName":"A","attributes":{"SN":"7"}})"});
  const auto messages = bench.publish();
  bench.uplink.refused(messages[1].id, "no");
  EXPECT_EQ(bench.problems(),
            (Texts{"1: the platform refused it: no", "2: the platform refused it: no"}));
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
}

TEST(Delivery, AttributesSentBehindARefusedMessageGoAgainBehindItsParts) {
  Bench bench;
  bench.lines({reading("A", 1), reading("A", 2), R"({"deviceName":"A","attributes":{"mode":2}})"});
  const auto messages = bench.publish();
  ASSERT_EQ(messages.size(), 3U);
  bench.acknowledge({messages[0], messages[2]});
  bench.uplink.refused(messages[1].id, "bad payload");
  const auto again = bench.publish();
  EXPECT_EQ(bench.texts(again),
            (Texts{R"(v1/gateway/telemetry {"A":[{"ts":1001,"values":{"n":1}}]})",
                   R"(v1/gateway/telemetry {"A":[{"ts":1002,"values":{"n":2}}]})",
                   R"(v1/gateway/attributes {"A":{"mode":2}})"}));
  bench.acknowledge(again);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
  EXPECT_EQ(bench.uplink.held_bytes(), 0U);
}

TEST(Delivery, WhatCannotBeSentIsGivenUpAndTheRestGoesOn) {
  Bench bench(one_by_one());
  bench.lines({R"({"telemetry":{"a":1}})", R"({"telemetry":{"a":2}})"});
  ASSERT_NE(bench.uplink.next(bench.now), nullptr);
  bench.uplink.unsendable("it is larger than the server accepts");
  EXPECT_EQ(bench.problems(), Texts{"1: cannot be sent: it is larger than the server accepts"});
  bench.acknowledge(bench.publish());
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
}

TEST(Delivery, HeldBytesGrowWithTheBacklogAndReturnToNothing) {
  Bench bench;
  std::size_t before = 0;
  for (int i = 0; i < 5000; ++i)
    bench.line(reading("A", i));
  EXPECT_GT(bench.uplink.held_bytes(), 5000U * 30U);
  before = bench.uplink.held_bytes();
  bench.lose_connection();
  EXPECT_EQ(bench.uplink.held_bytes(), before);
  bench.uplink.release_batches();
  while (true) {
    const auto messages = bench.publish();
    if (messages.empty()) break;
    bench.acknowledge(messages);
  }
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
  EXPECT_EQ(bench.uplink.held_bytes(), 0U);
}

TEST(Linger, ABatchWaitsForCompanyButNotForever) {
  UplinkOptions options;
  options.linger = std::chrono::milliseconds{20};
  Bench bench(options);
  bench.line(reading("A", 1));
  bench.uplink.tick(bench.now);
  EXPECT_EQ(bench.published_data().size(), 0U);
  EXPECT_EQ(bench.uplink.next_tick(), bench.now + std::chrono::milliseconds{20});
  bench.now += std::chrono::milliseconds{10};
  bench.line(reading("B", 2));
  bench.now += std::chrono::milliseconds{10};
  bench.uplink.tick(bench.now);
  EXPECT_EQ(numbers(bench.publish()), std::vector<int>{1});
  EXPECT_EQ(bench.uplink.next_tick(), bench.now + std::chrono::milliseconds{10});
}

}  // namespace
}  // namespace tbgw::tb
