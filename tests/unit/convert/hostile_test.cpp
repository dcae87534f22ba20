// SPDX-License-Identifier: Apache-2.0
// Records made to be slow or large. The bounds are in steps and bytes, not in seconds: each of
// these would run for minutes, or fill the memory, without them.
#include <gtest/gtest.h>

#include "convert_testing.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i)
    out += text;
  return out;
}

std::string record(const std::string& data) {
  return "{\"ts\":1,\"topic\":\"t\",\"data\":" + json_string(data) + "}";
}

TEST(Hostile, ARegularExpressionThatBacktracksForEverGivesUp) {
  Up up(
      R"({"maps":[{"decode":"regex","pattern":"^(?<v>(a+)+)$","deviceName":"D","telemetry":"*"}]})");
  EXPECT_EQ(up(record(repeat("a", 5000) + "b")), "");
  EXPECT_NE(up.rejected.find("match limit exceeded"), std::string::npos) << up.rejected;
  Up matches(R"({"maps":[{"matches":"^(a|aa|a+)*$","deviceName":"D","telemetry":"*"}]})");
  EXPECT_EQ(matches(record(repeat("a", 5000) + "b")), "");
  EXPECT_NE(matches.rejected, "");
}

TEST(Hostile, LookingEverywhereEndsAfterSoManyPlaces) {
  Up up(R"({"maps":[{"deviceName":"D","telemetry":[{"key":"a","value":"${..x..y..z}"},
    {"key":"b","value":"${[*][*][*].q}"},{"key":"c","value":"1"}]}]})");
  const std::string wide = "{\"l\":[" + repeat("{\"x\":[{\"x\":{\"y\":{}}}]},", 9000) + "1]}";
  EXPECT_EQ(up(record(wide)),
            R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":1,"values":{"c":"1"}}]})"
            "\n");
}

TEST(Hostile, ManyMessagesGiveNoMoreThanTheirSizeTimesASmallFactor) {
  Up json(R"({"maps":[{"deviceName":"D","telemetry":"*"}]})");
  const std::string list = "[" + repeat("{\"v\":1},", 30'000) + "{\"v\":1}]";
  EXPECT_LT(json(record(list)).size(), 16 * list.size());
  Up csv(R"({"maps":[{"decode":"csv","columns":["v"],"deviceName":"D","telemetry":"*"}]})");
  const std::string lines = repeat("1\n", 110'000);
  EXPECT_LT(csv(record(lines)).size(), 60 * lines.size());
  EXPECT_NE(csv.rejected.find("more than 100000 lines"), std::string::npos) << csv.rejected;
}

TEST(Hostile, DeepMessagesAreRefusedBeforeTheyCostAnything) {
  Up up(R"({"maps":[{"deviceName":"D","telemetry":"*"}]})");
  EXPECT_EQ(up(record(repeat("[", 100'000))), "");
  EXPECT_NE(up.rejected.find("nested deeper"), std::string::npos) << up.rejected;
}

TEST(Hostile, NumbersWithAnEndlessExponentOrTailAreNoWork) {
  Up up(R"({"maps":[{"deviceName":"D","telemetry":[{"key":"a","type":"double","scale":0.1},
    {"key":"b","value":"${a}","type":"int"}]}]})");
  for (const std::string& number : {std::string{"1e308"}, "1" + repeat("0", 200'000),
                                    "0." + repeat("3", 200'000), std::string{"1e-999999999"}}) {
    const std::string out = up(record("{\"a\":\"" + number + "\"}"));
    EXPECT_LT(out.size(), 1000U) << number.substr(0, 20);
  }
}

TEST(Hostile, ManyMembersAndEqualKeysStayLinear) {
  Up up(R"({"maps":[{"deviceName":"D","telemetry":[{"key":"${k}","value":"${v}"},{"key":"x"}]}]})");
  std::string data = "{";
  for (int i = 0; i < 20'000; ++i)
    data += "\"m" + std::to_string(i) + "\":1,";
  data += "\"k\":\"x\",\"v\":1,\"x\":2}";
  EXPECT_EQ(up(record(data)),
            R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":1,"values":{"x":2}}]})"
            "\n");
}

TEST(Hostile, KeysFromTheDataDoNotFillTheMemoryOfReportStrategies) {
  Up up(R"({"reportStrategy":"ON_CHANGE","maps":[{"deviceName":"${d}","telemetry":"*"}]})");
  for (int i = 0; i < 210; ++i) {
    std::string data = "{\"d\":\"D" + std::to_string(i) + "\"";
    for (int k = 0; k < 1000; ++k)
      data += ",\"" + std::to_string(k) + "\":1";
    EXPECT_NE(up(record(data + "}")), "");
  }
  EXPECT_EQ(up.converter().reporter().held(), 0U) << "beyond the bound values pass as they come";
}

}  // namespace
}  // namespace tbgw::convert
