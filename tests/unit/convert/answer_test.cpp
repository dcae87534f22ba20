// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <string>

#include "convert_testing.hpp"

namespace tbgw::convert {
namespace {

constexpr std::string_view kMap = R"({"deviceName":"D","serverSideRpc":[
  {"method":"setValue","type":"int","withResponse":true,"responseType":"string",
   "responseUntilDelimiter":"\r"},
  {"method":"level","withResponse":true,"responseType":"int","responseFromByte":1,
   "responseToByte":-1},
  {"method":"bare","withResponse":true},
  {"method":"after","withResponse":true,"responseType":"float","responseFromDelimiter":"="}]})";

std::string reply(std::string_view data) {
  return R"({"event":"rpc-reply","device":"D","id":1,"data":)" + std::string{data} + "}\n";
}

TEST(Answer, SentIsSuccess) {
  Up up(kMap);
  EXPECT_EQ(up(R"({"device":"D","rpc":{"id":1,"method":"any"},"sent":true})"),
            reply(R"({"success":true})"));
}

TEST(Answer, FrameIsCutAndTyped) {
  Up up(kMap);
  EXPECT_EQ(up(R"({"ts":5,"device":"D","data":"ok\r\n","rpc":{"id":1,"method":"setValue"}})"),
            reply(R"({"result":"ok"})"));
  EXPECT_EQ(up(R"({"ts":5,"data":"L42\n","rpc":{"id":1,"method":"level"}})"),
            reply(R"({"result":42})"));
  EXPECT_EQ(up(R"({"ts":5,"data":"0a1b","encoding":"hex","rpc":{"id":1,"method":"bare"}})"),
            reply(R"({"result":"0a1b"})"));
  EXPECT_EQ(up(R"({"ts":5,"data":"v=2.50\n","rpc":{"id":1,"method":"after"}})"),
            reply(R"({"result":2.5})"));
  EXPECT_EQ(up.converter().counts().answers, 4U);
}

TEST(Answer, ErrorOfTheConnectorIsTheErrorOfTheCall) {
  Up up(kMap);
  EXPECT_EQ(up(R"({"device":"D","rpc":{"id":1,"method":"setValue"},"error":"timeout"})"),
            reply(R"({"error":"timeout"})"));
  EXPECT_EQ(up.rejected, "");
  Up compat(kMap, true);
  EXPECT_EQ(compat(R"({"device":"D","rpc":{"id":1,"method":"setValue"},"error":"timeout"})"),
            reply(R"({"error":"timeout","success":false})"));
}

TEST(Answer, FrameThatCannotBeConvertedIsAnErrorForTheCallerAndReported) {
  Up up(kMap);
  EXPECT_EQ(up(R"({"ts":5,"data":"ok\n","rpc":{"id":1,"method":"setValue"}})"),
            reply(R"({"error":"answer to setValue: no delimiter '\\r' in 'ok\\n'"})"));
  EXPECT_EQ(up.rejected, R"(answer to setValue: no delimiter '\r' in 'ok\n')");
  EXPECT_EQ(up(R"({"ts":5,"data":"Lx\n","rpc":{"id":1,"method":"level"}})"),
            reply(R"({"error":"answer to level: 'x' is not a whole number"})"));
  EXPECT_EQ(up(R"({"ts":5,"data":"x","rpc":{"id":1,"method":"other"}})"),
            reply(R"({"error":"the map has no method 'other'"})"));
}

TEST(Answer, DeviceTheMapDoesNotKnowStillGetsItsReply) {
  Up up(kMap);
  EXPECT_EQ(up(R"({"device":"E","rpc":{"id":0,"method":"m"},"error":"no such port"})"),
            "{\"event\":\"rpc-reply\",\"device\":\"E\",\"id\":0,"
            "\"data\":{\"error\":\"no such port\"}}\n");
}

TEST(Answer, BrokenAnswersAreRejected) {
  Up up(kMap);
  for (const char* bad :
       {R"({"rpc":1,"sent":true})", R"({"rpc":{"method":"m"},"sent":true})",
        R"({"rpc":{"id":1,"method":2},"sent":true})", R"({"rpc":{"id":1,"method":"m"}})",
        R"({"rpc":{"id":1,"method":"m"},"sent":false})", R"({"device":7,"rpc":{"id":1}})"}) {
    EXPECT_EQ(up(bad), "") << bad;
    EXPECT_NE(up.rejected, "") << bad;
  }
}

TEST(AnswerCompat, ResponseDelimiterIsIgnoredAsTheReferenceDoes) {
  Up up(kMap, true);
  EXPECT_EQ(up(R"({"ts":5,"data":"a\rb\n","rpc":{"id":1,"method":"setValue"}})"),
            reply(R"({"result":"a\rb"})"));
}

}  // namespace
}  // namespace tbgw::convert
