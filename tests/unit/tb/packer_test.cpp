// SPDX-License-Identifier: Apache-2.0
// Packing, seen from outside: what is published for which lines.
#include "tb/packer.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tb_testing.hpp"

namespace tbgw::tb {
namespace {

using Texts = std::vector<std::string>;

UplinkOptions limited_to(std::size_t bytes) {
  UplinkOptions options;
  options.max_payload = bytes;
  return options;
}

TEST(Packer, SeveralReadingsOfADeviceAreOneMessage) {
  Bench bench;
  bench.lines({reading("A", 1), reading("B", 2), reading("A", 3)});
  EXPECT_EQ(
      bench.published(),
      (Texts{
          R"(v1/gateway/connect {"device":"A","type":"default"})",
          R"(v1/gateway/telemetry {"A":[{"ts":1001,"values":{"n":1}},{"ts":1003,"values":{"n":3}}]})",
          R"(v1/gateway/connect {"device":"B","type":"default"})",
          R"(v1/gateway/telemetry {"B":[{"ts":1002,"values":{"n":2}}]})"}));
}

TEST(Packer, TheGatewayItselfHasTopicsOfItsOwn) {
  Bench bench;
  bench.lines({R"({"telemetry":{"a":1},"attributes":{"b":2}})"});
  EXPECT_EQ(bench.published(),
            (Texts{R"(v1/devices/me/attributes {"b":2})",
                   R"(v1/devices/me/telemetry [{"ts":1700000000000,"values":{"a":1}}])"}));
}

TEST(Packer, AttributesThatStayTheSameGoOnceABatch) {
  Bench bench;
  const std::string one =
      R"({"deviceName":"A","attributes":{"SN":"7"},"telemetry":[{"ts":1,"values":{"n":1}}]})";
  const std::string two =
      R"({"deviceName":"A","attributes":{"SN":"7"},"telemetry":[{"ts":2,"values":{"n":2}}]})";
  bench.lines({one, two});
  EXPECT_EQ(
      bench.published(),
      (Texts{
          R"(v1/gateway/connect {"device":"A","type":"default"})",
          R"(v1/gateway/attributes {"A":{"SN":"7"}})",
          R"(v1/gateway/telemetry {"A":[{"ts":1,"values":{"n":1}},{"ts":2,"values":{"n":2}}]})"}));
}

TEST(Packer, TelemetryAndChangesOfAttributesDoNotOvertakeEachOther) {
  Bench bench;
  bench.lines(
      {reading("A", 1),
       R"({"deviceName":"A","attributes":{"mode":1},"telemetry":[{"ts":2,"values":{"n":2}}]})",
       reading("A", 3), R"({"deviceName":"A","attributes":{"mode":2}})", reading("A", 4)});
  EXPECT_EQ(
      bench.published(),
      (Texts{
          R"(v1/gateway/connect {"device":"A","type":"default"})",
          R"(v1/gateway/telemetry {"A":[{"ts":1001,"values":{"n":1}}]})",
          R"(v1/gateway/attributes {"A":{"mode":1}})",
          R"(v1/gateway/telemetry {"A":[{"ts":2,"values":{"n":2}},{"ts":1003,"values":{"n":3}}]})",
          R"(v1/gateway/attributes {"A":{"mode":2}})",
          R"(v1/gateway/telemetry {"A":[{"ts":1004,"values":{"n":4}}]})"}));
}

TEST(Packer, NoMessageIsLargerThanThePlatformTakes) {
  constexpr std::size_t kLimit = 2000;
  Bench bench(limited_to(kLimit));
  Texts lines;
  for (int i = 0; i < 500; ++i)
    lines.push_back(reading("Device with a name", i));
  bench.lines(lines);
  std::size_t entries = 0;
  std::size_t messages = 0;
  int next = 0;
  for (const Published& message : bench.publish()) {
    EXPECT_LE(2 + message.topic.size() + 2 + 1 + message.payload.size(), kLimit);
    if (message.topic != "v1/gateway/telemetry") continue;
    ++messages;
    const auto payload = nlohmann::json::parse(message.payload);
    for (const auto& entry : payload.at("Device with a name")) {
      EXPECT_EQ(entry.at("values").at("n"), next++);
      ++entries;
    }
  }
  EXPECT_EQ(entries, 500U);
  EXPECT_LE(messages, 13U);  // 500 entries of about 36 bytes: they fill their messages
}

TEST(Packer, AnEntryTooLargeForAMessageIsSplitByKeysNeverByValues) {
  Bench bench(limited_to(1100));
  std::string values;
  for (int i = 0; i < 10; ++i) {
    values += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":\"" + std::string(300, 'v') + "\"";
  }
  bench.lines({R"({"deviceName":"A","telemetry":[{"ts":5,"values":{)" + values + "}}]}"});
  const auto messages = bench.publish();
  std::size_t keys = 0;
  for (const Published& message : messages) {
    if (message.topic != "v1/gateway/telemetry") continue;
    EXPECT_LE(message.payload.size(), 1100U);
    const auto payload = nlohmann::json::parse(message.payload);
    for (const auto& entry : payload.at("A")) {
      EXPECT_EQ(entry.at("ts"), 5);
      for (const auto& value : entry.at("values")) {
        EXPECT_EQ(value, std::string(300, 'v'));
        ++keys;
      }
    }
  }
  EXPECT_EQ(keys, 10U);
  EXPECT_EQ(bench.uplink.ledger().undone(), 1U);
  bench.acknowledge(messages);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
}

TEST(Packer, AValueTooLargeForAnyMessageCostsOnlyItself) {
  Bench bench(limited_to(1100));
  bench.lines({R"({"deviceName":"A","telemetry":[{"ts":5,"values":{"big":")" +
               std::string(2000, 'v') + R"(","ok":1}}],"attributes":{"huge":")" +
               std::string(3000, 'v') + R"(","fine":2}})"});
  EXPECT_EQ(bench.published(),
            (Texts{R"(v1/gateway/connect {"device":"A","type":"default"})",
                   R"(v1/gateway/attributes {"A":{"fine":2}})",
                   R"(v1/gateway/telemetry {"A":[{"ts":5,"values":{"ok":1}}]})"}));
  EXPECT_EQ(bench.problems(),
            (Texts{"1: 'huge' has a value of 3002 bytes; a message has room for 1052",
                   "1: 'big' has a value of 2002 bytes; a message has room for 1032"}));
}

TEST(Packer, NamesAreWrittenAsJson) {
  Bench bench;
  bench.lines({R"({"deviceName":"a \"b\" \\ \u00e4","telemetry":{"x\ty":1}})"});
  const auto messages = bench.publish();
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(nlohmann::json::parse(messages[0].payload).at("device"), "a \"b\" \\ \xC3\xA4");
  EXPECT_EQ(
      nlohmann::json::parse(messages[1].payload).at("a \"b\" \\ \xC3\xA4")[0]["values"]["x\ty"], 1);
}

TEST(Packer, ThePlatformsOwnLimitCountsIfItIsSmaller) {
  Bench bench;
  bench.uplink.connection_up(1000, 0);
  bench.lines({R"({"telemetry":{"a":")" + std::string(600, 'v') + R"("}})",
               R"({"telemetry":{"a":")" + std::string(600, 'v') + R"("}})"});
  EXPECT_EQ(bench.publish().size(), 2U);
}

}  // namespace
}  // namespace tbgw::tb
