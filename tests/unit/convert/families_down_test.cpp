// SPDX-License-Identifier: Apache-2.0
// The reference's files on the way down: what an attribute or a call becomes, and what an answer.
#include <gtest/gtest.h>

#include "convert_testing.hpp"

namespace tbgw::convert {
namespace {

std::string rpc(std::string_view method, std::string_view params, std::string_view device = "D") {
  return R"({"event":"rpc","device":")" + std::string{device} + R"(","data":{"id":7,"method":")" +
         std::string{method} + R"(","params":)" + std::string{params} + "}}";
}
std::string attribute(std::string_view key, std::string_view value, std::string_view device = "D") {
  return R"({"event":"attributes","device":")" + std::string{device} + R"(","data":{")" +
         std::string{key} + "\":" + std::string{value} + "}}";
}

constexpr std::string_view kMqtt = R"({"broker":{},"mapping":[{"topicFilter":"#","converter":
  {"type":"json","deviceInfo":{"deviceNameExpressionSource":"constant","deviceNameExpression":"D"},
   "timeseries":"*"}}],
  "requestsMapping":{
   "attributeRequests":[{"topicFilter":"ask","deviceInfo":{"deviceNameExpressionSource":"constant",
     "deviceNameExpression":"D"},"attributeNameExpressionSource":"message",
     "attributeNameExpression":"${a}","topicExpression":"devices/${deviceName}/attrs",
     "valueExpression":"{\"${attributeKey}\":\"${attributeValue}\"}","retain":false}],
   "attributeUpdates":[{"deviceNameFilter":".*","attributeFilter":"relay",
     "topicExpression":"set/${deviceName}","valueExpression":"${attributeValue}","retain":true}],
   "serverSideRpc":[{"type":"twoWay","deviceNameFilter":".*","methodFilter":"getRelay",
     "requestTopicExpression":"sensor/${deviceName}/request/${methodName}/${requestId}",
     "responseTopicExpression":"sensor/${deviceName}/response/${requestId}","responseTopicQoS":1,
     "responseTimeout":10000,"valueExpression":"${params}"},
    {"deviceNameFilter":"D","methodFilter":"^json$","requestTopicExpression":"j",
     "valueExpression":"{\"x\":\"${params.a}\",\"n\":${params.n}}"}]}})";

TEST(MqttDown, AttributesCallsAndAnswers) {
  Down down(kMqtt);
  EXPECT_EQ(down(attribute("relay", "true")),
            R"({"device":"D","topic":"set/D","send":"true","retain":true})"
            "\n");
  EXPECT_EQ(down(attribute("other", "1")), "");
  EXPECT_EQ(
      down(rpc("getRelayState", "{\"a\":1}")),
      R"({"device":"D","topic":"sensor/D/request/getRelayState/7","send":"{\"a\":1}",)"
      R"("rpc":{"id":7,"method":"getRelayState"},"answer":{"timeout":10000,"topic":"sensor/D/response/7"}})"
      "\n");
  EXPECT_EQ(
      down(rpc("nothing", "1")),
      R"({"event":"rpc-reply","device":"D","id":7,"data":{"error":"Method not found: 'nothing'"}})"
      "\n");
  EXPECT_EQ(
      down(R"({"_n":9,"event":"attributes-response","device":"D","id":300,"data":{"k":"v"}})"),
      R"({"_n":9,"device":"D","topic":"devices/D/attrs","send":"{\"k\":\"v\"}","retain":false})"
      "\n");
  Up up(kMqtt);
  EXPECT_EQ(up(R"({"device":"D","data":"{\"on\":\n1}","rpc":{"id":7,"method":"getRelay"}})"),
            R"({"event":"rpc-reply","device":"D","id":7,"data":{"on": 1}})"
            "\n");
  EXPECT_EQ(up(R"({"device":"D","rpc":{"id":7,"method":"getRelay"},"error":"timeout"})"),
            R"({"event":"rpc-reply","device":"D","id":7,"data":{"error":"timeout"}})"
            "\n");
}

TEST(MqttDown, TextOfDevicesAndCallersStaysWhereItIsPut) {
  Down down(kMqtt);
  EXPECT_EQ(down(attribute("relay", "1", "a/+/#")),
            R"({"device":"a/+/#","topic":"set/a%2F%2B%2F%23","send":"1","retain":true})"
            "\n");
  EXPECT_EQ(down(rpc("json", R"({"a":"\",\"admin\":\"","n":3})")),
            R"({"device":"D","topic":"j","send":"{\"x\":\"\\\",\\\"admin\\\":\\\"\",\"n\":3}",)"
            R"("rpc":{"id":7,"method":"json"}})"
            "\n");
}

TEST(HttpDown, UrlsMethodsAndTheWantedPart) {
  const std::string_view map = R"({"host":"h","mapping":[{"url":"/x","converter":{"type":"json",
    "deviceNameJsonExpression":"D","telemetry":[{"key":"a","type":"int","value":"${a}"}]}}],
    "attributeUpdates":[{"httpMethod":"POST","httpHeaders":{"A":"b"},"timeout":0.5,"tries":3,"deviceNameFilter":"SD.*",
     "attributeFilter":"send_data","requestUrlExpression":"sensor/${deviceName}/${attributeKey}",
     "requestValueExpression":"{\"${attributeKey}\":\"${attributeValue}\"}"}],
    "serverSideRpc":[{"deviceNameFilter":".*","methodFilter":"echo","requestUrlExpression":"s/${deviceName}/${requestId}",
     "responseTimeout":1,"httpMethod":"GET","responseValueExpression":"${temp}"}]})";
  Down down(map);
  EXPECT_EQ(
      down(attribute("send_data", "25", "SD 1/2")),
      R"({"device":"SD 1/2","url":"sensor/SD%201%2F2/send_data","send":"{\"send_data\":\"25\"}",)"
      R"("httpMethod":"POST","httpHeaders":{"A":"b"}})"
      "\n");
  EXPECT_EQ(down(rpc("echo", "\"hi\"")),
            R"({"device":"D","url":"s/D/7","send":"hi","httpMethod":"GET",)"
            R"("rpc":{"id":7,"method":"echo"},"answer":{"timeout":1000}})"
            "\n");
  Up up(map);
  EXPECT_EQ(up(R"({"device":"D","data":"{\"temp\":21.50}","rpc":{"id":7,"method":"echo"}})"),
            R"({"event":"rpc-reply","device":"D","id":7,"data":{"result":21.50}})"
            "\n");
  EXPECT_EQ(
      up(R"({"device":"D","data":"{}","rpc":{"id":7,"method":"echo"}})"),
      R"({"event":"rpc-reply","device":"D","id":7,"data":{"error":"answer to echo: no ${temp} in it"}})"
      "\n");
}

TEST(CanDown, FramesWithExpressionsAndWhatIsAroundThem) {
  Down down(
      R"MAP({"interface":"socketcan","devices":[{"name":"D","timeseries":[{"key":"a","nodeId":1,"value":"0:1:int"}],
    "attributeUpdates":[{"attributeOnThingsBoard":"v","nodeId":64,"isExtendedId":true,"dataLength":4,"dataExpression":"value + 5","dataByteorder":"little"}],
    "serverSideRpc":[{"method":"fixed","nodeId":4,"dataInHex":"aa bb c"},
     {"method":"light","nodeId":5,"dataLength":2,"dataByteorder":"little","dataBefore":"00AA"},
     {"method":"speed","nodeId":16,"dataAfter":"0102","dataExpression":"user if most > user else most"}]}]})MAP");
  EXPECT_EQ(down(attribute("v", "10")),
            R"({"device":"D","node":"64","send":"0f000000","encoding":"hex","extended":true})"
            "\n");
  EXPECT_EQ(
      down(rpc("fixed", "null")),
      R"({"device":"D","node":"4","send":"aabb0c","encoding":"hex","rpc":{"id":7,"method":"fixed"}})"
      "\n");
  EXPECT_EQ(
      down(rpc("light", "258")),
      R"({"device":"D","node":"5","send":"00aa0201","encoding":"hex","rpc":{"id":7,"method":"light"}})"
      "\n");
  EXPECT_EQ(
      down(rpc("speed", R"({"user":200,"most":120})")),
      R"({"device":"D","node":"16","send":"780102","encoding":"hex","rpc":{"id":7,"method":"speed"}})"
      "\n");
  EXPECT_EQ(
      down(rpc("light", "70000")),
      R"({"event":"rpc-reply","device":"D","id":7,"data":{"error":"70000 does not fit 2 bytes"}})"
      "\n");
}

TEST(SocketDown, EncodingsOfTexts) {
  Down down(
      R"({"socket":{},"devices":[{"address":"10.0.0.1:5","deviceName":"D","telemetry":[{"key":"a"}],
    "attributeUpdates":[{"encoding":"utf-16","attributeOnThingsBoard":"name"}],
    "serverSideRpc":[{"methodRPC":"m","withResponse":true,"encoding":"utf-8"}]}]})");
  EXPECT_EQ(down(attribute("name", "\"aé\"")),
            R"({"device":"D","address":"10.0.0.1:5","send":"fffe6100e900","encoding":"hex"})"
            "\n");
  EXPECT_EQ(
      down(rpc("m", "5")),
      R"({"device":"D","address":"10.0.0.1:5","send":"5","rpc":{"id":7,"method":"m"},"answer":{"timeout":5000}})"
      "\n");
  EXPECT_EQ(
      down(rpc("m", "5", "E")),
      R"({"event":"rpc-reply","device":"E","id":7,"data":{"error":"no rule for the device 'E'"}})"
      "\n");
}

TEST(SnmpDown, AConnectorThatAnswersItselfGetsItsEvents) {
  Down down(
      R"({"devices":[{"deviceName":"D","ip":"1.2.3.4","attributes":[{"key":"a","oid":"1.3"}]}]})");
  EXPECT_EQ(down(rpc("m", "5")), rpc("m", "5") + "\n");
}

/// What goes out through dataBytes comes back through value as it went in.
TEST(RoundTrip, IntegersOfEveryLengthAndOrder) {
  for (const bool little : {false, true}) {
    for (int length = 1; length <= 8; ++length) {
      const std::string order = little ? "little" : "big";
      const std::string map =
          R"({"interface":"x","devices":[{"name":"D","timeseries":[{"key":"v","nodeId":1,"value":"0:)" +
          std::to_string(length) + ":" + order +
          R"(:int:signed"}],"attributeUpdates":[{"attributeOnThingsBoard":"v","nodeId":1,"dataSigned":true,"dataLength":)" +
          std::to_string(length) + R"(,"dataByteorder":")" + order + R"("}]}]})";
      Down down(map);
      Up up(map);
      const std::int64_t most = length == 8 ? INT64_MAX : (std::int64_t{1} << (8 * length - 1)) - 1;
      for (const std::int64_t value : {std::int64_t{0}, std::int64_t{1}, std::int64_t{-1},
                                       std::int64_t{100}, most, -most - 1}) {
        const std::string text = std::to_string(value);
        const auto command = nlohmann::json::parse(down(attribute("v", text)));
        const nlohmann::json record{{"node", "1"}, {"data", command["send"]}, {"encoding", "hex"}};
        EXPECT_EQ(
            up(record.dump()),
            R"({"deviceName":"D","deviceType":"default","telemetry":[{"v":)" + text + "}]}\n");
      }
    }
  }
}

}  // namespace
}  // namespace tbgw::convert
