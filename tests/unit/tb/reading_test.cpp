// SPDX-License-Identifier: Apache-2.0
#include "tb/reading.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/line_reader.hpp"

namespace tbgw::tb {
namespace {

using Texts = std::vector<std::string>;

/// A reading as text: device|type|attributes|ts{fields}…|reasons, or "error: …".
std::string parsed(const std::string& line) {
  const std::string padded = line + std::string(kLinePadding, '\0');
  JsonView view;
  const auto members = view.object(std::string_view{padded}.substr(0, line.size()));
  if (!members) return "not JSON: " + members.error().text;
  ReadingParser parser;
  const auto result = parser.parse(*members, 77);
  if (!result) return "error: " + result.error().text;
  const Reading& reading = **result;
  std::string out = std::string{reading.device} + "|" + std::string{reading.type} + "|";
  for (const Field& field : reading.attributes) {
    out.append(field.key).append(":").append(field.value).append(" ");
  }
  out += "|";
  for (const Entry& entry : reading.entries) {
    out.append(entry.ts).append("{");
    for (std::size_t i = 0; i < entry.count; ++i) {
      const Field& field = reading.fields[entry.first + i];
      out.append(field.key).append(":").append(field.value).append(" ");
    }
    out += "}";
  }
  for (const std::string& reason : reading.left_out)
    out += "|" + reason;
  return out;
}

TEST(Reading, CanonicalForm) {
  EXPECT_EQ(parsed(R"({"deviceName":"D","deviceType":"t","attributes":[{"SN":"7"}],)"
                   R"("telemetry":[{"ts":5,"values":{"h":48,"u":"%"}}]})"),
            R"(D|t|"SN":"7" |5{"h":48 "u":"%" })");
}

TEST(Reading, EveryAcceptedShapeMeansTheSame) {
  EXPECT_EQ(parsed(R"({"telemetry":{"h":48},"attributes":{"a":1}})"), R"(||"a":1 |77{"h":48 })");
  EXPECT_EQ(parsed(R"({"telemetry":[{"h":48}],"attributes":[{"a":1},{"b":2}]})"),
            R"(||"a":1 "b":2 |77{"h":48 })");
  EXPECT_EQ(parsed(R"({"telemetry":[{"h":1},{"ts":9,"values":{"h":2}}]})"),
            R"(|||77{"h":1 }9{"h":2 })");
  EXPECT_EQ(parsed(R"({"attributes":[{"ts":9,"values":{"a":2}}]})"), R"(||"a":2 |)");
  EXPECT_EQ(parsed(R"({"telemetry":{"ts":9,"values":{"h":2}}})"), R"(|||9{"h":2 })");
  EXPECT_EQ(parsed(R"({"telemetry":{"values":{"h":2}}})"), R"(|||77{"h":2 })");
}

TEST(Reading, OrderOfMembersAndSpaceMeanNothing) {
  EXPECT_EQ(
      parsed(
          R"( { "telemetry" : [ { "values" : { "h" : 48 } , "ts" : 5 } ] , "deviceName" : "D" } )"),
      R"(D|||5{"h":48 })");
}

TEST(Reading, TheTimeOfAcceptanceStandsInForAMissingStamp) {
  EXPECT_EQ(parsed(R"({"_t":123,"telemetry":{"h":1}})"), R"(|||123{"h":1 })");
  EXPECT_EQ(parsed(R"({"_n":4,"_t":{"ms":124,"boot":"b","up":1},"telemetry":{"h":1}})"),
            R"(|||124{"h":1 })");
  EXPECT_EQ(parsed(R"({"_t":123,"telemetry":[{"ts":5,"values":{"h":1}}]})"), R"(|||5{"h":1 })");
}

TEST(Reading, StampsAreMillisecondsHoweverTheyAreWritten) {
  EXPECT_EQ(parsed(R"({"telemetry":[{"ts":1700000000000.9,"values":{"h":1}}]})"),
            R"(|||1700000000000{"h":1 })");
  EXPECT_EQ(parsed(R"({"telemetry":[{"ts":"1700000000000","values":{"h":1}}]})"),
            R"(|||1700000000000{"h":1 })");
  EXPECT_EQ(parsed(R"({"telemetry":[{"ts":1.7e12,"values":{"h":1}}]})"),
            R"(|||1700000000000{"h":1 })");
  for (const char* const bad : {"-1", "\"soon\"", "true", "null", "1e30", "\"1.5\"", "{}"}) {
    const std::string line =
        R"({"telemetry":[{"ts":)" + std::string{bad} + R"(,"values":{"h":1}}]})";
    EXPECT_EQ(parsed(line).rfind("error: a ts must be milliseconds since 1970", 0), 0U) << line;
  }
}

TEST(Reading, AStampWithoutValuesWouldBecomeAKey) {
  EXPECT_EQ(parsed(R"({"telemetry":[{"ts":5,"h":1}]})"),
            "error: a telemetry entry with ts must have its values in values");
}

TEST(Reading, AKeyCalledValuesAmongOthersIsAKey) {
  EXPECT_EQ(parsed(R"({"telemetry":{"values":{"x":1},"h":2}})"),
            R"(|||77{"values":{"x":1} "h":2 })");
}

TEST(Reading, NullsAreLeftOutBecauseThePlatformIgnoresThem) {
  EXPECT_EQ(parsed(R"({"telemetry":{"h":null,"g":1},"attributes":{"a":null}})"),
            R"(|||77{"g":1 })");
  EXPECT_EQ(parsed(R"({"telemetry":{"h":null}})"), "|||");
}

TEST(Reading, ABadKeyCostsOnlyItself) {
  EXPECT_EQ(parsed(R"({"telemetry":{"":1,"ok":2,"<b>":3}})"),
            R"(|||77{"ok":2 }|'' is a key that is blank|'<b>' is a key that holds HTML)");
  EXPECT_EQ(parsed(R"({"telemetry":{"\u0020":1,"k\u00e4":2}})"),
            R"(|||77{"k\u00e4":2 }|' ' is a key that is blank)");
}

TEST(Reading, NumbersArePrintedSoThatNumbersAreStored) {
  EXPECT_EQ(parsed(R"({"telemetry":{"a":0.30000000000000004,"b":1e19,"c":2e3}})"),
            R"(|||77{"a":0.3 "b":10000000000000000000.0 "c":2e3 })");
}

TEST(Reading, StringsAndNestedValuesAreNeverAltered) {
  EXPECT_EQ(parsed(R"({"telemetry":{"s":"0.12345678901234567","j":{"x":[1e40e]}}})"),
            "not JSON: not valid JSON: a bad number");
  EXPECT_EQ(parsed(R"({"telemetry":{"s":"00123\n","j":{"x": [0.12345678901234567]}}})"),
            R"(|||77{"s":"00123\n" "j":{"x": [0.12345678901234567]} })");
}

TEST(Reading, DeviceNamesThePlatformWouldRefuseAreRefusedHere) {
  EXPECT_EQ(parsed(R"({"deviceName":" ","telemetry":{"h":1}})"), "error: deviceName is blank");
  EXPECT_EQ(parsed(R"({"deviceName":"","telemetry":{"h":1}})"), "error: deviceName is blank");
  EXPECT_EQ(parsed(R"({"deviceName":5,"telemetry":{"h":1}})"), "error: deviceName must be a text");
  EXPECT_EQ(parsed(R"({"deviceName":"<i>x</i>","telemetry":{"h":1}})"),
            "error: deviceName holds HTML");
}

TEST(Reading, ADeviceWithoutItsNameIsNotTheGateway) {
  EXPECT_EQ(parsed(R"({"deviceName":null,"telemetry":{"h":1}})"), "error: deviceName is null");
  EXPECT_EQ(parsed(R"({"device":"D","telemetry":{"h":1}})"),
            "error: has a device but no deviceName: a reading is named by deviceName");
  EXPECT_EQ(parsed(R"({"deviceType":"","telemetry":{"h":1}})"), R"(|||77{"h":1 })");
}

TEST(Reading, InventedStampsDoNotOverwriteEachOther) {
  JsonView view;
  ReadingParser parser;
  const auto stamps = [&](std::string line, EpochMs arrived) {
    line.append(kLinePadding, '\0');
    const auto members = view.object({line.data(), line.size() - kLinePadding});
    const auto reading = parser.parse(*members, arrived);
    std::string out;
    for (const Entry& entry : (*reading)->entries)
      out.append(entry.ts).append(" ");
    return out;
  };
  const std::string two = R"({"deviceName":"D","telemetry":[{"a":1},{"a":2}]})";
  EXPECT_EQ(stamps(two, 1000), "1000 1001 ");
  EXPECT_EQ(stamps(two, 1000), "1002 1003 ");
  EXPECT_EQ(stamps(two, 5000), "5000 5001 ");
  EXPECT_EQ(stamps(R"({"deviceName":"E","telemetry":{"a":1}})", 1000), "1000 ");
  // Delivered again, a record must be the same again.
  const std::string accepted = R"({"deviceName":"D","telemetry":[{"a":1},{"a":2}],"_t":70})";
  EXPECT_EQ(stamps(accepted, 9000), "70 71 ");
  EXPECT_EQ(stamps(accepted, 9001), "70 71 ");
}

TEST(Reading, OfAnAttributeToldTwiceTheLastCounts) {
  EXPECT_EQ(parsed(R"({"deviceName":"D","attributes":[{"a":1,"b":2},{"a":3}]})"),
            parsed(R"({"deviceName":"D","attributes":{"b":2,"a":3}})"));
}

TEST(Reading, WrongTypesAreAReason) {
  EXPECT_EQ(parsed(R"({"telemetry":5})"), "error: telemetry must be an object or a list");
  EXPECT_EQ(parsed(R"({"telemetry":[5]})"), "error: each telemetry entry must be an object");
  EXPECT_EQ(parsed(R"({"attributes":"x"})"), "error: attributes must be an object or a list");
  EXPECT_EQ(parsed(R"({"attributes":[[]]})"), "error: each attributes entry must be an object");
  EXPECT_EQ(parsed(R"({"device":"D"})"), "error: a reading must have telemetry or attributes");
  EXPECT_EQ(parsed("{}"), "error: a reading must have telemetry or attributes");
}

TEST(Reading, NothingLeftToSayIsNoError) {
  EXPECT_EQ(parsed(R"({"_n":17})"), "|||");
  EXPECT_EQ(parsed(R"({"deviceName":"D","telemetry":[],"attributes":[]})"), "D|||");
}

}  // namespace
}  // namespace tbgw::tb
