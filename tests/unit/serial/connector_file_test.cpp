// SPDX-License-Identifier: Apache-2.0
// The reference's connector file: every spelling, and what is refused with its place.
#include "serial/connector_file.hpp"

#include <gtest/gtest.h>

#include "core/status.hpp"

namespace tbgw::serial {
namespace {

ConnectorFile json(const std::string& text) {
  return read_connector_file(parse_config("s.json", text, false));
}

std::string error(const std::string& text) {
  try {
    json(text);
  } catch (const Fatal& fatal) {
    EXPECT_EQ(fatal.status, Status::config);
    return fatal.what();
  }
  return "no error";
}

std::string device(const std::string& more) {
  return R"({"devices":[{"name":"D","port":"/dev/ttyUSB0")" + (more.empty() ? "" : "," + more) +
         "}]}";
}

constexpr const char* kDocumented = R"({
  "name": "Custom serial connector",
  "logLevel": "DEBUG",
  "uplinkQueueSize": 100000,
  "devices": [
    {
      "name": "CustomSerialDevice1",
      "type": "default",
      "port": "/dev/ttyUSB0",
      "baudrate": 9600,
      "converter": "SerialUplinkConverter",
      "downlink_converter": "SerialDownlinkConverter",
      "telemetry": [{"type": "byte", "key": "humidity", "untilDelimiter": "\r"}],
      "attributes": [{"key": "SerialNumber", "type": "string", "fromByte": 3, "toByte": -1}],
      "attributeUpdates": [
        {"attributeOnPlatform": "attr1", "stringToDevice": "value = ${attr1}\n"},
        {"attributeOnThingsBoard": "attr2", "stringToDevice": "v2 = ${attr2}\n"},
        {"attributeOnPlatform": "attr1", "stringToDevice": "again ${attr1}\n"}
      ],
      "serverSideRpc": [{"method": "setValue", "type": "int", "withResponse": true}]
    }
  ]
})";

TEST(ConnectorFile, DocumentedExampleIsRead) {
  const ConnectorFile file = json(kDocumented);
  ASSERT_EQ(file.ports.size(), 1U);
  const PortSetup& setup = file.ports[0].setup;
  EXPECT_EQ(file.ports[0].place, "s.json:6");
  EXPECT_EQ(setup.name, "/dev/ttyUSB0");
  EXPECT_EQ(setup.device, "CustomSerialDevice1");
  EXPECT_EQ(setup.device_type, "default");
  EXPECT_EQ(setup.shared_keys, (std::vector<std::string>{"attr1", "attr2"}));
  EXPECT_EQ(setup.line, LineSettings{});
  EXPECT_EQ(setup.session, SessionSettings{});
  EXPECT_TRUE(file.notices.empty());
}

TEST(ConnectorFile, PortKeysOfTheReferenceMeanWhatTheySay) {
  const PortSetup setup =
      json(device(R"("baudrate":2400,"bytesize":7,"parity":"E","stopbits":2,"rtscts":true,
                  "xonxoff":true,"dsrdtr":false,"writeTimeout":1.5,"exclusive":false,
                  "delimiter":"\r\n")"))
          .ports[0]
          .setup;
  EXPECT_EQ(describe(setup.line), "2400 7E2");
  EXPECT_EQ(setup.line.flow, (Flow{true, true, false}));
  EXPECT_EQ(setup.session.write_timeout, Milliseconds{1500});
  EXPECT_FALSE(setup.line.lock);
  EXPECT_EQ(setup.session.frames.delimiters, std::vector<std::string>{"\r\n"});
}

TEST(ConnectorFile, BothSpellingsOfEverything) {
  const ConnectorFile file = json(R"({"devices":[{"deviceName":"D","deviceType":"T","port":"/dev/x",
      "write_timeout":2,"inter_byte_timeout":0.1,"uplink_converter":"CustomSerialUplinkConverter",
      "timeseries":[],"attributesUpdates":[{"attributeOnThingsBoard":"a"}]}]})");
  EXPECT_EQ(file.ports[0].setup.device, "D");
  EXPECT_EQ(file.ports[0].setup.device_type, "T");
  EXPECT_EQ(file.ports[0].setup.session.write_timeout, Milliseconds{2000});
  EXPECT_EQ(file.ports[0].setup.shared_keys, std::vector<std::string>{"a"});
}

TEST(ConnectorFile, KeysBesideDevicesAreDefaults) {
  const ConnectorFile file = json(R"({"port":"/dev/a","baudrate":1200,"delimiter":";","devices":[
        {"name":"A"},{"name":"B","port":"/dev/b","baudrate":300,"frameLength":4}]})");
  ASSERT_EQ(file.ports.size(), 2U);
  EXPECT_EQ(file.ports[0].setup.name, "/dev/a");
  EXPECT_EQ(file.ports[0].setup.line.baud, 1200U);
  EXPECT_EQ(file.ports[0].setup.session.frames.delimiters, std::vector<std::string>{";"});
  EXPECT_EQ(file.ports[1].setup.line.baud, 300U);
  EXPECT_EQ(file.ports[1].setup.session.frames.kind, FrameKind::length);
}

TEST(ConnectorFile, OurOwnKeysInToml) {
  const ConnectorFile file = read_connector_file(parse_config("s.toml", R"(
[[devices]]
name = "meter"
port = "usb:0403:6001"
lengthPrefix = "1,2,le,3"
gap = "20ms"
first = "drop"
encoding = "hex"
poll = "hex:3f0d"
every = "2s"
answerTimeout = 300
retries = 2
dtr = "off"
rs485 = true
rs485Rts = "low"
rs485DelayAfter = 1
maxFrame = "1K"
)",
                                                              true));
  const PortSetup& setup = file.ports[0].setup;
  EXPECT_EQ(setup.session.frames.prefix, (LengthPrefix{1, 2, false, 3}));
  EXPECT_EQ(setup.session.frames.gap, Milliseconds{20});
  EXPECT_EQ(setup.session.frames.max_frame, 1024U);
  EXPECT_EQ(setup.session.first, First::drop);
  EXPECT_EQ(setup.encoding, Encoding::hex);
  EXPECT_EQ(setup.session.poll, (Poll{"?\r", Milliseconds{2000}, Milliseconds{300}, 2}));
  EXPECT_EQ(setup.line.dtr, ModemLine::off);
  ASSERT_TRUE(setup.line.rs485);
  EXPECT_FALSE(setup.line.rs485->rts_high_while_sending);
}

TEST(ConnectorFile, SeveralDelimitersMayBeGiven) {
  const ConnectorFile file = json(device(R"("delimiter":["\r","hex:00"])"));
  EXPECT_EQ(file.ports[0].setup.session.frames.delimiters,
            (std::vector<std::string>{"\r", std::string(1, '\0')}));
}

TEST(ConnectorFile, NullIsTheDefaultAsInPython) {
  const ConnectorFile file = json(device(R"("writeTimeout":null,"exclusive":null)"));
  EXPECT_EQ(file.ports[0].setup.session.write_timeout, Milliseconds{5000});
  EXPECT_TRUE(file.ports[0].setup.line.lock);
}

TEST(ConnectorFile, KeysWithoutEffectAreSaid) {
  const ConnectorFile file = json(device("\n\"timeout\":1"));
  ASSERT_EQ(file.notices.size(), 1U);
  EXPECT_EQ(file.notices[0], "s.json:2: timeout has no effect: a slow record is never cut");
}

TEST(ConnectorFile, UnknownKeyIsNamedWithItsPlaceAndTheNearest) {
  EXPECT_EQ(error(device("\n\"baudrat\":9600")),
            "s.json:2: unknown key 'baudrat' (did you mean 'baudrate'?)");
  EXPECT_EQ(error("{\n\"device\":[]}"), "s.json:2: unknown key 'device' (did you mean 'devices'?)");
}

TEST(ConnectorFile, ForeignClassesAreRefusedWithAWayOut) {
  const std::string text = error(device("\n\"converter\":\"MyUplinkConverter\""));
  EXPECT_EQ(text.rfind("s.json:2: devices[0].converter: 'MyUplinkConverter' is a Python class", 0),
            0U)
      << text;
  EXPECT_NE(error(R"({"class":"MyConnector","devices":[]})").find("'MyConnector'"),
            std::string::npos);
  EXPECT_EQ(json(R"({"class":"CustomSerialConnector","devices":[{"name":"D","port":"/dev/x",
                    "converter":"CustomSerialUplinkConverter"}]})")
                .ports.size(),
            1U);
}

TEST(ConnectorFile, MistakesAreNamedWithTheirPlace) {
  EXPECT_EQ(error("{}"), "s.json:1: needs a list `devices` with at least one device");
  EXPECT_EQ(error("{\"devices\":[\n{\"port\":\"/dev/x\"}]}"), "s.json:2: devices[0]: needs a name");
  EXPECT_EQ(error("{\"devices\":[\n{\"name\":\"D\"}]}"), "s.json:2: devices[0]: needs a port");
  EXPECT_EQ(error(device("\n\"parity\":\"Q\"")),
            "s.json:2: devices[0].parity: 'Q' is not one of N, E, O, M, S");
  EXPECT_EQ(error(device("\n\"stopbits\":3")),
            "s.json:2: devices[0].stopbits: must be 1, 1.5 or 2");
  EXPECT_NE(error(device("\n\"bytesize\":9")).find("s.json:2: devices[0].bytesize: "),
            std::string::npos);
  EXPECT_NE(error(device(R"("slip":true,"cobs":true)")).find("choose one kind of framing"),
            std::string::npos);
}

TEST(ConnectorFile, TwoDevicesOnOnePortAreAnError) {
  EXPECT_EQ(error("{\"port\":\"/dev/x\",\"devices\":[\n{\"name\":\"A\"},\n{\"name\":\"B\",\n"
                  "\"port\":\"/dev/x\"}]}"),
            "s.json:4: devices[1].port: '/dev/x' is also the port of 'A' (s.json:2)");
}

}  // namespace
}  // namespace tbgw::serial
