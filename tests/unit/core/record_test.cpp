// SPDX-License-Identifier: Apache-2.0
#include "core/record.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tbgw {
namespace {

LineKind kind(std::string text) {
  text.append(kMaxDepth * 2, '\0');
  JsonView json;
  const auto members = json.object(std::string_view{text}.substr(0, text.size() - kMaxDepth * 2));
  EXPECT_TRUE(members);
  return kind_of(*members);
}

TEST(Record, KindIsDecidedByMembersNotByTheirOrder) {
  EXPECT_EQ(kind(R"({"spool":1,"run":"0123456789abcdef"})"), LineKind::hello);
  EXPECT_EQ(kind(R"({"device":"D","event":"rpc","data":{}})"), LineKind::event);
  EXPECT_EQ(kind(R"({"rpc":{"id":1},"device":"D","send":"x"})"), LineKind::command);
  EXPECT_EQ(kind(R"({"data":"x","rpc":{"id":1}})"), LineKind::answer);
  EXPECT_EQ(kind(R"({"_n":1,"_t":5,"data":"x"})"), LineKind::raw);
  EXPECT_EQ(kind(R"({"deviceName":"D"})"), LineKind::reading);
  EXPECT_EQ(kind(R"({})"), LineKind::reading);
}

TEST(Record, RawRecordIsWrittenAsDocumented) {
  std::string out;
  RawRecord record;
  record.ts = 1790000000123;
  record.source = "serial";
  record.address = "/dev/ttyUSB0";
  record.data = "48\r2430947595\n";
  append_raw(out, record);
  EXPECT_EQ(out,
            "{\"ts\":1790000000123,\"source\":\"serial\",\"port\":\"/dev/ttyUSB0\","
            "\"data\":\"48\\r2430947595\\n\"}\n");
}

TEST(Record, AnswerCarriesItsRpcAsItCame) {
  std::string out;
  RawRecord record;
  record.ts = 1;
  record.source = "serial";
  record.device = "em24";
  record.data = "0a1bff";
  record.encoding = "hex";
  record.rpc = R"({"id":1,"method":"m"})";
  append_raw(out, record);
  EXPECT_EQ(out, R"({"ts":1,"source":"serial","device":"em24","data":"0a1bff","encoding":"hex",)"
                 R"("rpc":{"id":1,"method":"m"}})"
                 "\n");
}

TEST(Record, EmptyDataIsStillARawRecord) {
  std::string out;
  RawRecord record;
  record.source = "mqtt";
  record.address = "a/b";
  append_raw(out, record);
  EXPECT_EQ(out, "{\"ts\":0,\"source\":\"mqtt\",\"topic\":\"a/b\",\"data\":\"\"}\n");
}

TEST(Record, EventsNameTheEventFirst) {
  EXPECT_EQ(event_line("connect", "D", {{"deviceType", "pump"}}),
            R"({"event":"connect","device":"D","deviceType":"pump"})");
  EXPECT_EQ(event_line("platform-up", "", nlohmann::ordered_json::object()),
            R"({"event":"platform-up"})");
  EXPECT_EQ(stats_line("tbgw-serial", "", {{"frames", 3}}),
            R"({"event":"stats","tool":"tbgw-serial","counters":{"frames":3}})");
  EXPECT_EQ(fault_line("t", "x", "", {{"port", "/dev/p"}}),
            R"({"event":"fault","tool":"t","text":"x","port":"/dev/p"})");
}

TEST(Record, DeviceBytesThatAreNotUtf8NeverBreakAnEvent) {
  const std::string line = fault_line("t", "bad \xff", "", nlohmann::ordered_json::object());
  EXPECT_FALSE(nlohmann::json::parse(line, nullptr, false).is_discarded());
}

TEST(Record, EverySourceHasItsAddressMember) {
  EXPECT_EQ(address_member("serial"), "port");
  EXPECT_EQ(address_member("rest"), "url");
  EXPECT_EQ(address_member("ocpp"), "chargePoint");
  EXPECT_EQ(address_member("nobody"), "");
}

}  // namespace
}  // namespace tbgw
