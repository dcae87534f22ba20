// SPDX-License-Identifier: Apache-2.0
#include "convert/uplink.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "convert_testing.hpp"
#include "core/record.hpp"

namespace tbgw::convert {
namespace {

constexpr std::string_view kDocumented = R"({"devices":[{"name":"CustomSerialDevice1",
  "telemetry":[{"type":"byte","key":"humidity","untilDelimiter":"\r"}],
  "attributes":[{"key":"SerialNumber","type":"string","fromByte":3,"toByte":-1}]}]})";

constexpr std::string_view kTwo = R"({"devices":[
  {"name":"A","port":"/dev/a","telemetry":[{"key":"v","type":"int"}]},
  {"name":"B","type":"meter","port":"/dev/b","telemetry":[{"key":"v","type":"int"}],
   "attributeUpdates":[{"attributeOnPlatform":"x","stringToDevice":"x"}]}]})";

TEST(Uplink, DocumentedExampleGivesTheDocumentedReading) {
  Up up(kDocumented);
  EXPECT_EQ(up(R"({"ts":1790000000123,"source":"serial","data":"48\r2430947595\n"})"),
            R"({"deviceName":"CustomSerialDevice1","deviceType":"default",)"
            R"("attributes":[{"SerialNumber":"2430947595"}],)"
            R"("telemetry":[{"ts":1790000000123,"values":{"humidity":48}}]})"
            "\n");
  EXPECT_EQ(up.rejected, "");
}

TEST(Uplink, OrderOfMembersAndSpacesDoNotMatter) {
  Up up(kDocumented);
  EXPECT_EQ(up(R"( { "data" : "48\r2430947595\n" , "ts" : 5 } )"),
            up(R"({"ts":5,"data":"48\r2430947595\n"})"));
  EXPECT_NE(up(R"({"\u0064ata":"48\r1\n","ts":5})").find("\"humidity\":48"), std::string::npos);
}

TEST(Uplink, HexAndBase64AreTheSameBytes) {
  Up up(kDocumented);
  const std::string text = up(R"({"ts":5,"data":"48\r24\n"})");
  EXPECT_EQ(up(R"({"ts":5,"data":"34380d32340a","encoding":"hex"})"), text);
  EXPECT_EQ(up(R"({"ts":5,"data":"34 38 0D:32340a","encoding":"hex"})"), text);
  EXPECT_EQ(up(R"({"ts":5,"data":"NDgNMjQK","encoding":"base64"})"), text);
  EXPECT_EQ(up(R"({"ts":5,"data":"48\r24\n","encoding":"text"})"), text);
  EXPECT_EQ(up(R"({"ts":5,"data":"343","encoding":"hex"})"), "");
  EXPECT_EQ(up(R"({"ts":5,"data":"NDgNMjQ","encoding":"base64"})"), "");
  EXPECT_EQ(up(R"({"ts":5,"data":"48","encoding":"ebcdic"})"), "");
  EXPECT_EQ(up.rejected, "encoding: 'ebcdic' is not known (hex, base64, or none)");
}

TEST(Uplink, BadFieldCostsOnlyItself) {
  Up up(kDocumented);
  EXPECT_EQ(up(R"({"ts":5,"data":"48;2430947595\n"})"),
            R"({"deviceName":"CustomSerialDevice1","deviceType":"default",)"
            R"("attributes":[{"SerialNumber":"2430947595"}]})"
            "\n");
  EXPECT_EQ(up.rejected, R"(humidity: no delimiter '\r' in '48;2430947595\n')");
  EXPECT_EQ(up(R"({"ts":5,"data":"7\r"})"),
            R"({"deviceName":"CustomSerialDevice1","deviceType":"default",)"
            R"("telemetry":[{"ts":5,"values":{"humidity":7}}]})"
            "\n");
  EXPECT_EQ(up.rejected, "SerialNumber: the record has 2 bytes, fromByte is 3");
  EXPECT_EQ(up(R"({"ts":5,"data":"x"})"), "");
  EXPECT_EQ(up.converter().counts().rejected, 3U);
  EXPECT_EQ(up.converter().counts().rejected_fields, 4U);
  EXPECT_EQ(up.converter().counts().converted, 2U);
}

TEST(Uplink, ZeroFalseAndEmptyAreSent) {
  constexpr std::string_view kMap = R"({"deviceName":"D","telemetry":[
    {"key":"i","type":"int","toByte":1},{"key":"f","type":"float","toByte":1},
    {"key":"b","type":"bool","toByte":1},{"key":"s","type":"string","fromByte":1,"toByte":-1},
    {"key":"j","type":"json","toByte":1}]})";
  Up up(kMap);
  EXPECT_EQ(up(R"({"ts":5,"data":"0\n"})"),
            R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":5,"values":)"
            R"({"i":0,"f":0.0,"b":false,"s":"","j":0}}]})"
            "\n");
  Up compat(kMap, true);
  EXPECT_EQ(compat(R"({"ts":5,"data":"0\n","_n":3})"), "{\"_n\":3}\n");
  EXPECT_EQ(compat.rejected, "");
}

TEST(Uplink, FirstValueTheReferenceWouldDropIsToldOnce) {
  constexpr std::string_view kTheirs = R"({"deviceName":"D","converter":"SerialUplinkConverter",
    "telemetry":[{"key":"i","type":"int"},{"key":"b","type":"bool"}]})";
  const Imported imported = import_text(kTheirs);
  Uplink up(imported.map);
  const auto told = [&](std::string_view data) {
    std::string line = "{\"ts\":5,\"data\":\"" + std::string{data} + "\"}";
    const std::size_t size = line.size();
    line.append(kLinePadding, ' ');
    std::string out;
    return std::string{up.convert({std::string_view{line}.substr(0, size), 1, false}, out).notice};
  };
  EXPECT_EQ(told("7"), "");
  EXPECT_EQ(told("0"), "i: 0 is sent (the reference drops 0, false and empty values: --compat)");
  EXPECT_EQ(told("0"), "");
}

TEST(Uplink, RecordWithoutStampHasPlainTelemetry) {
  Up up(kDocumented);
  EXPECT_NE(up(R"({"data":"48\r1\n"})").find(R"("telemetry":[{"humidity":48}])"),
            std::string::npos);
}

TEST(Uplink, ClockGoesWithTheStampItDoubts) {
  Up up(kDocumented);
  EXPECT_NE(
      up(R"({"ts":5,"data":"48\r1\n","clock":{"boot":"b","up":7}})")
          .find(R"("telemetry":[{"ts":5,"clock":{"boot":"b","up":7},"values":{"humidity":48}}])"),
      std::string::npos);
  EXPECT_EQ(up(R"({"data":"48\r1\n","clock":{"boot":"b","up":7}})").find("clock"),
            std::string::npos);
}

TEST(Uplink, WrongMembersRejectTheRecordWithTheReason) {
  Up up(kDocumented);
  const std::pair<std::string_view, std::string_view> bad[] = {
      {R"({"ts":5,"data":48})", "data: must be a text, is '48'"},
      {R"({"ts":"5","data":"48\r"})", "ts: must be whole milliseconds since 1970, is '\"5\"'"},
      {R"({"ts":5.5,"data":"48\r"})", "ts: must be whole milliseconds since 1970, is '5.5'"},
      {R"({"ts":17900000001230000,"data":"48\r"})",
       "ts: must be whole milliseconds since 1970, is '17900000001230000'"},
      {R"({"ts":5,"device":7,"data":"48\r"})", "device: must be a text, is '7'"},
      {R"({"ts":5,"clock":7,"data":"48\r"})", "clock: must be an object"},
      {R"({"ts":5,"encoding":null,"data":"48\r"})", "encoding: must be a text, is 'null'"},
      {R"([1,2])", "not a JSON object"},
      {"", "an empty line"},
      {"  \r", "an empty line"},
      {"{\"ts\":5,\"data\":\"\xff\"}", "not valid UTF-8"},
  };
  for (const auto& [line, reason] : bad) {
    EXPECT_EQ(up(line), "") << line;
    EXPECT_EQ(up.rejected, reason) << line;
  }
  EXPECT_EQ(up.converter().counts().rejected, std::size(bad));
}

TEST(Uplink, LinesOfOthersPassByteForByte) {
  Up up(kDocumented);
  for (const char* line :
       {R"({"spool":1,"run":"5b0c3f2a9d1e4788","ack":"/x"})", R"( {"event" : "stats","tool":"x"})",
        R"({"event":"rpc-reply","device":"D","id":1,"data":{"a":1}})",
        R"({"deviceName":"X","telemetry":{"t":1}})", R"({"device":"D","send":"x"})",
        R"({"_n":4,"deviceName":"X","telemetry":[{"t":1}]})", R"({"anything":1})", "{}"}) {
    EXPECT_EQ(up(line), std::string{line} + "\n");
    EXPECT_EQ(up.rejected, "");
  }
}

TEST(Uplink, KindOfALineIsTheSameAsEverywhere) {
  JsonView view;
  for (const char* names : {"spool event send rpc data", "data rpc send event spool", "data rpc",
                            "rpc data", "data", "x", "send data", "data event", "event rpc"}) {
    std::string line = "{";
    for (const char* at = names; *at != '\0';) {
      const std::string_view rest{at};
      const std::string_view name = rest.substr(0, rest.find(' '));
      line += (line.size() > 1 ? ",\"" : "\"") + std::string{name} + "\":1";
      at += name.size() + (name.size() < rest.size() ? 1 : 0);
    }
    line += "}" + std::string(kLinePadding, ' ');
    const auto members = view.object(std::string_view{line}.substr(0, line.find('}') + 1));
    ASSERT_TRUE(members) << line;
    EXPECT_EQ(look_at(*members).kind(), kind_of(*members)) << line;
  }
}

TEST(Uplink, EachNumberedLineComesOutOnce) {
  Up up(kDocumented);
  EXPECT_EQ(up(R"({"_n":17,"_t":9,"ts":5,"data":"48\r1\n"})")
                .rfind(R"({"_n":17,"_t":9,"deviceName":)", 0),
            0U);
  EXPECT_EQ(up(R"({"_t":9,"ts":5,"data":"48\r1\n"})").rfind(R"({"_t":9,"deviceName":)", 0), 0U);
  EXPECT_EQ(up(R"({"ts":5,"data":"48\r1\n","_n":18})").rfind(R"({"_n":18,"deviceName":)", 0), 0U);
  EXPECT_EQ(up(R"({"_n":19,"ts":5,"data":"x"})"), "{\"_n\":19}\n");
  EXPECT_EQ(up(R"({"_n":20,"ts":"x","data":"48\r1\n"})"), "{\"_n\":20}\n");
  EXPECT_EQ(up(R"({"_n":21,"ts":5,"data":"48\r)"), "{\"_n\":21}\n");
  EXPECT_EQ(up(R"({"_n":22})"), "{\"_n\":22}\n");
  EXPECT_EQ(up.rejected, "");
  EXPECT_EQ(up(R"({"_n":23,"rpc":7,"data":"x"})"), "{\"_n\":23}\n");
  EXPECT_EQ(up(R"({"_n":08,"data":"48\r)"), "");  // no number, so no JSON either
  EXPECT_EQ(up(R"({"_n":2)"), "");  // perhaps 24: saying 2 would acknowledge another record
}

TEST(Uplink, TooLongLineIsCountedAndKeepsItsNumber) {
  const Imported imported = import_text(kDocumented);
  Uplink up(imported.map);
  std::string out;
  const Outcome outcome = up.convert({R"({"_n":17,"data":"aaaa)", 3, true}, out);
  EXPECT_EQ(outcome.rejected, "longer than a record may be (--max-record)");
  EXPECT_EQ(out, "{\"_n\":17}\n");
  EXPECT_EQ(up.counts().too_long, 1U);
}

TEST(Uplink, DeviceIsChosenByNameElseByPort) {
  Up up(kTwo);
  EXPECT_EQ(up(R"({"ts":5,"source":"serial","port":"/dev/b","data":"7"})"),
            R"({"deviceName":"B","deviceType":"meter","telemetry":[{"ts":5,"values":{"v":7}}]})"
            "\n");
  EXPECT_NE(up(R"({"ts":5,"port":"/dev/b","device":"A","data":"7"})").find("\"A\""),
            std::string::npos);
  EXPECT_EQ(up(R"({"ts":5,"port":"/dev/c","data":"7"})"), "");
  EXPECT_EQ(up.rejected,
            "no rule for the port '/dev/c'; the map has 'A' (port '/dev/a'), 'B' (port '/dev/b')");
  EXPECT_EQ(up(R"({"ts":5,"data":"7"})"), "");
  EXPECT_EQ(up.rejected,
            "no rule for a record that names neither a device nor a port; the map has 'A' (port "
            "'/dev/a'), 'B' (port '/dev/b')");
  EXPECT_EQ(up(R"({"ts":5,"source":"mqtt","topic":"/dev/b","data":"7"})"),
            up(R"({"ts":5,"source":"serial","port":"/dev/b","data":"7"})"));
}

TEST(Uplink, RecordOfAnotherDeviceIsNeverGivenToTheOnlyOne) {
  Up up(kDocumented);
  EXPECT_EQ(up(R"({"ts":5,"device":"em24","data":"48\r1\n"})"), "");
  EXPECT_EQ(up.rejected, "no rule for the device 'em24'; the map has 'CustomSerialDevice1'");
  EXPECT_NE(up(R"({"ts":5,"port":"/dev/other","data":"48\r1\n"})"), "");
}

TEST(Uplink, MapWithoutANameTakesTheRecords) {
  constexpr std::string_view kNameless = R"({"telemetry":[{"key":"v","type":"int"}]})";
  Up up(kNameless);
  EXPECT_NE(up(R"({"ts":5,"device":"em\"24","data":"7"})").find(R"({"deviceName":"em\"24",)"),
            std::string::npos);
  EXPECT_EQ(up(R"({"ts":5,"data":"7"})"), "");
  EXPECT_EQ(up.rejected, "neither the map (deviceName) nor the record (device) names the device");
  Up compat(kNameless, true);
  EXPECT_NE(compat(R"({"ts":5,"data":"7"})").find("\"SerialDevice\""), std::string::npos);
}

TEST(Uplink, LastFieldOfAKeyThatHasAValueCounts) {
  Up up(R"({"deviceName":"D","telemetry":[
    {"key":"t","type":"float","fromDelimiter":"T=","untilDelimiter":";"},
    {"key":"u","type":"int","toByte":1},
    {"key":"t","type":"float","fromDelimiter":"Temp=","untilDelimiter":";"}]})");
  EXPECT_NE(up(R"({"ts":5,"data":"1T=1;"})").find(R"({"t":1.0,"u":1})"), std::string::npos);
  EXPECT_NE(up(R"({"ts":5,"data":"1Temp=2;"})").find(R"({"u":1,"t":2.0})"), std::string::npos);
  EXPECT_NE(up(R"({"ts":5,"data":"1T=1;Temp=2;"})").find(R"({"u":1,"t":2.0})"), std::string::npos);
  EXPECT_NE(up(R"({"ts":5,"data":"1T=1;Temp=x;"})").find(R"({"t":1.0,"u":1})"), std::string::npos);
}

TEST(Uplink, KeysAreEscaped) {
  Up up(R"({"deviceName":"a\"b","telemetry":[{"key":"k\"\n","type":"int"}]})");
  const auto line = nlohmann::json::parse(up(R"({"ts":5,"data":"7"})"));
  EXPECT_EQ(line["deviceName"], "a\"b");
  EXPECT_EQ(line["telemetry"][0]["values"]["k\"\n"], 7);
}

TEST(Uplink, ConnectorThatKnowsOnlyItsPortIsAnnounced) {
  Up up(kTwo);
  EXPECT_EQ(
      up(R"({"event":"connect","port":"/dev/b"})"),
      R"({"event":"connect","device":"B","deviceType":"meter","sharedKeys":["x"],"port":"/dev/b"})"
      "\n");
  EXPECT_EQ(up(R"({"event":"connect","port":"/dev/a"})"),
            R"({"event":"connect","device":"A","deviceType":"default","port":"/dev/a"})"
            "\n");
  EXPECT_EQ(up(R"({"_n":3,"event":"disconnect","port":"/dev/b","reason":"gone"})"),
            R"({"_n":3,"event":"disconnect","device":"B","port":"/dev/b","reason":"gone"})"
            "\n");
  EXPECT_EQ(up(R"({"event":"fault","tool":"x","text":"t","port":"/dev/b"})"),
            R"({"event":"fault","device":"B","tool":"x","text":"t","port":"/dev/b"})"
            "\n");
}

TEST(Uplink, OnlyWhatAnAnnouncementLacksIsFilledIn) {
  Up up(kTwo);
  EXPECT_EQ(
      up(R"({"event":"connect","device":"B","deviceType":"","port":"/dev/a"})"),
      R"({"event":"connect","device":"B","deviceType":"meter","sharedKeys":["x"],"port":"/dev/a"})"
      "\n");
  for (const char* complete :
       {R"({"event":"connect","device":"B","deviceType":"own","sharedKeys":["y"]})",
        R"({"event":"connect","device":"unknown"})", R"({"event":"disconnect","device":"B"})",
        R"({"event":"fault","tool":"tbgw-spool","text":"full"})", R"({"event":"claim"})"}) {
    EXPECT_EQ(up(complete), std::string{complete} + "\n");
    EXPECT_EQ(up.note, "");
  }
  const std::string stranger = R"({"event":"connect","port":"/dev/c"})";
  EXPECT_EQ(up(stranger), stranger + "\n");
  EXPECT_NE(up.note.find("no rule for the port '/dev/c'"), std::string::npos);
}

/// Random bytes as records: every line that comes out is JSON, and nothing is lost without a word.
TEST(Uplink, RandomRecordsGiveJsonOrAReason) {
  constexpr std::string_view kMap = R"({"deviceName":"D","telemetry":[
    {"key":"a","type":"int","untilDelimiter":"\r"},{"key":"b","type":"float","fromDelimiter":"="},
    {"key":"c","type":"string","fromByte":2,"toByte":-1},{"key":"d","type":"bool","toByte":1},
    {"key":"e","type":"json","fromByte":1},{"key":"f"},{"key":"g","type":"byte","fromByte":-3}]})";
  std::mt19937 random(3);
  constexpr std::string_view kBytes = "0123456789.=\r\n {}[]\"\\\xc3\xa9\xff";
  for (const bool compat : {false, true}) {
    Up up(kMap, compat);
    for (int i = 0; i < 20000; ++i) {
      std::string hex;
      for (auto n = random() % 10; n > 0; --n) {
        constexpr std::string_view kDigits = "0123456789abcdef";
        const auto byte = static_cast<unsigned char>(kBytes[random() % kBytes.size()]);
        hex += kDigits[byte >> 4U];
        hex += kDigits[byte & 15U];
      }
      const std::string out = up("{\"ts\":5,\"encoding\":\"hex\",\"data\":\"" + hex + "\"}");
      if (out.empty()) {
        EXPECT_TRUE(compat || !up.rejected.empty()) << hex;
        continue;
      }
      EXPECT_EQ(out.find('\n'), out.size() - 1);
      EXPECT_FALSE(nlohmann::json::parse(out, nullptr, false).is_discarded()) << out;
    }
  }
}

}  // namespace
}  // namespace tbgw::convert
