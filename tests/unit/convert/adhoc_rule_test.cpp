// SPDX-License-Identifier: Apache-2.0
// Calls that bring their own rule: get and set of devices, methods of the connector itself.
#include "convert/adhoc_rule.hpp"

#include <gtest/gtest.h>

#include "convert_testing.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

std::string rpc(std::string_view method, std::string_view params, std::string_view device = "D") {
  std::string out = R"({"event":"rpc",)";
  if (!device.empty()) out += "\"device\":\"" + std::string{device} + "\",";
  return out + R"("data":{"id":7,"method":")" + std::string{method} + R"(","params":)" +
         std::string{params} + "}}";
}
std::string text(std::string_view pairs) {
  return json_string(pairs);
}

constexpr std::string_view kMqtt = R"({"broker":{},"mapping":[{"topicFilter":"#","converter":
  {"type":"json","deviceInfo":{"deviceNameExpressionSource":"constant","deviceNameExpression":"D"},
   "timeseries":"*"}}],"requestsMapping":{"serverSideRpc":[{"deviceNameFilter":".*",
   "methodFilter":".*","requestTopicExpression":"all","valueExpression":"${params}"}]}})";

TEST(AdhocRule, PairsMayHoldEqualSignsAndSemicolons) {
  const auto pairs = *parse_pairs("url=http://h/?a=b&c=d;value=x;y z;;headers={};");
  ASSERT_EQ(pairs.size(), 3U);
  EXPECT_EQ(pairs[0].second, "http://h/?a=b&c=d");
  EXPECT_EQ(pairs[1].second, "x;y z;");
  EXPECT_EQ(pairs[2].second, "{}");
  EXPECT_FALSE(parse_pairs("true"));
  EXPECT_TRUE(parse_pairs("")->empty());
}

TEST(AdhocRule, MqttGetAndSet) {
  Down down(kMqtt);
  EXPECT_EQ(down(rpc("set", text("requestTopicExpression=set/${deviceName};value=a=b;"))),
            R"({"device":"D","topic":"set/D","send":"a=b","rpc":{"id":7,"method":"set"}})"
            "\n");
  EXPECT_EQ(down(rpc("get", text("requestTopicExpression=ask;responseTopicExpression=tell;"
                                 "value=x;responseTimeout=300"))),
            R"({"device":"D","topic":"ask","send":"x","rpc":{"id":7,"method":"get"},)"
            R"("answer":{"timeout":300,"topic":"tell"}})"
            "\n");
  EXPECT_EQ(
      down(rpc("get", text("requestTopicExpression=a/#;value=x"))),
      R"({"event":"rpc-reply","device":"D","id":7,"data":{"error":"'a/#' is no topic to publish to"}})"
      "\n");
  EXPECT_EQ(down(rpc("set", "5")),
            R"({"device":"D","topic":"all","send":"5","rpc":{"id":7,"method":"set"}})"
            "\n")
      << "a set of the map's own";
  Up up(kMqtt);
  EXPECT_EQ(up(R"({"device":"D","data":"21.5","rpc":{"id":7,"method":"get"}})"),
            R"({"event":"rpc-reply","device":"D","id":7,"data":21.5})"
            "\n");
}

TEST(AdhocRule, TheConnectorsOwnMethods) {
  Down down(kMqtt);
  const std::string params =
      R"({"requestTopicExpression":"a/b","valueExpression":"${params.text}","text":"hi","qos":1})";
  EXPECT_EQ(down(rpc("mqtt_publish", params, "")),
            R"({"topic":"a/b","send":"hi","qos":1,"rpc":{"id":7,"method":"mqtt_publish"}})"
            "\n");
  EXPECT_EQ(down(rpc("mqtt_publish", "{}", "")),
            R"({"event":"rpc-reply","id":7,"data":{"error":"mqtt_publish: needs )"
            R"(requestTopicExpression"}})"
            "\n");
  const std::string other = rpc("modbus_write", "{}", "");
  EXPECT_EQ(down(other), other + "\n") << "another connector's, or the gateway's: passed";
  Up up(kMqtt);
  EXPECT_EQ(up(R"({"rpc":{"id":7,"method":"mqtt_publish"},"sent":true})"),
            R"({"event":"rpc-reply","id":7,"data":{"success":true}})"
            "\n");
  EXPECT_EQ(up(R"({"rpc":{"id":7,"method":"other"},"sent":true})"), "");
}

constexpr std::string_view kRequest = R"({"host":"http://h","mapping":[{"url":"x","converter":
  {"deviceNameJsonExpression":"D","telemetry":"*"}}]})";

TEST(AdhocRule, ARequestCarriesWhatOfTheAnswerIsWanted) {
  Down down(kRequest);
  EXPECT_EQ(down(rpc("get", text("requestUrlExpression=/v?a=b;httpMethod=GET;timeout=.5;"
                                 "responseValueExpression=${data.v};responseTimeout=1;tries=3;"
                                 "httpHeaders={\"A\":\"b\"};"))),
            R"({"device":"D","url":"/v?a=b","send":"","httpMethod":"GET","httpHeaders":{"A":"b"},)"
            R"("rpc":{"id":7,"method":"get","response":"${data.v}"},"answer":{"timeout":1000}})"
            "\n");
  Up up(kRequest);
  EXPECT_EQ(up(R"({"device":"D","data":"{\"data\":{\"v\":5}}","rpc":{"id":7,"method":"get",)"
               R"("response":"${data.v}"}})"),
            R"({"event":"rpc-reply","device":"D","id":7,"data":{"result":5}})"
            "\n");
  EXPECT_EQ(down(rpc("set", text("requestUrlExpression=/v;httpMethod=POST;value={\"a\":1}"))),
            R"({"device":"D","url":"/v","send":"{\"a\":1}","httpMethod":"POST",)"
            R"("rpc":{"id":7,"method":"set"}})"
            "\n");
}

TEST(AdhocRule, FilesSocketsFramesAndMessengers) {
  Down ftp(R"({"paths":[{"path":"a.csv","devicePatternName":"D","timeseries":"*"}]})");
  EXPECT_EQ(ftp(rpc("get", text("filePath=data/a.txt;"))),
            R"({"device":"D","path":"data/a.txt","send":"","process":"read",)"
            R"("rpc":{"id":7,"method":"get"},"answer":{"timeout":5000}})"
            "\n");
  EXPECT_EQ(ftp(rpc("set", text("filePath=a.txt;value='x=1'"))),
            R"({"device":"D","path":"a.txt","send":"x=1","process":"write",)"
            R"("writingMode":"OVERRIDE","rpc":{"id":7,"method":"set"}})"
            "\n");
  Down socket(R"({"socket":{},"devices":[{"address":"*:*","deviceName":"D",
    "telemetry":[{"key":"a"}]}]})");
  EXPECT_EQ(socket(rpc("set", text("address=10.0.0.1;port=5001;value=on"))),
            R"({"device":"D","address":"10.0.0.1:5001","send":"on","rpc":{"id":7,"method":"set"}})"
            "\n");
  Down can(R"({"interface":"socketcan","devices":[{"name":"D","timeseries":[{"key":"a","nodeId":1,
    "value":"0:1:big:int"}]}]})");
  EXPECT_EQ(can(rpc("set", text("nodeId=16;isExtendedId=true;dataLength=2;value=258"))),
            R"({"device":"D","node":"16","send":"0102","encoding":"hex","extended":true,)"
            R"("rpc":{"id":7,"method":"set"}})"
            "\n");
  Down xmpp(R"({"server":{},"devices":[{"jid":"d@h/r","deviceNameExpression":"D",
    "timeseries":[{"key":"a","value":"${a}"}],
    "attributeUpdates":[{"attributeOnThingsBoard":"x","valueExpression":"${attributeValue}"}]}]})");
  EXPECT_EQ(xmpp(rpc("set", text("a=1;b=two"))),
            R"({"device":"D","jid":"d@h/r","send":"{\"a\":\"1\",\"b\":\"two\"}",)"
            R"("rpc":{"id":7,"method":"set"}})"
            "\n");
}

TEST(AdhocRule, WhatDevicesAskOverASocketIsAnswered) {
  const std::string map = R"({"socket":{},"devices":[{"address":"10.0.0.1:5001","deviceName":"D",
    "telemetry":[{"key":"a"}],"attributeRequests":[{"type":"shared",
    "requestExpression":"${[0:3]==atr}","attributeNameExpression":"[3:]"}]}]})";
  Up up(map);
  const std::string asked =
      up(R"({"ts":1,"source":"socket","address":"10.0.0.1:5001","data":"atrlimit"})");
  EXPECT_EQ(asked, R"({"event":"attributes-request","device":"D","id":100,"scope":"shared",)"
                   R"("keys":["limit"]})"
                   "\n");
  Down down(map);
  EXPECT_EQ(down(R"({"event":"attributes-response","device":"D","id":100,"data":{"limit":7.5}})"),
            R"({"device":"D","address":"10.0.0.1:5001","send":"7.5"})"
            "\n");
}

TEST(AdhocRule, NothingACallSaysEndsTheProgram) {
  for (const std::string_view map : {kMqtt, kRequest}) {
    Down down(map);
    for (const char* params :
         {"null", "[]", "\"\"", "\"=\"", "\";;\"", "\"requestTopicExpression=\"",
          "\"requestTopicExpression=${a[;value=1\"",
          "\"requestUrlExpression=x;responseTimeout=-1\"",
          "\"requestUrlExpression=x;httpHeaders=7\"",
          "\"\\u0000=1;requestUrlExpression=\\ud83d\\ude00\""}) {
      for (const char* method : {"get", "set"})
        EXPECT_NE(down(rpc(method, params)), "") << params;
      down(rpc("request_x", params, ""));
      down(rpc("mqtt_x", params, ""));
    }
  }
}

}  // namespace
}  // namespace tbgw::convert
