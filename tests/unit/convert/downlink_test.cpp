// SPDX-License-Identifier: Apache-2.0
#include "convert/downlink.hpp"

#include <gtest/gtest.h>

#include <string>

#include "convert_testing.hpp"

namespace tbgw::convert {
namespace {

constexpr std::string_view kMap = R"({"deviceName":"D","deviceType":"meter",
  "attributeUpdates":[
    {"attributeOnThingsBoard":"attr1","stringToDevice":"value = ${attr1}\n"},
    {"attributeOnPlatform":"who","stringToDevice":"${deviceName}/${deviceType}/${who}/${other}"},
    {"attributeOnPlatform":"attr1","stringToDevice":"again ${attr1}"},
    {"attributeOnPlatform":"bare","stringToDevice":"${bare}"}],
  "serverSideRpc":[
    {"method":"setValue","type":"int","withResponse":true,"responseTimeoutSec":2.5},
    {"method":"setLevel","type":"float"},
    {"method":"say","type":"string","withResponse":false}]})";

std::string attributes(std::string_view data) {
  return R"({"event":"attributes","device":"D","data":)" + std::string{data} + "}";
}

std::string rpc(std::string_view method, std::string_view params) {
  return R"({"event":"rpc","device":"D","data":{"id":4,"method":")" + std::string{method} +
         R"(","params":)" + std::string{params} + "}}";
}

/// The value of "send", as it stands in the line.
std::string sent(const std::string& line) {
  constexpr std::string_view kKey = "\"send\":\"";
  const std::size_t start = line.find(kKey);
  if (start == std::string::npos) return "!" + line;
  const std::size_t from = start + kKey.size();
  return line.substr(from, line.find('"', from) - from);
}

TEST(Downlink, AttributeBecomesItsCommands) {
  Down down(kMap);
  EXPECT_EQ(down(attributes(R"({"attr1":25})")), R"({"device":"D","send":"value = 25\n"})"
                                                 "\n"
                                                 R"({"device":"D","send":"again 25"})"
                                                 "\n");
  EXPECT_EQ(down.converter().counts().commands, 2U);
}

TEST(Downlink, EveryPlaceIsFilledInOnce) {
  Down down(kMap);
  EXPECT_EQ(sent(down(attributes(R"({"who":"${deviceName}"})"))), "D/meter/${deviceName}/${other}");
}

TEST(Downlink, ValuesLookAsInJson) {
  Down down(kMap);
  EXPECT_EQ(sent(down(attributes(R"({"bare":"text"})"))), "text");
  EXPECT_EQ(sent(down(attributes(R"({"bare":25.50})"))), "25.50");
  EXPECT_EQ(sent(down(attributes(R"({"bare":18446744073709551616})"))), "18446744073709551616");
  EXPECT_EQ(sent(down(attributes(R"({"bare":true})"))), "true");
  EXPECT_EQ(sent(down(attributes(R"({"bare":null})"))), "null");
  EXPECT_EQ(sent(down(attributes(R"({"bare":[1,2]})"))), "[1,2]");
}

TEST(DownlinkCompat, ValuesLookAsInPython) {
  Down down(kMap, true);
  EXPECT_EQ(sent(down(attributes(R"({"bare":true})"))), "True");
  EXPECT_EQ(sent(down(attributes(R"({"bare":false})"))), "False");
  EXPECT_EQ(sent(down(attributes(R"({"bare":null})"))), "None");
  EXPECT_EQ(sent(down(attributes(R"({"bare":25.50})"))), "25.5");
  EXPECT_EQ(sent(down(attributes(R"({"bare":1e2})"))), "100.0");
  EXPECT_EQ(sent(down(attributes(R"({"bare":18446744073709551616})"))), "18446744073709551616");
  EXPECT_EQ(sent(down(attributes(R"({"bare":{"a":[1,null,"x"],"b":1.5e20}})"))),
            "{'a': [1, None, 'x'], 'b': 1.5e+20}");
}

TEST(Downlink, TextIsEscapedForJson) {
  Down down(kMap);
  EXPECT_EQ(down(attributes(R"({"bare":"a\"b\\\n"})")), R"({"device":"D","send":"a\"b\\\n"})"
                                                        "\n");
}

TEST(Downlink, AttributeWithoutACommandIsCountedNotAnError) {
  Down down(kMap);
  EXPECT_EQ(down(attributes(R"({"unknown":1})")), "");
  EXPECT_EQ(down.note, "no attributeUpdates for 'unknown' of 'D'");
  EXPECT_EQ(down(attributes(R"({"bare":""})")), "");
  EXPECT_EQ(down.note, "the command for 'bare' is empty");
  EXPECT_EQ(down(R"({"event":"attributes","device":"E","data":{"a":1,"b":2}})"), "");
  EXPECT_EQ(down(R"({"event":"attributes","device":"D","deleted":["attr1","who"]})"), "");
  EXPECT_EQ(down.converter().counts().ignored, 4U);
  EXPECT_EQ(down.converter().counts().deleted, 2U);
  EXPECT_EQ(down.converter().counts().rejected, 0U);
}

TEST(Downlink, RpcBecomesACommandThatSaysWhatItServes) {
  Down down(kMap);
  EXPECT_EQ(down(rpc("setValue", "25")),
            R"({"device":"D","send":"19","encoding":"hex","rpc":{"id":4,"method":"setValue"},)"
            R"("answer":{"timeout":2500}})"
            "\n");
  EXPECT_EQ(down(rpc("say", R"("héllo\n")")),
            R"({"device":"D","send":"héllo\n","rpc":{"id":4,"method":"say"}})"
            "\n");
}

TEST(Downlink, IntegersTakeAsFewBytesAsHoldThem) {
  Down down(kMap);
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"0", "00"},
      {"255", "ff"},
      {"256", "0100"},
      {"65536", "010000"},
      {"-1", "ff"},
      {"-128", "80"},
      {"-129", "ff7f"},
      {"true", "01"},
      {"false", "00"},
      {"\"25\"", "19"},
      {"-0", "00"},
      {"18446744073709551615", "ffffffffffffffff"},
      {"-9223372036854775808", "8000000000000000"}};
  for (const auto& [params, hex] : cases)
    EXPECT_EQ(sent(down(rpc("setValue", params))), hex) << params;
}

TEST(Downlink, FloatsTakeFourBytesIfThatIsExact) {
  Down down(kMap);
  EXPECT_EQ(sent(down(rpc("setLevel", "1.5"))), "3fc00000");
  EXPECT_EQ(sent(down(rpc("setLevel", "25"))), "41c80000");
  EXPECT_EQ(sent(down(rpc("setLevel", "0.1"))), "3fb999999999999a");
  EXPECT_EQ(sent(down(rpc("setLevel", "1e300"))), "7e37e43c8800759c");
  EXPECT_EQ(sent(down(rpc("setLevel", "-0.0"))), "80000000");
}

TEST(Downlink, LittleEndianTurnsTheBytes) {
  Down down(R"({"deviceName":"D","byteorder":"little","serverSideRpc":[
    {"method":"i","type":"int"},{"method":"f","type":"double"}]})");
  EXPECT_EQ(sent(down(rpc("i", "258"))), "0201");
  EXPECT_EQ(sent(down(rpc("f", "1.5"))), "0000c03f");
}

TEST(Downlink, TextParametersOfOtherTypesGoAsJson) {
  Down down(kMap);
  EXPECT_EQ(sent(down(rpc("say", "25"))), "25");
  EXPECT_EQ(sent(down(rpc("say", "[1]"))), "[1]");
}

std::string refused(std::string_view error) {
  return R"({"event":"rpc-reply","device":"D","id":4,"data":{"error":")" + std::string{error} +
         "\"}}\n";
}

TEST(Downlink, CallThatCannotBeMadeIsAnsweredAtOnce) {
  Down down(kMap);
  EXPECT_EQ(down(rpc("nothing", "1")),
            refused("Method not found: 'nothing'; the map has 'setValue', 'setLevel', 'say'"));
  EXPECT_EQ(down(rpc("say", "null")), refused("No data to send"));
  EXPECT_EQ(down(rpc("say", "\"\"")), refused("No data to send"));
  EXPECT_EQ(down(R"({"event":"rpc","device":"D","data":{"id":4,"method":"say"}})"),
            refused("No data to send"));
  EXPECT_EQ(down(rpc("setValue", "2.5")),
            refused("params must be a whole number of at most 64 bits, is '2.5'"));
  EXPECT_EQ(down(rpc("setValue", "18446744073709551616")),
            refused("params must be a whole number of at most 64 bits, is '18446744073709551616'"));
  EXPECT_EQ(down(rpc("setLevel", "{}")), refused("params must be a number: '{}'"));
  EXPECT_EQ(down(R"({"event":"rpc","device":"E","data":{"id":4,"method":"say","params":1}})"),
            "{\"event\":\"rpc-reply\",\"device\":\"E\",\"id\":4,\"data\":{\"error\":"
            "\"no rule for the device 'E'; the map has 'D'\"}}\n");
  EXPECT_EQ(down.converter().counts().rpc_errors, 8U);
  EXPECT_EQ(down.converter().counts().rejected, 0U);
}

TEST(DownlinkCompat, LimitsOfTheReferenceAreRestored) {
  Down down(kMap, true);
  const auto error = [](std::string_view text) {
    return R"({"event":"rpc-reply","device":"D","id":4,"data":{"error":")" + std::string{text} +
           "\",\"success\":false}}\n";
  };
  EXPECT_EQ(down(rpc("nothing", "1")), error("Method not found"));
  EXPECT_EQ(down(rpc("setValue", "0")), error("No data to send"));
  EXPECT_EQ(down(rpc("setValue", "false")), error("No data to send"));
  EXPECT_EQ(down(rpc("setValue", "-1")), error("can't convert negative int to unsigned"));
  EXPECT_EQ(down(rpc("setValue", "\"25\"")),
            error("params must be a whole number of at most 64 bits, is '\\\"25\\\"'"));
  EXPECT_EQ(down(rpc("say", "25")), error("params must be a text"));
}

TEST(Downlink, LinesOfOthersPassByteForByte) {
  Down down(kMap);
  for (const char* line :
       {R"({"event":"platform-up"})", R"({"event":"attributes","data":{"own":1}})",
        R"({"event":"rpc","data":{"id":1,"method":"gateway_ping"}})",
        R"({"event":"attributes-response","device":"D","id":1,"data":{}})",
        R"({"event":"device-renamed","from":"a","to":"b"})", R"({"spool":1})",
        R"({"device":"D","send":"x"})", R"( {"deviceName":"X"})"}) {
    EXPECT_EQ(down(line), std::string{line} + "\n");
    EXPECT_EQ(down.rejected, "");
  }
}

TEST(Downlink, BrokenEventsAreRejectedWithTheReason) {
  Down down(kMap);
  const std::pair<std::string_view, std::string_view> bad[] = {
      {R"({"event":"rpc","device":"D"})", "an rpc event must have data"},
      {R"({"event":"rpc","device":"D","data":7})", "data: must be an object"},
      {R"({"event":"rpc","device":"D","data":{"method":"m"}})", "data: an rpc must have an id"},
      {R"({"event":"rpc","device":"D","data":{"id":1}})",
       "data: an rpc must have a method, a text"},
      {R"({"event":"attributes","device":"D","data":[1]})", "data: must be an object"},
      {R"({"event":7,"device":"D"})", "event: must be a text, is '7'"},
      {R"({"event":"rpc","device":["D"],"data":{}})", "device: must be a text, is '[\"D\"]'"},
      {"", "an empty line"},
      {"{", "not valid JSON: it ends too early"}};
  for (const auto& [line, reason] : bad) {
    EXPECT_EQ(down(line), "") << line;
    EXPECT_EQ(down.rejected, reason) << line;
  }
}

TEST(Downlink, LastOfSeveralCommandsCarriesTheNumber) {
  Down down(kMap);
  EXPECT_EQ(down(R"({"_n":9,"event":"attributes","device":"D","data":{"attr1":1}})"),
            R"({"device":"D","send":"value = 1\n"})"
            "\n"
            R"({"_n":9,"device":"D","send":"again 1"})"
            "\n");
  EXPECT_EQ(down(R"({"_n":10,"event":"attributes","device":"D","data":{"x":1}})"), "{\"_n\":10}\n");
  EXPECT_EQ(down(R"({"_n":11,"event":"rpc","device":"D","data":7})"), "{\"_n\":11}\n");
  EXPECT_EQ(down(R"({"_n":12,"event":"platform-up"})"), "{\"_n\":12,\"event\":\"platform-up\"}\n");
}

TEST(Downlink, WithSeveralDevicesTheCommandNamesThePort) {
  Down down(R"({"devices":[{"name":"A","port":"/dev/a","attributeUpdates":[
    {"attributeOnPlatform":"x","stringToDevice":"x=${x}"}]},
    {"name":"B","port":"/dev/b","telemetry":[]}]})");
  EXPECT_EQ(down(R"({"event":"attributes","device":"A","data":{"x":1}})"),
            "{\"device\":\"A\",\"port\":\"/dev/a\",\"send\":\"x=1\"}\n");
}

}  // namespace
}  // namespace tbgw::convert
