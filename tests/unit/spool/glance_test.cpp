// SPDX-License-Identifier: Apache-2.0
// What a spool may get wrong about a line: its kind, whether it needs a time, whose it is.
#include "spool/glance.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "core/line_reader.hpp"

namespace tbgw::spool {
namespace {

Glance look(std::string line) {
  const std::size_t size = line.size();
  line.append(kLinePadding, '\0');
  LineGlance glance;
  return glance.look(std::string_view{line}.substr(0, size));
}

Traffic traffic(const std::string& line) {
  return look(line).traffic;
}
bool untimed(const std::string& line) {
  return look(line).untimed;
}

TEST(Glance, ReadingsRawRecordsAndMostEventsAreStored) {
  for (const char* line : {
           R"({"deviceName":"D","telemetry":[{"ts":1,"values":{"a":1}}]})",
           R"({"ts":1,"source":"serial","data":"x"})",
           R"({"event":"connect","device":"D"})",
           R"({"event":"disconnect","device":"D"})",
           R"({"event":"claim","device":"D","secretKey":"s"})",
           R"({"event":"nobody-knows","device":"D"})",
           R"({"device":"D","send":"x"})",
           R"({})",
       }) {
    EXPECT_EQ(traffic(line), Traffic::stored) << line;
  }
}

TEST(Glance, AnswersAreLive) {
  for (const char* line : {
           R"({"event":"rpc-reply","device":"D","id":1,"data":{}})",
           R"({"event":"attributes-request","device":"D","id":1})",
           R"({"device":"D","rpc":{"id":1},"sent":true})",
           R"({"ts":1,"source":"serial","data":"ok","rpc":{"id":1}})",
       }) {
    EXPECT_EQ(traffic(line), Traffic::live) << line;
  }
}

TEST(Glance, OrderAndSpaceOfOtherPrintersChangeNothing) {
  // jq -S sorts, Python puts spaces.
  EXPECT_EQ(traffic(R"({"data":{"x":1},"device":"D","event":"rpc-reply","id":1})"), Traffic::live);
  EXPECT_EQ(traffic(R"({"data": {"x": 1}, "event": "rpc-reply"})"), Traffic::live);
  EXPECT_EQ(traffic(R"({	"event"	:	"fault"	})"), Traffic::passing);
  EXPECT_EQ(traffic(R"({"counters":{},"event":"stats","tool":"x"})"), Traffic::passing);
  EXPECT_FALSE(untimed(R"({"telemetry": [{"values": {"a": 1}, "ts": 1}], "deviceName": "D"})"));
  EXPECT_TRUE(untimed(R"({"telemetry": [{"a": 1}], "deviceName": "D"})"));
}

TEST(Glance, AnEscapedKeyIsTheSameKey) {
  EXPECT_EQ(traffic(R"({"\u0065vent":"rpc-reply"})"), Traffic::live);
  EXPECT_EQ(traffic(R"({"a":1,"\u005fn":4})"), Traffic::foreign);
  EXPECT_FALSE(untimed(R"({"telemetry":[{"\u0074s":1,"values":{"a":1}}]})"));
}

TEST(Glance, WordsInsideValuesAreNoMembers) {
  EXPECT_EQ(traffic(R"({"ts":1,"source":"serial","data":"{\"event\":\"rpc-reply\"}"})"),
            Traffic::stored);
  EXPECT_EQ(traffic(R"({"deviceName":"event","telemetry":[{"ts":1,"values":{"event":1,"_n":2}}]})"),
            Traffic::stored);
  EXPECT_TRUE(untimed(R"({"telemetry":{"x":"\"ts\":1,\"values\":"}})"));
}

TEST(Glance, AnEventWithDataIsAnEventAndAnAnswerWithDataIsAnAnswer) {
  EXPECT_EQ(traffic(R"({"data":{"k":1},"event":"attributes-request"})"), Traffic::live);
  EXPECT_EQ(traffic(R"({"rpc":{"id":1},"event":"connect"})"), Traffic::stored);
}

TEST(Glance, TheLastOfTwoEventsCounts) {
  EXPECT_EQ(traffic(R"({"event":"connect","event":"rpc-reply"})"), Traffic::live);
  EXPECT_EQ(traffic(R"({"event":"rpc-reply","event":"connect"})"), Traffic::stored);
}

TEST(Glance, LinesOfAnotherSpoolAreForeignWhereverTheNumberStands) {
  EXPECT_EQ(traffic(R"({"spool":1,"run":"0123456789abcdef","ack":"/q/ack"})"), Traffic::foreign);
  EXPECT_EQ(traffic(R"({"_n":1,"deviceName":"D"})"), Traffic::foreign);
  EXPECT_EQ(traffic(R"({"deviceName":"D","_n":1})"), Traffic::foreign);
}

TEST(Glance, OnlyValuesWithoutTheirOwnTimeNeedOne) {
  EXPECT_TRUE(untimed(R"({"deviceName":"D","telemetry":{"t":1}})"));
  EXPECT_TRUE(untimed(R"({"deviceName":"D","telemetry":[{"ts":1,"values":{}},{"t":1}]})"));
  EXPECT_TRUE(untimed(R"({"deviceName":"D","telemetry":[{"ts":1}]})"));  // a value called ts
  EXPECT_TRUE(untimed(R"({"source":"serial","data":"x"})"));
  EXPECT_FALSE(untimed(R"({"deviceName":"D","telemetry":{"ts":1,"values":{"t":1}}})"));
  EXPECT_FALSE(untimed(R"({"deviceName":"D","attributes":[{"a":1}]})"));
  EXPECT_FALSE(untimed(R"({"deviceName":"D","telemetry":[]})"));
  EXPECT_FALSE(untimed(R"({"ts":1,"source":"serial","data":"x"})"));
  EXPECT_FALSE(untimed(R"({"event":"connect","device":"D"})"));
  EXPECT_FALSE(untimed(R"({})"));
}

TEST(Glance, ATimeOfAcceptanceThatIsThereIsKept) {
  EXPECT_FALSE(untimed(R"({"_t":5,"deviceName":"D","telemetry":{"t":1}})"));
  EXPECT_FALSE(untimed(R"({"deviceName":"D","telemetry":{"t":1},"_t":{"ms":5,"boot":"b"}})"));
}

TEST(Glance, WhatIsNoJsonIsStoredAndLeftAlone) {
  for (const char* line : {R"({"event":"rpc-reply",})", R"({"telemetry":{"t":1},})", "{]}", "{{}}",
                           R"({"event":"rpc-reply"} {})", R"({"data":"x)"}) {
    EXPECT_EQ(look(line), Glance{}) << line;
  }
}

std::string random_value(std::mt19937& random, int depth) {
  static const std::vector<std::string> kScalars{"1",       "-2.5e3",    "true",    "null",
                                                 R"("x")",  R"("a\"b")", R"("\\")", R"("{[,:")",
                                                 R"("ts")", "17"};
  static const std::vector<std::string> kKeys{
      "ts", "values", "telemetry", "data", "event", "rpc", "send", "spool", "_n", "_t", "a", "x y"};
  const auto pick = [&random](std::size_t most) {
    return std::uniform_int_distribution<std::size_t>{0, most - 1}(random);
  };
  const std::size_t kind = pick(depth > 3 ? 1 : 3);
  if (kind == 0) return kScalars[pick(kScalars.size())];
  const bool object = kind == 1;
  const std::string space = pick(4) == 0 ? " " : "";
  std::string out = object ? "{" : "[";
  const std::size_t members = pick(4);
  for (std::size_t i = 0; i < members; ++i) {
    if (i > 0) out += "," + space;
    if (object) out += "\"" + kKeys[pick(kKeys.size())] + "\":" + space;
    out += random_value(random, depth + 1);
  }
  return out + (object ? "}" : "]");
}

TEST(Glance, TheQuickWayNeverDisagreesWithTheFullOne) {
  std::mt19937 random{20240501};
  LineGlance glance;
  int quick_ones = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string line = random_value(random, 0);
    if (line.front() != '{') continue;
    const std::size_t size = line.size();
    line.append(kLinePadding, '\0');
    const std::string_view text = std::string_view{line}.substr(0, size);
    Glance quick;
    if (!LineGlance::quick(text, quick)) continue;
    ++quick_ones;
    ASSERT_EQ(quick, glance.full(text)) << text;
  }
  EXPECT_GT(quick_ones, 10'000);
}

}  // namespace
}  // namespace tbgw::spool
