// SPDX-License-Identifier: Apache-2.0
// Frames as lines: encodings, stamps, events with and without a device.
#include "serial/records.hpp"

#include <gtest/gtest.h>

namespace tbgw::serial {
namespace {

using std::chrono::milliseconds;

constexpr EpochMs kNow = 1'900'000'000'000;  // later than any build of this

Time at(int ms) {
  return Time{} + milliseconds{ms};
}

class RecordsTest : public testing::Test {
 protected:
  std::string frame(const std::string& data, int age = 0) {
    RecordWriter writer(setup_, trust_, max_record_);
    return writer.frame({data, at(1000 - age)}, at(1000), kNow);
  }

  PortSetup setup_ = [] {
    PortSetup setup;
    setup.name = "/dev/ttyUSB0";
    return setup;
  }();
  ClockTrust trust_;
  std::size_t max_record_ = 1024;
};

TEST_F(RecordsTest, DocumentedExample) {
  EXPECT_EQ(frame("48\r2430947595\n"),
            R"({"ts":1900000000000,"source":"serial","port":"/dev/ttyUSB0",)"
            R"("data":"48\r2430947595\n"})");
}

TEST_F(RecordsTest, StampIsThatOfTheFirstByte) {
  EXPECT_EQ(frame("x", 250).substr(0, 20), R"({"ts":1899999999750,)");
}

TEST_F(RecordsTest, TwoFramesOfOneMillisecondHaveTwoStamps) {
  RecordWriter writer(setup_, trust_, max_record_);
  const std::string one = writer.frame({"a", at(0)}, at(0), kNow);
  const std::string two = writer.frame({"b", at(0)}, at(0), kNow);
  EXPECT_EQ(one.substr(0, 19), R"({"ts":1900000000000)");
  EXPECT_EQ(two.substr(0, 19), R"({"ts":1900000000001)");
}

TEST_F(RecordsTest, InvalidUtf8GoesAsHex) {
  EXPECT_NE(frame("a\xff\n").find(R"("data":"61ff0a","encoding":"hex"})"), std::string::npos);
  EXPECT_NE(frame(std::string("\0", 1)).find(R"("data":"\u0000"})"), std::string::npos);
}

TEST_F(RecordsTest, TextWhoseEscapesPassTheLimitGoesAsHex) {
  const std::string controls(300, '\x01');  // six characters each
  const std::string line = frame(controls);
  EXPECT_LE(line.size(), max_record_);
  EXPECT_NE(line.find(R"("encoding":"hex")"), std::string::npos);
}

TEST_F(RecordsTest, EncodingsOnRequest) {
  setup_.encoding = Encoding::hex;
  EXPECT_NE(frame("ab").find(R"("data":"6162","encoding":"hex"})"), std::string::npos);
  setup_.encoding = Encoding::base64;
  EXPECT_NE(frame("ab").find(R"("data":"YWI=","encoding":"base64"})"), std::string::npos);
  setup_.encoding = Encoding::latin1;
  EXPECT_NE(frame("\xb0"
                  "C")
                .find("\"data\":\"\xc2\xb0"
                      "C\"}"),
            std::string::npos);
}

TEST_F(RecordsTest, StandardInputIsNoAddress) {
  setup_.name = "-";
  EXPECT_EQ(frame("x"), R"({"ts":1900000000000,"source":"serial","data":"x"})");
}

TEST_F(RecordsTest, AnswerCarriesRpcAndTheDeviceTheCommandNamed) {
  RecordWriter writer(setup_, trust_, max_record_);
  Answer answer;
  answer.command.device = "D";
  answer.command.rpc = R"({"id":7})";
  answer.frame = {"ok", at(0)};
  EXPECT_EQ(writer.answer(answer, at(0), kNow),
            R"({"ts":1900000000000,"source":"serial","port":"/dev/ttyUSB0","device":"D",)"
            R"("data":"ok","rpc":{"id":7}})");
  EXPECT_EQ(writer.failed(answer.command, "timeout"),
            R"({"device":"D","rpc":{"id":7},"error":"timeout"})");
  EXPECT_EQ(writer.sent(answer.command), R"({"device":"D","rpc":{"id":7},"sent":true})");
}

TEST_F(RecordsTest, EventsNameTheDeviceElseThePort) {
  EXPECT_EQ(RecordWriter(setup_, trust_, 1024).connect(),
            R"({"event":"connect","port":"/dev/ttyUSB0"})");
  setup_.device = "D";
  setup_.device_type = "thermometer";
  EXPECT_EQ(RecordWriter(setup_, trust_, 1024).connect(),
            R"({"event":"connect","device":"D","deviceType":"thermometer"})");
  setup_.shared_keys = {"attr1"};
  RecordWriter writer(setup_, trust_, 1024);
  EXPECT_EQ(
      writer.connect(),
      R"({"event":"connect","device":"D","deviceType":"thermometer","sharedKeys":["attr1"]})");
  EXPECT_EQ(writer.disconnect("stopped"),
            R"({"event":"disconnect","device":"D","reason":"stopped"})");
  EXPECT_EQ(writer.fault("lost"), R"({"event":"fault","tool":"tbgw-serial","text":"lost",)"
                                  R"("device":"D","port":"/dev/ttyUSB0"})");
}

}  // namespace
}  // namespace tbgw::serial
