// SPDX-License-Identifier: Apache-2.0
// The reference's files of every connector as maps: what a record becomes.
#include <gtest/gtest.h>

#include "convert_testing.hpp"

namespace tbgw::convert {
namespace {

constexpr std::string_view kMqtt = R"MAP({
  "broker": {"host": "h"},
  "mapping": [
    {"topicFilter": "sensor/+/data", "subscriptionQos": 1,
     "converter": {"type": "json",
       "deviceInfo": {"deviceNameExpressionSource": "topic",
                      "deviceNameExpression": "(?<=sensor/)(.*?)(?=/data)",
                      "deviceProfileExpressionSource": "constant",
                      "deviceProfileExpression": "Thermometer"},
       "timeout": 60000,
       "attributes": [{"type": "string", "key": "model", "value": "${sensorModel}"}],
       "timeseries": [{"type": "double", "key": "temperature", "value": "${temp}"}]}},
    {"topicFilter": "custom/sensors/+",
     "converter": {"type": "custom", "extension": "CustomMqttUplinkConverter", "cached": true,
       "extensionConfig": {"temperatureBytes": 2, "humidityBytes": 2, "batteryLevelBytes": 1}}}
  ],
  "requestsMapping": {
    "connectRequests": [{"topicFilter": "sensor/+/connect",
      "deviceInfo": {"deviceNameExpressionSource": "topic",
                     "deviceNameExpression": "(?<=sensor/)(.*?)(?=/connect)"}}],
    "disconnectRequests": [{"topicFilter": "gone",
      "deviceInfo": {"deviceNameExpressionSource": "message", "deviceNameExpression": "${name}"}}],
    "attributeRequests": [{"retain": false, "topicFilter": "ask",
      "deviceInfo": {"deviceNameExpressionSource": "message", "deviceNameExpression": "${dev}"},
      "attributeNameExpressionSource": "message", "attributeNameExpression": "${a},${b}",
      "topicExpression": "devices/${deviceName}/attrs", "valueExpression": "${attributeValue}"}]
  }})MAP";

std::string mqtt(std::string_view topic, std::string_view json) {
  return R"({"ts":1790000000123,"source":"mqtt","topic":")" + std::string{topic} + R"(","data":)" +
         std::string{json} + "}";
}

TEST(MqttMap, TheTopicNamesTheDeviceByLookBehind) {
  Up up(kMqtt);
  EXPECT_EQ(up(mqtt("sensor/T 7/data", R"("{\"temp\":\"21.50\",\"sensorModel\":5}")")),
            R"({"deviceName":"T 7","deviceType":"Thermometer","attributes":[{"model":"5"}],)"
            R"("telemetry":[{"ts":1790000000123,"values":{"temperature":21.5}}]})"
            "\n");
  EXPECT_EQ(up.rejected, "");
}

TEST(MqttMap, EveryElementOfAListIsAMessageOfItsOwn) {
  Up up(kMqtt);
  EXPECT_EQ(
      up(R"({"_n":7,"ts":1,"topic":"sensor/a/data","data":"[{\"temp\":1},{\"temp\":2,\"ts\":9}]"})"),
      R"({"deviceName":"a","deviceType":"Thermometer","telemetry":[{"ts":1,"values":{"temperature":1.0}}]})"
      "\n"
      R"({"_n":7,"deviceName":"a","deviceType":"Thermometer","telemetry":[{"ts":9,"values":{"temperature":2.0}}]})"
      "\n");
}

TEST(MqttMap, TheReferencesOwnClassCutsHexadecimalText) {
  Up up(kMqtt);
  EXPECT_EQ(up(mqtt("custom/sensors/s1", R"("0x00c8003255")")),
            R"({"deviceName":"s1","deviceType":"Thermostat","telemetry":[{"ts":1790000000123,)"
            R"("values":{"temperature":200,"humidity":50,"batteryLevel":85}}]})"
            "\n");
}

TEST(MqttMap, AForeignClassIsRefusedWithTheWayOut) {
  EXPECT_EQ(
      refusal_of(R"({"broker":{},"mapping":[{"topicFilter":"t","converter":
        {"type":"custom","extension":"MyConverter"}}]})"),
      "map.json:2: mapping[0].converter.extension: cannot run the Python class 'MyConverter'. "
      "Leave "
      "this part out of the file, and put what the class did into a filter of yours in the pipe "
      "(tbgw-connector(7)), or into a map (tbgw-map(5))");
}

TEST(MqttMap, RequestsBecomeEvents) {
  Up up(kMqtt);
  EXPECT_EQ(up(mqtt("sensor/x/connect", R"("")")),
            R"({"event":"connect","device":"x","deviceType":"default"})"
            "\n");
  EXPECT_EQ(up(mqtt("gone", R"("{\"name\":\"y\"}")")), R"({"event":"disconnect","device":"y"})"
                                                       "\n");
  EXPECT_EQ(
      up(mqtt("ask", R"("{\"dev\":\"z\",\"a\":\"k1\",\"b\":\"k2\"}")")),
      R"({"event":"attributes-request","device":"z","id":100,"scope":"shared","keys":["k1","k2"]})"
      "\n");
}

TEST(MqttMap, ARecordOfAnotherTopicIsRejectedAndTheRulesAreNamed) {
  Up up(kMqtt);
  EXPECT_EQ(up(R"({"_n":3,"ts":1,"topic":"other","data":"{}"})"), "{\"_n\":3}\n");
  EXPECT_EQ(up.rejected,
            "no rule for 'other'; the map has 'sensor/+/data', 'custom/sensors/+', "
            "'sensor/+/connect', 'gone', 'ask'");
}

TEST(MqttMap, AMissingNameMakesNoDevice) {
  Up up(R"({"broker":{},"mapping":[{"topicFilter":"#","converter":{"type":"json","deviceInfo":
    {"deviceNameExpressionSource":"message","deviceNameExpression":"Meter ${n}"},
    "timeseries":[{"key":"a","value":"${a}","type":"int"}]}}]})");
  EXPECT_EQ(up(mqtt("t", R"("{\"a\":1}")")), "");
  EXPECT_EQ(up.rejected, "no device name: what it is made of is not in the record");
}

TEST(MqttMap, OldSpellingsAndEvalAreUnderstood) {
  Up up(R"({"broker":{},"mapping":[{"topicFilter":"#","converter":{"type":"json",
    "deviceNameTopicExpression":"^[^/]+","deviceTypeJsonExpression":"${kind}","useEval":true,
    "timeseries":[{"key":"sum","value":"${a} + ${b} * 2","type":"int"}]}}]})");
  EXPECT_EQ(
      up(mqtt("dev/1", R"("{\"a\":1,\"b\":4,\"kind\":\"K\"}")")),
      R"({"deviceName":"dev","deviceType":"K","telemetry":[{"ts":1790000000123,"values":{"sum":9}}]})"
      "\n");
}

TEST(TopicFilter, FollowsTheRulesOfMqtt) {
  EXPECT_TRUE(topic_matches("a/+/c", "a/b/c"));
  EXPECT_FALSE(topic_matches("a/+/c", "a/b/c/d"));
  EXPECT_TRUE(topic_matches("a/#", "a"));
  EXPECT_TRUE(topic_matches("a/#", "a/b/c"));
  EXPECT_TRUE(topic_matches("+/+", "/x"));
  EXPECT_FALSE(topic_matches("#", "$SYS/broker"));
  EXPECT_TRUE(topic_matches("$SYS/#", "$SYS/broker"));
  EXPECT_TRUE(topic_matches("$share/group/a/+", "a/b"));
  EXPECT_FALSE(topic_matches("a/b", "a"));
}

TEST(RequestMap, BytesOfTheExtensionConfiguration) {
  Up up(R"({"host":"h","mapping":[{"url":"get_info","converter":{"type":"custom",
    "deviceNameJsonExpression":"SD8500","deviceTypeJsonExpression":"SD",
    "extension":"CustomRequestUplinkConverter","extension-config":[
    {"key":"Totaliser","type":"float","fromByte":0,"toByte":4,"byteorder":"big","signed":true,"multiplier":1},
    {"key":"Flow","type":"int","fromByte":4,"toByte":6,"byteorder":"big","signed":true,"multiplier":0.01},
    {"key":"status","type":"int","byteAddress":6,"fromBit":4,"toBit":8,"byteorder":"big","signed":false}]}}]})");
  EXPECT_EQ(
      up(R"({"ts":1,"source":"http","url":"http://h/get_info?x=1","data":"4365cccdff9cA0","encoding":"hex"})"),
      R"({"deviceName":"SD8500","deviceType":"SD","telemetry":[{"ts":1,"values":{"Totaliser":229.8,"Flow":-1.0,"status":10}}]})"
      "\n");
}

TEST(RequestMap, TheListInsideTheAnswerIsUnpacked) {
  Up up(
      R"({"host":"h","mapping":[{"url":"/x","dataUnpackExpression":"data.items","converter":{"type":"json",
    "deviceNameJsonExpression":"${id}","deviceTypeJsonExpression":"t",
    "telemetry":[{"key":"v","type":"double","value":"${v}"}]}}]})");
  EXPECT_EQ(
      up(R"({"ts":1,"data":"{\"data\":{\"items\":[{\"id\":\"a\",\"v\":1.5},{\"id\":\"b\",\"v\":2}]}}"})"),
      R"({"deviceName":"a","deviceType":"t","telemetry":[{"ts":1,"values":{"v":1.5}}]})"
      "\n"
      R"({"deviceName":"b","deviceType":"t","telemetry":[{"ts":1,"values":{"v":2.0}}]})"
      "\n");
}

TEST(RestMap, TypesCountAndTheEndpointDecides) {
  const std::string_view map =
      R"({"server":{},"mapping":[{"endpoint":"/my_devices","HTTPMethods":["POST"],
    "converter":{"type":"json","deviceInfo":{"deviceNameExpressionSource":"request","deviceNameExpression":"${sensorName}",
    "deviceProfileExpressionSource":"request","deviceProfileExpression":"${sensorType}"},
    "timeseries":[{"type":"double","key":"temperature","value":"${temp}"}]}}],
    "requestsMapping":{"attributeRequests":[{"endpoint":"/ask","type":"shared","deviceNameExpression":"${deviceName}",
    "attributeNameExpression":"${attribute}${attribute1}"}]}})";
  Up up(map);
  const std::string record =
      R"({"ts":1,"source":"rest","url":"/my_devices","data":"{\"sensorName\":\"S\",\"sensorType\":\"T\",\"temp\":\"7\"}"})";
  EXPECT_EQ(
      up(record),
      R"({"deviceName":"S","deviceType":"T","telemetry":[{"ts":1,"values":{"temperature":7.0}}]})"
      "\n");
  EXPECT_EQ(
      up(R"({"ts":1,"url":"/ask","data":"{\"deviceName\":\"S\",\"attribute\":\"a\",\"attribute1\":\"b\"}"})"),
      R"({"event":"attributes-request","device":"S","id":100,"scope":"shared","keys":["a","b"]})"
      "\n");
  Up compat(map, true);
  EXPECT_EQ(
      compat(record),
      R"({"deviceName":"S","deviceType":"T","telemetry":[{"ts":1,"values":{"temperature":"7"}}]})"
      "\n");
}

TEST(SocketMap, SlicesAreTextsAndRequestsAreKeptApart) {
  Up up(
      R"({"socket":{"port":50000},"devices":[{"address":"*:*","addressFilter":"*:*","deviceName":"D","deviceType":"t",
    "telemetry":[{"key":"all","byteFrom":0,"byteTo":-1},{"key":"n","byteFrom":0,"byteTo":2,"type":"int"}],
    "attributeRequests":[{"type":"shared","requestExpression":"${[0:3]==atr}","attributeNameExpression":"[3:]"}]}]})");
  EXPECT_EQ(
      up(R"({"ts":1,"source":"socket","address":"10.0.0.1:5","data":"42abc"})"),
      R"({"deviceName":"D","deviceType":"t","telemetry":[{"ts":1,"values":{"all":"42abc","n":42}}]})"
      "\n");
  EXPECT_EQ(
      up(R"({"ts":1,"source":"socket","address":"10.0.0.1:5","data":"atrname"})"),
      R"({"event":"attributes-request","device":"D","id":100,"scope":"shared","keys":["name"]})"
      "\n");
}

TEST(SocketMap, AddressesAreChosenAndEncodingsRead) {
  Up up(R"({"socket":{},"devices":[
    {"address":"10.0.0.1:*","deviceName":"A","encoding":"utf-16","telemetry":[{"key":"k","byteFrom":0,"byteTo":-1}]},
    {"address":"10\\.0\\.0\\.[23]:.*","deviceName":"B","encoding":"latin-1","telemetry":[{"key":"k","byteFrom":0,"byteTo":-1}]}]})");
  EXPECT_EQ(up(R"({"address":"10.0.0.1:9","data":"6800e900","encoding":"hex"})"),
            R"({"deviceName":"A","deviceType":"default","telemetry":[{"k":"hé"}]})"
            "\n");
  EXPECT_EQ(up(R"({"address":"10.0.0.3:9","data":"e9","encoding":"hex"})"),
            R"({"deviceName":"B","deviceType":"default","telemetry":[{"k":"é"}]})"
            "\n");
  EXPECT_EQ(up(R"({"address":"10.0.0.4:9","data":"x"})"), "");
}

TEST(FtpMap, TablesLinesAndJson) {
  Up up(R"({"host":"h","paths":[
    {"path":"a/*.csv","delimiter":";","devicePatternName":"${id}","devicePatternType":"T",
     "timeseries":[{"key":"t","type":"double","value":"${temp}"}]},
    {"path":"b.txt","txtFileDataView":"SLICED","delimiter":",","devicePatternName":"D",
     "timeseries":[{"type":"int","key":"[0:1]","value":"[1:]"}]},
    {"path":"c.json","devicePatternName":"${n}","timeseries":[{"type":"int","key":"v","value":"${v}"}]}]})");
  EXPECT_EQ(up(R"({"ts":1,"path":"a/x.csv","data":"id;temp\nm1;1,5\nm2;\"2\"\n"})"),
            R"({"deviceName":"m1","deviceType":"T","telemetry":[{"ts":1,"values":{"t":"1,5"}}]})"
            "\n"
            R"({"deviceName":"m2","deviceType":"T","telemetry":[{"ts":1,"values":{"t":2.0}}]})"
            "\n");
  EXPECT_EQ(
      up(R"({"ts":1,"path":"b.txt","data":"temp,20\nhum,40\n"})"),
      R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":1,"values":{"temp":20}}]})"
      "\n"
      R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":1,"values":{"hum":40}}]})"
      "\n");
  EXPECT_EQ(up(R"({"ts":1,"path":"c.json","data":"{\"n\":\"N\",\"v\":3}"})"),
            R"({"deviceName":"N","deviceType":"default","telemetry":[{"ts":1,"values":{"v":3}}]})"
            "\n");
}

TEST(CanMap, FramesByNodeAndCommand) {
  Up up(R"MAP({"interface":"socketcan","channel":"can0","devices":[{"name":"Car","strictEval":false,
    "attributes":[{"key":"door","nodeId":41,"command":"2:2:big:8717","value":"4:1:int","expression":"bool(value & 0b00000100)"}],
    "timeseries":[{"key":"rpm","nodeId":1918,"isExtendedId":true,"command":"2:2:big:48059","value":"4:2:big:int","expression":"value / 4"},
      {"key":"milliage","nodeId":1918,"isExtendedId":true,"value":"4:2:little:int","expression":"value * 10"},
      {"key":"second","nodeId":1918,"value":"1:1:int","expression":"can_data[1] + value"}]}]})MAP");
  EXPECT_EQ(up(R"({"ts":1,"source":"can","node":"41","data":"0000220d0400","encoding":"hex"})"),
            R"({"deviceName":"Car","deviceType":"default","attributes":[{"door":true}]})"
            "\n");
  EXPECT_EQ(
      up(R"({"ts":1,"source":"can","node":"0x77e","data":"0103bbbb0fa0","encoding":"hex"})"),
      R"({"deviceName":"Car","deviceType":"default","telemetry":[{"ts":1,"values":{"rpm":1000.0,"milliage":409750,"second":6}}]})"
      "\n");
  EXPECT_EQ(
      up(R"({"ts":1,"source":"can","node":"1918","data":"0100aaaa0fa0","encoding":"hex"})"),
      R"({"deviceName":"Car","deviceType":"default","telemetry":[{"ts":1,"values":{"milliage":409750,"second":0}}]})"
      "\n");
}

TEST(BleMap, CharacteristicsAndSingleBytes) {
  const std::string_view map =
      R"({"passiveScanMode":true,"devices":[{"name":"S","MACAddress":"4C:65:A8:DF:85:C0",
    "telemetry":[{"key":"t","method":"notify","characteristicUUID":"AA","valueExpression":"[2]"}],
    "attributes":[{"key":"name","method":"read","characteristicUUID":"BB","valueExpression":"[0:2]cm [2:]A"}]}]})";
  Up up(map);
  const std::string first =
      R"({"ts":1,"source":"ble","address":"4c:65:a8:df:85:c0","characteristic":"aa","data":"010203","encoding":"hex"})";
  const std::string second =
      R"({"ts":1,"source":"ble","address":"4C:65:A8:DF:85:C0","characteristic":"BB","data":"1234"})";
  EXPECT_EQ(up(first),
            R"({"deviceName":"S","deviceType":"default","telemetry":[{"ts":1,"values":{"t":3}}]})"
            "\n");
  EXPECT_EQ(up(second),
            R"({"deviceName":"S","deviceType":"default","attributes":[{"name":"12cm 34A"}]})"
            "\n");
  Up compat(map, true);
  EXPECT_EQ(compat(second),
            R"({"deviceName":"S","deviceType":"default","attributes":[{"name":"4950cm 5152A"}]})"
            "\n");
}

TEST(OdbcMap, RowsThroughExpressions) {
  Up up(
      R"({"connection":{"str":"x"},"polling":{},"mapping":{"device":{"type":"postgres","name":"'ODBC ' + entity_id"},
    "attributes":"*","timeseries":[{"name":"value","value":"[i for i in [str_v, long_v, dbl_v,bool_v] if i is not None][0]"}]}})");
  EXPECT_EQ(
      up(R"({"ts":1,"source":"odbc","data":"{\"entity_id\":7,\"str_v\":null,\"long_v\":5,\"dbl_v\":1.5}"})"),
      R"({"deviceName":"ODBC 7","deviceType":"postgres","attributes":[{"entity_id":7,"long_v":5,"dbl_v":1.5}],)"
      R"("telemetry":[{"ts":1,"values":{"value":5}}]})"
      "\n");
}

TEST(SnmpMap, OidsAndWalks) {
  Up up(R"({"devices":[{"deviceName":"R","deviceType":"snmp","ip":"10.0.0.9","community":"public",
    "attributes":[{"key":"descr","method":"get","oid":"1.3.6.1.2.1.1.1.0","timeout":6}],
    "telemetry":[{"key":"walk","method":"walk","oid":"1.3.6.1.2.1.2"}]}]})");
  EXPECT_EQ(
      up(R"({"ts":1,"source":"snmp","address":"10.0.0.9","data":"{\"1.3.6.1.2.1.1.1.0\":\"box\",\"1.3.6.1.2.1.2.1\":0,\"1.3.6.1.2.1.20\":1}"})"),
      R"({"deviceName":"R","deviceType":"snmp","attributes":[{"descr":"box"}],)"
      R"("telemetry":[{"ts":1,"values":{"walk":{"1.3.6.1.2.1.2.1":0}}}]})"
      "\n");
}

TEST(XmppMap, BodiesOfJsonAndOfText) {
  Up up(
      R"({"server":{"jid":"g"},"devices":[{"jid":"d@l/T","deviceNameExpression":"${serialNumber}","deviceTypeExpression":"default",
    "attributes":[{"key":"temperature","value":"${temp}"}],"timeseries":[{"key":"both","value":"${temp}:${hum}"}]},
    {"jid":"e@l","deviceNameExpression":"E","timeseries":[{"key":"k","value":"[1:3]"}]}]})");
  EXPECT_EQ(
      up(R"({"ts":1,"source":"xmpp","jid":"d@l/T","data":"{\"serialNumber\":\"N\",\"temp\":1.5,\"hum\":2}"})"),
      R"({"deviceName":"N","deviceType":"default","attributes":[{"temperature":1.5}],"telemetry":[{"ts":1,"values":{"both":"1.5:2"}}]})"
      "\n");
  EXPECT_EQ(
      up(R"({"ts":1,"source":"xmpp","jid":"e@l","data":"abcd"})"),
      R"({"deviceName":"E","deviceType":"default","telemetry":[{"ts":1,"values":{"k":"bc"}}]})"
      "\n");
}

}  // namespace
}  // namespace tbgw::convert
