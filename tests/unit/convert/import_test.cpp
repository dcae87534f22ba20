// SPDX-License-Identifier: Apache-2.0
#include "convert/import.hpp"

#include <gtest/gtest.h>

#include <string>

#include "convert_testing.hpp"

namespace tbgw::convert {
namespace {

/// All notices, a line each.
std::string notices(std::string_view text, bool compat = false, bool toml = false) {
  std::string out;
  for (const std::string& notice : import_text(text, compat, toml).notices)
    out += notice + "\n";
  return out;
}

TEST(Import, EverySpellingMeansTheSame) {
  const Map first = import_text(R"({"devices":[{"name":"D","type":"t","converter":
    "SerialUplinkConverter","telemetry":[{"key":"a","type":"int"}],"attributeUpdates":[
    {"attributeOnPlatform":"x","stringToDevice":"y"}]}]})")
                        .map;
  const Map second = import_text(R"({"devices":[{"deviceName":"D","deviceType":"t",
    "uplink_converter":"CustomSerialUplinkConverter","timeseries":[{"key":"a","type":"int"}],
    "attributesUpdates":[{"attributeOnThingsBoard":"x","stringToDevice":"y"}]}]})")
                         .map;
  for (const Map& map : {first, second}) {
    ASSERT_EQ(map.devices.size(), 1U);
    EXPECT_EQ(map.devices[0].name, "D");
    EXPECT_EQ(map.devices[0].type, "t");
    ASSERT_EQ(map.devices[0].telemetry.size(), 1U);
    EXPECT_EQ(map.devices[0].telemetry[0].type, ValueType::integer);
    ASSERT_EQ(map.devices[0].updates.size(), 1U);
    EXPECT_EQ(map.devices[0].updates[0].attribute, "x");
  }
}

TEST(Import, OneDeviceNeedsNoList) {
  const Map map = import_text(R"({"name":"D","port":"/dev/x",
    "telemetry":[{"key":"a","type":"int"}]})")
                      .map;
  ASSERT_EQ(map.devices.size(), 1U);
  EXPECT_EQ(map.devices[0].name, "D");
  EXPECT_EQ(map.devices[0].type, "default");
  EXPECT_EQ(map.devices[0].address, "/dev/x");
}

TEST(Import, TomlHasTheSameKeys) {
  const Imported imported = import_text(R"(
[[devices]]
name = "D"
port = "/dev/x"
baudrate = 9600
telemetry = [{ key = "a", type = "float", fromDelimiter = "T=", untilDelimiter = ";" }]
[[devices.serverSideRpc]]
method = "m"
withResponse = true
responseTimeoutSec = 2
responseType = "int"
)",
                                        false, true);
  ASSERT_EQ(imported.map.devices.size(), 1U);
  EXPECT_EQ(imported.map.devices[0].telemetry[0].slice.from_delimiter, "T=");
  EXPECT_EQ(imported.map.devices[0].methods[0].timeout.count(), 2000);
  EXPECT_TRUE(imported.notices.empty());
}

TEST(Import, PortMayBeTheConnectorsDefault) {
  const Map map = import_text(R"({"port":"/dev/x","byteorder":"little","devices":[
    {"name":"A","telemetry":[]},{"name":"B","port":"/dev/y","byteorder":"big"}]})")
                      .map;
  EXPECT_EQ(map.devices[0].address, "/dev/x");
  EXPECT_TRUE(map.devices[0].little_endian);
  EXPECT_EQ(map.devices[1].address, "/dev/y");
  EXPECT_FALSE(map.devices[1].little_endian);
}

TEST(Import, FileOfTheReferenceNeedsNoNotice) {
  EXPECT_EQ(notices(R"({"name":"Custom serial connector","logLevel":"DEBUG",
    "uplinkQueueSize":100000,"id":"x","enableRemoteLogging":false,"devices":[{"name":"S",
    "type":"default","port":"/dev/ttyUSB0","baudrate":9600,"timeout":1,"bytesize":8,"stopbits":1,
    "parity":"N","dsrdtr":false,"rtscts":false,"xonxoff":false,"writeTimeout":null,
    "interByteTimeout":null,"exclusive":null,"delimiter":"\n","converter":"SerialUplinkConverter",
    "downlink_converter":"SerialDownlinkConverter","telemetry":[{"type":"float","key":"humidity",
    "untilDelimiter":"\r"}],"attributes":[{"key":"SerialNumber","type":"string","fromByte":4,
    "toByte":-1}],"attributeUpdates":[{"attributeOnPlatform":"attr1","stringToDevice":
    "value = ${attr1}\n"}],"serverSideRpc":[{"method":"setValue","type":"int","withResponse":true,
    "responseType":"string","responseUntilDelimiter":"\r","responseTimeoutSec":5}]}]})"),
            "");
}

TEST(Import, ForeignPythonClassIsNamedAndRefused) {
  EXPECT_EQ(
      refusal_of("{\"devices\":[\n{\"name\":\"D\",\n\"converter\":\"MyConverter\"}]}"),
      "map.json:3: devices[0].converter: cannot run the Python class 'MyConverter'. Leave the "
      "key out to use the built-in converter; for what the class did on top, put a filter of "
      "yours into the pipe (tbgw-connector(7))");
  for (const char* key : {"uplink_converter", "downlink_converter"}) {
    const std::string text =
        "{\"devices\":[{\"name\":\"D\",\"" + std::string{key} + "\":\"Mine\"}]}";
    EXPECT_NE(refusal_of(text).find(key), std::string::npos);
  }
  EXPECT_NE(refusal_of(R"({"class":"Mine","devices":[{"name":"D"}]})").find("class"),
            std::string::npos);
  EXPECT_EQ(refusal_of(R"({"class":"CustomSerialConnector","devices":[{"name":"D"}]})"), "");
}

TEST(Import, UnknownKeyInTomlEndsTheRun) {
  EXPECT_EQ(refusal_of("deviceName = \"D\"\ntelemetri = []\ntelemetry = []\n", true),
            "map.toml:2: unknown key 'telemetri' (did you mean 'telemetry'?)");
}

TEST(Import, UnknownKeyInJsonIsANotice) {
  EXPECT_EQ(notices("{\"devices\":[\n{\"name\":\"D\",\n\"colour\":1}]}"),
            "map.json:3: unknown key 'colour', ignored\n");
  EXPECT_EQ(notices("{\"devices\":[{\"name\":\"D\"}],\"_comment\":\"x\"}"), "");
}

TEST(Import, MisspelledKeyOfAFieldEndsTheRunInJsonToo) {
  EXPECT_EQ(refusal_of("{\"deviceName\":\"D\",\"telemetry\":[{\"key\":\"a\",\n\"fromBite\":2}]}"),
            "map.json:2: telemetry[0].fromBite: unknown key (did you mean 'fromByte'?)");
  EXPECT_EQ(notices(R"({"deviceName":"D","telemetry":[{"key":"a","description":"x"}]})"),
            "map.json:1: unknown key 'description', ignored\n");
}

TEST(Import, FieldsThatMakeNoSenseAreRefusedWithTheirPlace) {
  const std::pair<std::string_view, std::string_view> bad[] = {
      {R"({"telemetry":[{"type":"int"}]})", "map.json:1: telemetry[0]: key: must name the field"},
      {R"({"telemetry":[{"key":""}]})", "map.json:1: telemetry[0]: key: must name the field"},
      {R"({"telemetry":{"key":"a"}})", "map.json:1: telemetry: must be a list"},
      {R"({"telemetry":["a"]})", "map.json:1: telemetry[0]: must be a table of keys"},
      {R"({"telemetry":[{"key":"a","fromByte":"2"}]})",
       "map.json:1: telemetry[0].fromByte: must be a whole number from -1048576 to 1048576"},
      {R"({"telemetry":[{"key":"a","fromByte":5,"toByte":5}]})",
       "map.json:1: telemetry[0].toByte: must be greater than fromByte: both are positions in "
       "the record, and toByte is the first byte not taken"},
      {R"({"attributeUpdates":[{"stringToDevice":"x"}]})",
       "map.json:1: attributeUpdates[0]: attributeOnPlatform: must name the attribute"},
      {R"({"attributeUpdates":[{"attributeOnPlatform":"x"}]})",
       "map.json:1: attributeUpdates[0]: stringToDevice: must say what to write to the device"},
      {R"({"serverSideRpc":[{"type":"int"}]})",
       "map.json:1: serverSideRpc[0]: method: must name the method"},
      {R"({"telemetry":[],"byteorder":"middle"})",
       "map.json:1: byteorder: must be \"big\" or \"little\""},
      {R"({"devices":[]})", "map.json:1: devices: must name at least one device"},
      {R"({"devices":{}})", "map.json:1: devices: must be a list"},
      {R"({"a":1})",
       "map.json:1: this is no map: it has neither devices nor telemetry, attributes, "
       "attributeUpdates or serverSideRpc"},
      {R"({"application":{},"devices":[]})",
       "map.json:1: application: looks like a file of the BACnet connector, which converts by "
       "itself"}};
  for (const auto& [text, reason] : bad)
    EXPECT_EQ(refusal_of(text), reason) << text;
}

TEST(Import, WhatTheReferenceUnderstandsOtherwiseIsSaidOnce) {
  const std::string_view map =
      R"({"deviceName":"D","converter":"SerialUplinkConverter","telemetry":[
    {"key":"a","type":"int","fromDelimiter":"A=","untilDelimiter":";"},
    {"key":"b","type":"int","fromDelimiter":"B="},
    {"key":"c","type":"int","fromByte":2,"toByte":5},
    {"key":"d","type":"int","fromByte":3,"toByte":6}]})";
  EXPECT_EQ(notices(map),
            "map.json:2: fromDelimiter is left out of the value, untilDelimiter is searched behind "
            "it (the reference keeps it, and searches from the start: --compat)\n"
            "map.json:4: fromByte with toByte takes the bytes between them (the reference sends "
            "nothing: --compat)\n");
  EXPECT_EQ(notices(map, true), "");
  // A map that no reference could run was written for us.
  EXPECT_EQ(notices(R"({"deviceName":"D","telemetry":[
    {"key":"a","type":"int","fromDelimiter":"A="},{"key":"c","fromByte":2,"toByte":5}]})"),
            "");
}

TEST(Import, KeysWithoutEffectAreNotices) {
  EXPECT_EQ(
      notices("{\"deviceName\":\"D\",\"telemetry\":[{\"key\":\"a\",\"untilDelimiter\":\";\",\n"
              "\"fromByte\":2}]}"),
      "map.json:2: fromByte and toByte have no effect beside a delimiter\n");
  EXPECT_EQ(notices("{\"deviceName\":\"D\",\"telemetry\":[],\n\"reportStrategy\":{\"type\":"
                    "\"ON_CHANGE\",\n\"aggregationFunction\":\"avg\"}}"),
            "map.json:3: aggregationFunction has no effect without ON_REPORT_PERIOD\n");
  EXPECT_EQ(notices("{\"deviceName\":\"D\",\n\"name\":\"E\",\"telemetry\":[],\n\"timeseries\":[]}"),
            "map.json:2: name is not used, deviceName stands beside it\n"
            "map.json:2: telemetry is not used, timeseries stands beside it\n");
  EXPECT_EQ(notices(R"({"serverSideRpc":[{"method":"m"},{"method":"m"}]})"),
            "map.json:1: method 'm' stands here a second time, ignored\n");
  EXPECT_EQ(
      notices(R"({"attributeUpdates":[{"attributeOnPlatform":"a","stringToDevice":"${b}"}]})"),
      "map.json:1: ${b} stays as it is: only ${a}, ${deviceName} and ${deviceType} are filled "
      "in\n");
}

TEST(Import, UnknownTypeIsHexAndSaidSo) {
  const std::string_view map = R"({"deviceName":"D","telemetry":[{"key":"a","type":"flaot"}]})";
  EXPECT_EQ(
      notices(map),
      "map.json:1: unknown type 'flaot' (did you mean 'float'?): the bytes become hexadecimal "
      "text, as in the reference\n");
  EXPECT_EQ(import_text(map).map.devices[0].telemetry[0].type, ValueType::hex);
  EXPECT_EQ(notices(R"({"deviceName":"D","telemetry":[{"key":"a"},{"key":"b","type":"hex"}]})"),
            "");
}

TEST(Import, ByteIsANumberForUsAndHexForTheReference) {
  const std::string_view map = R"({"deviceName":"D","telemetry":[{"key":"a","type":"byte"}]})";
  EXPECT_EQ(import_text(map).map.devices[0].telemetry[0].type, ValueType::number);
  EXPECT_EQ(import_text(map, true).map.devices[0].telemetry[0].type, ValueType::hex);
}

TEST(Import, NullAndEmptyDelimitersAreAbsent) {
  const Map map = import_text(R"({"deviceName":"D","telemetry":[{"key":"a","fromDelimiter":"",
    "untilDelimiter":null,"fromByte":null,"toByte":0}]})")
                      .map;
  EXPECT_EQ(map.devices[0].telemetry[0].slice.by, Slice::By::whole);
}

TEST(Import, MistakesInMethodsAndDevicesThatAreThereTwiceAreToldAllAtOnce) {
  EXPECT_EQ(
      refusal_of("{\"devices\":[{\"name\":\"D\",\"port\":\"/a\",\"telemetry\":[],\n"
                 "\"serverSideRpc\":[{\"method\":\"m\",\n\"responseUntilDelimeter\":\"x\"}],\n"
                 "\"attributeUpdates\":[{\"attributeOnPlatform\":\"a\",\"stringToDevice\":\"x\",\n"
                 "\"stringToDevce\":\"y\"}]},\n"
                 "{\"name\":\"D\",\"port\":\"/a\",\"telemetry\":[]},\n"
                 "{\"name\":\"D\",\"port\":\"/b\",\"telemetry\":[]},\n"
                 "{\"name\":\"x\\n\",\"telemetry\":[]}]}"),
      "map.json:5: unknown key 'stringToDevce' (did you mean 'stringToDevice'?)\n"
      "map.json:3: unknown key 'responseUntilDelimeter' (did you mean "
      "'responseUntilDelimiter'?)\n"
      "map.json:6: the device 'D' on port '/a' stands here a second time\n"
      "map.json:8: the name 'x\\n' cannot be a device's: it has control characters");
}

}  // namespace
}  // namespace tbgw::convert
