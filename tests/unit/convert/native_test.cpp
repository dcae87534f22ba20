// SPDX-License-Identifier: Apache-2.0
// Our own maps: `maps` of tbgw-map(5).
#include <gtest/gtest.h>

#include "convert_testing.hpp"

namespace tbgw::convert {
namespace {

/// The values of one item from a message.
std::string value_of(const std::string& item, std::string_view data,
                     const std::string& decode = R"("decode":"bytes")", bool hex = true) {
  Up up(R"({"maps":[{"deviceName":"D",)" + decode + R"(,"telemetry":[)" + item + "]}]}");
  const std::string out =
      up(R"({"data":")" + std::string{data} + "\"" + (hex ? R"(,"encoding":"hex"})" : "}"));
  if (out.empty()) return "rejected: " + up.rejected;
  const std::string head = R"({"deviceName":"D","deviceType":"default","telemetry":[{"k":)";
  EXPECT_EQ(out.substr(0, head.size()), head);
  return out.substr(head.size(), out.size() - head.size() - 4);
}

TEST(NativeMap, IntegersOfEveryWidthAndOrder) {
  const auto k = [](const char* rest) { return std::string{R"({"key":"k","at":0,)"} + rest + "}"; };
  EXPECT_EQ(value_of(k(R"("type":"u8")"), "ff"), "255");
  EXPECT_EQ(value_of(k(R"("type":"i8")"), "ff"), "-1");
  EXPECT_EQ(value_of(k(R"("type":"u24")"), "010203"), "66051");
  EXPECT_EQ(value_of(k(R"("type":"i24","byteOrder":"little")"), "ffffff"), "-1");
  EXPECT_EQ(value_of(k(R"("type":"u64")"), "ffffffffffffffff"), "18446744073709551615");
  EXPECT_EQ(value_of(k(R"("type":"i64")"), "8000000000000000"), "-9223372036854775808");
  EXPECT_EQ(value_of(k(R"("type":"u32","wordOrder":"little")"), "33441122"), "287454020");
  EXPECT_EQ(value_of(k(R"("type":"u32","byteOrder":"little","wordOrder":"big")"), "22114433"),
            "287454020");
  EXPECT_EQ(value_of(k(R"("type":"u16")"), "01"), "rejected: k: the message has only 1 bytes");
  EXPECT_EQ(value_of(R"({"key":"k","at":-2,"type":"u16"})", "ff0102"), "258");
  EXPECT_EQ(value_of(R"({"key":"k","at":-2,"type":"u16"})", "01"),
            "rejected: k: the message has only 1 bytes");
}

TEST(NativeMap, FloatsBcdTextAndBits) {
  const auto k = [](const char* rest) { return std::string{R"({"key":"k","at":0,)"} + rest + "}"; };
  EXPECT_EQ(value_of(k(R"("type":"f32")"), "4365cccd"), "229.8");
  EXPECT_EQ(value_of(k(R"("type":"f16")"), "3e00"), "1.5");
  EXPECT_EQ(value_of(k(R"("type":"f64")"), "3ff8000000000000"), "1.5");
  EXPECT_EQ(value_of(k(R"("type":"f32")"), "7fc00000"), "rejected: k: no finite number: 7fc00000");
  EXPECT_EQ(value_of(k(R"("type":"bcd","length":3)"), "012345"), "12345");
  EXPECT_EQ(value_of(k(R"("type":"bcd","length":1)"), "1a"), "rejected: k: no decimal digits: 1a");
  EXPECT_EQ(value_of(k(R"("type":"string","length":4)"), "41422000"), R"("AB")");
  EXPECT_EQ(value_of(k(R"("type":"hex")"), "00ff"), R"("00ff")");
  EXPECT_EQ(value_of(k(R"("type":"u8","bits":"4-7")"), "a5"), "10");
  EXPECT_EQ(value_of(k(R"("type":"bool","bit":2)"), "04"), "true");
  EXPECT_EQ(value_of(k(R"("type":"i8","bits":"0-3")"), "0f"), "-1");
}

TEST(NativeMap, ScalingKeepsEveryDigit) {
  const auto k = [](const char* rest) {
    return std::string{R"({"key":"k","at":0,"type":"u16",)"} + rest + "}";
  };
  EXPECT_EQ(value_of(k(R"("scale":0.1)"), "08fa"), "229.8");
  EXPECT_EQ(value_of(k(R"("scale":0.1)"), "08fc"), "230.0");
  EXPECT_EQ(value_of(k(R"("scale":0.1,"offset":-40)"), "0190"), "0.0");
  EXPECT_EQ(value_of(k(R"("scale":3)"), "0003"), "9");
  EXPECT_EQ(value_of(k(R"("scale":0.001,"round":1)"), "0172"), "0.4");
  EXPECT_EQ(value_of(k(R"("scale":0.1,"round":0)"), "0019"), "3");
  EXPECT_EQ(value_of(k(R"("max":100)"), "00c8"), "rejected: k: 200 is outside of the limits");
  EXPECT_EQ(value_of(k(R"("max":100,"clamp":true)"), "00c8"), "100");
  EXPECT_EQ(value_of(k(R"("invalid":[65535])"), "ffff"),
            "rejected: nothing that the map asks for is in the record");
  EXPECT_EQ(value_of(k(R"("names":{"0":"off","1":"on"})"), "0001"), R"("on")");
  EXPECT_EQ(value_of(k(R"("names":{"0":"off"})"), "0007"), "7");
  EXPECT_EQ(value_of(k(R"("bitNames":{"0":"door","3":"tilt"})"), "0009"), R"(["door","tilt"])");
  EXPECT_EQ(value_of(k(R"("expression":"value * 9 / 5 + 32")"), "0064"), "212.0");
}

TEST(NativeMap, TextsAreDecodedInEveryForm) {
  const auto get = [](const std::string& decode, const std::string& item, std::string_view data) {
    return value_of(item, data, decode, false);
  };
  EXPECT_EQ(
      get(R"("decode":"pairs")", R"({"key":"k","value":"${T}","type":"double"})", "T=21.50;H=40"),
      "21.5");
  EXPECT_EQ(get(R"("decode":"pairs","separator":" ","assign":":")", R"({"key":"k","value":"${H}"})",
                "T:1 H:40"),
            R"("40")");
  EXPECT_EQ(get(R"("decode":"regex","pattern":"W=(?<w>[0-9.]+)kg")",
                R"({"key":"k","value":"${w}","type":"double","scale":1000})", "W=12.5kg"),
            "12500.0");
  EXPECT_EQ(get(R"("decode":"regex","pattern":"W=(?<w>[0-9.]+)kg")",
                R"({"key":"k","value":"${w}"})", "over"),
            "rejected: 'over' does not match 'W=(?<w>[0-9.]+)kg'");
  EXPECT_EQ(get(R"("decode":"pieces")", R"({"key":"k","value":"${2}","type":"int"})", "a, 7 ,c"),
            "7");
  EXPECT_EQ(get(R"("decode":"pieces","columns":["id","n"])",
                R"({"key":"k","value":"${n}","type":"int"})", "a,7,c"),
            "7");
  EXPECT_EQ(get(R"("decode":"text")", R"({"key":"k","value":"[2:4]","type":"int"})", "ab42"), "42");
  EXPECT_EQ(get(R"("decode":"json")", R"({"key":"k","value":"${a.b[1]}"})",
                R"({\"a\":{\"b\":[1,{\"c\":2}]}})"),
            R"({"c":2})");
  EXPECT_EQ(get(R"("decode":"json")", R"({"key":"k","type":"int"})", R"({\"k\":\"x\"})"),
            "rejected: k: 'x' is not a number");
  EXPECT_EQ(
      get(R"("hexText":true,"decode":"bytes")", R"({"key":"k","at":1,"type":"u8"})", "0x01ff"),
      "255");
}

TEST(NativeMap, OneRecordBecomesSeveralDevices) {
  Up up(
      R"({"maps":[{"topic":"plant/#","each":"sensors","deviceName":"${id}","deviceType":"${@topic}",
    "filter":"ok != false","ts":"${at}","telemetry":[{"key":"${what}","value":"${v}"}]},
    {"topic":"plant/+","deviceName":"Gateway","attributes":[{"key":"version","value":"${fw}"}]}]})");
  EXPECT_EQ(
      up(R"({"_n":4,"ts":5,"source":"mqtt","topic":"plant/1","data":"{\"fw\":\"1.2\",\"sensors\":[)"
         R"({\"id\":\"a\",\"what\":\"t\",\"v\":1.50,\"at\":\"2024-02-29T01:02:03Z\"},)"
         R"({\"id\":\"b\",\"ok\":false},{\"id\":\"c\",\"what\":\"h\",\"v\":true}]}"})"),
      R"({"deviceName":"a","deviceType":"plant/1","telemetry":[{"ts":1709168523000,"values":{"t":1.50}}]})"
      "\n"
      R"({"deviceName":"c","deviceType":"plant/1","telemetry":[{"ts":5,"values":{"h":true}}]})"
      "\n"
      R"({"_n":4,"deviceName":"Gateway","deviceType":"default","attributes":[{"version":"1.2"}]})"
      "\n");
}

TEST(NativeMap, CsvHasAHeaderOrColumns) {
  Up up(
      R"({"maps":[{"decode":"csv","separator":";","deviceName":"${id}","telemetry":[{"key":"t","type":"double"}]}]})");
  EXPECT_EQ(up(R"({"ts":1,"data":"id;t\nA;1.5\nB;\nC;x\n"})"),
            R"({"deviceName":"A","deviceType":"default","telemetry":[{"ts":1,"values":{"t":1.5}}]})"
            "\n");
  EXPECT_EQ(up.rejected, "t: 'x' is not a number");
}

TEST(NativeMap, ADeviceOfTheRecordIsNeverGivenAnotherName) {
  Up up(R"({"maps":[{"deviceName":"D","telemetry":"*"}]})");
  EXPECT_EQ(up(R"({"device":"E","data":"{\"a\":1}"})"), "");
  EXPECT_EQ(up.rejected, "the record is about 'E', the map about 'D'");
  EXPECT_EQ(up(R"({"device":"D","data":"{\"a\":1,\"b\":null,\"c\":\"x\"}"})"),
            R"({"deviceName":"D","deviceType":"default","telemetry":[{"a":1,"c":"x"}]})"
            "\n");
}

TEST(NativeMap, MistakesAreNamedWithPlaceAndPath) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {R"({"maps":[]})", "map.json:1: maps: must have at least one map"},
      {R"({"maps":[{"telemetry":"*","tipic":"a"}]})",
       "map.json:1: unknown key 'tipic' (did you mean 'topic'?)"},
      {R"({"maps":[{"telemetry":"*","decode":"xml"}]})",
       "map.json:1: maps[0].decode: must be json, text, bytes, csv, pairs, regex or pieces, is "
       "'xml'"},
      {"{\"maps\":[{\"telemetry\":[\n{\"key\":\"a\",\"at\":0,\"type\":\"u12\"}]}]}",
       "map.json:2: maps[0].telemetry[0].type: must be u8 to u64, i8 to i64, f16, f32, f64, bcd, "
       "bool, string, latin1 or hex, is 'u12'"},
      {"{\"maps\":[{\"telemetry\":[{\"key\":\"a\",\n\"expression\":\"1 +\"}]}]}",
       "map.json:2: maps[0].telemetry[0].expression: column 4 of '1 +': the expression ends too "
       "early"},
      {R"({"maps":[{"telemetry":[{"key":"a","at":0,"type":"u8","bits":"4-9"}]}]})",
       "map.json:1: maps[0].telemetry[0].bits: the number has not so many bits"},
      {R"({"maps":[{"addressRegex":"(","telemetry":"*"}]})",
       "map.json:1: maps[0].addressRegex: '(' is no regular expression: missing closing "
       "parenthesis, at character 2"},
      {R"({"maps":[{"topic":"a","url":"b","telemetry":"*"}]})",
       "map.json:1: maps[0].url: cannot stand beside another pattern"},
  };
  for (const auto& [map, expected] : cases)
    EXPECT_EQ(refusal_of(map), expected);
}

TEST(NativeMap, AHostileExpressionEndsSoon) {
  Up up(R"MAP({"maps":[{"decode":"regex","pattern":"^(?<a>(x+x+)+)[0-9]","deviceName":"D",
    "telemetry":[{"key":"k","value":"${a}"}]}]})MAP");
  EXPECT_EQ(up(R"({"data":")" + std::string(5000, 'x') + "\"}"), "");
  EXPECT_NE(up.rejected.find("match limit"), std::string::npos) << up.rejected;
}

}  // namespace
}  // namespace tbgw::convert
