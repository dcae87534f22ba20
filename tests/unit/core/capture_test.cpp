// SPDX-License-Identifier: Apache-2.0
// What a replay may get wrong: a line that is not the same afterwards, a broken object where a
// member was cut out, a stamp that stays behind, a wait that is too long or never ends.
#include "core/capture.hpp"

#include <gtest/gtest.h>

#include <array>

#include "core/line_reader.hpp"

namespace tbgw {
namespace {

constexpr EpochMs kT = 1790000000123;

class CaptureTest : public testing::Test {
 protected:
  const CapturedLine& parse(std::string line) {
    size_ = line.size();
    text_ = std::move(line) + std::string(kLinePadding, '\0');
    return parser_.parse(view());
  }
  bool surely_plain(std::string line) {
    size_ = line.size();
    text_ = std::move(line) + std::string(kLinePadding, '\0');
    return CaptureParser::surely_plain(view());
  }
  [[nodiscard]] std::string_view view() const { return std::string_view(text_).substr(0, size_); }

  std::string replayed(std::string line, std::optional<EpochMs> move = std::nullopt) {
    const CapturedLine& captured = parse(std::move(line));
    std::string out;
    append_replayed(out, view(), captured, move);
    EXPECT_EQ(out.back(), '\n');
    out.pop_back();
    return out;
  }

  CaptureParser parser_;
  std::string text_;
  std::size_t size_ = 0;
};

TEST_F(CaptureTest, TimeOfARawRecordIsItsTs) {
  EXPECT_EQ(parse(R"({"ts":1790000000123,"source":"serial","data":"x"})").time, kT);
  EXPECT_EQ(parse(R"({"data":"x", "source":"serial", "ts" : 1790000000123 })").time, kT);
}

TEST_F(CaptureTest, TimeOfAReadingIsItsFirstStampedEntry) {
  EXPECT_EQ(parse(R"({"deviceName":"D","telemetry":[{"a":1},{"ts":1790000000123,"values":{"a":2}},)"
                  R"({"ts":5,"values":{"a":3}}]})")
                .time,
            kT);
}

TEST_F(CaptureTest, TimeOfAnUnstampedReadingIsWhenItWasAccepted) {
  EXPECT_EQ(parse(R"({"_t":1790000000123,"deviceName":"D","telemetry":[{"a":1}]})").time, kT);
  EXPECT_EQ(parse(R"({"_t":{"ms":1790000000123,"boot":"b","up":5},"telemetry":[{"a":1}]})").time,
            kT);
}

TEST_F(CaptureTest, ATelemetryKeyCalledTsIsNotATime) {
  EXPECT_FALSE(parse(R"({"deviceName":"D","telemetry":[{"ts":1790000000123}]})").time);
  EXPECT_FALSE(parse(R"({"deviceName":"D","telemetry":{"ts":1790000000123,"values":3}})").time);
}

TEST_F(CaptureTest, ThingsThatAreNoTimesAreNotTakenForOne) {
  for (const char* ts : {"\"1790000000123\"", "1790000000123.0", "1.79e12", "-1", "null",
                         "99999999999999999999", "100000000000001"}) {
    const std::string line = std::string{R"({"ts":)"} + ts + R"(,"data":"x"})";
    EXPECT_FALSE(parse(line).time) << line;
    EXPECT_EQ(replayed(line, 7), line);
  }
}

TEST_F(CaptureTest, WhatIsNotARecordPassesByteForByte) {
  for (const std::string& line :
       {std::string{}, std::string{" "}, std::string{"not json"}, std::string{R"({"ts":1,)"},
        std::string{R"([1,2])"}, std::string{"\xff\xfe"}, std::string("a\0b", 3),
        std::string(100000, '['), std::string{R"({"ts":1790000000123,"data":"x"} trailing)"}}) {
    EXPECT_EQ(replayed(line, 7), line);
    EXPECT_FALSE(parse(line).skip);
    EXPECT_FALSE(parse(line).time);
  }
}

TEST_F(CaptureTest, HelloAndEmptyDeliveriesAreSkipped) {
  EXPECT_TRUE(parse(R"({"spool":1,"run":"0123456789abcdef","ack":"/run/ack"})").skip);
  EXPECT_TRUE(parse(R"({ "ack_fd":3, "run":"0123456789abcdef", "spool":1 })").skip);
  EXPECT_TRUE(parse(R"({"_n":17})").skip);
  EXPECT_FALSE(parse(R"({"data":"{\"spool\":1}"})").skip);
}

TEST_F(CaptureTest, DeliveryNumberGoesAndNothingElse) {
  EXPECT_EQ(replayed(R"({"_n":17,"ts":1,"data":"x"})"), R"({"ts":1,"data":"x"})");
  EXPECT_EQ(replayed(R"({ "_n" : 17 , "ts":1 })"), R"({  "ts":1 })");
  EXPECT_EQ(replayed(R"({"ts":1,"_n":17})"), R"({"ts":1})");
  EXPECT_EQ(replayed(R"({"ts":1 , "_n":17 })"), R"({"ts":1  })");
  EXPECT_EQ(replayed(R"({"ts":1,"_n":17,"data":"_n"})"), R"({"ts":1,"data":"_n"})");
  EXPECT_EQ(replayed("{\"\\u005fn\":17,\"ts\":1}"), R"({"ts":1})");
  EXPECT_EQ(replayed(R"({"_n":17,"_t":5,"telemetry":[]})"), R"({"_t":5,"telemetry":[]})");
}

TEST_F(CaptureTest, MovedStampsChangeOnlyTheirDigits) {
  EXPECT_EQ(replayed(R"({ "data" : "1000", "ts" : 1000 })", 500),
            R"({ "data" : "1000", "ts" : 1500 })");
  EXPECT_EQ(
      replayed(R"({"telemetry":[{"ts":10,"values":{"ts":10}},{"values":{"a":1},"ts":20}]})", 5),
      R"({"telemetry":[{"ts":15,"values":{"ts":10}},{"values":{"a":1},"ts":25}]})");
  EXPECT_EQ(replayed(R"({"telemetry":{"ts":99,"values":{"a":1}}})", 1),
            R"({"telemetry":{"ts":100,"values":{"a":1}}})");
  EXPECT_EQ(
      replayed(R"({"attributes":[{"ts":9,"values":{}}],"telemetry":[{"ts":8,"values":{}}]})", 1),
      R"({"attributes":[{"ts":10,"values":{}}],"telemetry":[{"ts":9,"values":{}}]})");
}

TEST_F(CaptureTest, AMovedStampIsNoLongerDoubtful) {
  const std::string clock = R"("clock":{"boot":"b","up":7})";
  EXPECT_EQ(replayed("{\"ts\":10," + clock + ",\"data\":\"x\"}", 5), R"({"ts":15,"data":"x"})");
  EXPECT_EQ(replayed("{\"ts\":10," + clock + "}", 5), R"({"ts":15})");
  EXPECT_EQ(replayed("{" + clock + ",\"ts\":10}", 5), R"({"ts":15})");
  EXPECT_EQ(replayed("{\"telemetry\":[{\"ts\":10,\"values\":{}," + clock + "}]}", 5),
            R"({"telemetry":[{"ts":15,"values":{}}]})");
  EXPECT_EQ(replayed(R"({"_t":{"ms":10,"boot":"b","up":7},"telemetry":[{"a":1}]})", 5),
            R"({"_t":15,"telemetry":[{"a":1}]})");
}

TEST_F(CaptureTest, AKeptStampKeepsItsDoubt) {
  const std::string line = R"({"ts":10,"clock":{"boot":"b","up":7},"data":"x"})";
  EXPECT_EQ(replayed(line), line);
}

TEST_F(CaptureTest, TwoCutsSideBySideLeaveAnObject) {
  const std::string number = R"("_n":1)";
  const std::string clock = R"("clock":{"up":7})";
  const std::string ts = R"("ts":10)";
  for (const auto& [line, kept, moved] : std::vector<std::array<std::string, 3>>{
           {number + "," + clock + "," + ts, clock + "," + ts, R"("ts":15)"},
           {clock + "," + number + "," + ts, clock + "," + ts, R"("ts":15)"},
           {ts + "," + number + "," + clock, ts + "," + clock, R"("ts":15)"},
           {ts + "," + clock + "," + number, ts + "," + clock, R"("ts":15)"},
           {number + "," + ts + "," + clock, ts + "," + clock, R"("ts":15)"},
           {clock + "," + ts + "," + number, clock + "," + ts, R"("ts":15)"}}) {
    EXPECT_EQ(replayed("{" + line + "}"), "{" + kept + "}");
    EXPECT_EQ(replayed("{" + line + "}", 5), "{" + moved + "}");
  }
}

TEST_F(CaptureTest, SurelyPlainNeverHidesAMemberThatMustGo) {
  for (const std::string& line :
       {std::string{R"({"_n":1})"}, std::string{R"({"ts":1,"_n":1})"},
        std::string{"{\"\\u005fn\":1}"}, std::string{"{\"_\\u006e\":1}"},
        std::string{R"({"spool":1,"run":"","ack":""})"}, std::string{"{\"sp\\u006fol\":1}"},
        std::string(200, ' ') + R"({"_n":1})",
        R"({"data":")" + std::string(300, 'x') + R"(","_n":1})"}) {
    EXPECT_FALSE(surely_plain(line)) << line;
  }
}

TEST_F(CaptureTest, SurelyPlainKnowsTheLinesOfOurTools) {
  EXPECT_TRUE(surely_plain(
      R"({"ts":1790000000123,"source":"serial","port":"/dev/ttyUSB0","data":"48\r2430947595\n"})"));
  EXPECT_TRUE(surely_plain(
      R"({"deviceName":"D","telemetry":[{"ts":1790000000123,"values":{"humidity":48}}]})"));
  EXPECT_TRUE(surely_plain(""));
  EXPECT_TRUE(surely_plain("\\"));
}

TEST(CaptureSchedule, KeepsTheDistancesOfTheCapture) {
  CaptureSchedule schedule(1000000);
  EXPECT_EQ(schedule.next(kT), 0);
  EXPECT_EQ(schedule.next(kT + 100), 100);
  EXPECT_EQ(schedule.next(std::nullopt), 100);
  EXPECT_EQ(schedule.next(kT + 250), 250);
}

TEST(CaptureSchedule, TimeThatGoesBackwardsIsNoWait) {
  CaptureSchedule schedule(1000000);
  EXPECT_EQ(schedule.next(kT), 0);
  EXPECT_EQ(schedule.next(kT + 100), 100);
  EXPECT_EQ(schedule.next(kT - 5000), 100);
  EXPECT_EQ(schedule.next(kT - 4990), 110);
}

TEST(CaptureSchedule, LinesBeforeTheFirstTimeAreDueAtOnce) {
  CaptureSchedule schedule(1000000);
  EXPECT_EQ(schedule.next(std::nullopt), 0);
  EXPECT_EQ(schedule.next(kT), 0);
}

TEST(CaptureSchedule, AGapIsNoLongerThanAllowed) {
  CaptureSchedule schedule(1000);
  schedule.next(0);  // a clock that was not set yet
  EXPECT_EQ(schedule.next(kT), 1000);
  EXPECT_EQ(schedule.next(kT + 10), 1010);
}

CapturedLine stamped(EpochMs earliest, EpochMs latest) {
  CapturedLine line;
  line.time = line.earliest = earliest;
  line.latest = latest;
  return line;
}

TEST(NowStamps, TheLatestStampBecomesNow) {
  NowStamps stamps;
  EXPECT_EQ(stamps.move(stamped(100, 150), 1000), 850);
}

TEST(NowStamps, LinesSentInOneMillisecondDoNotShareAStamp) {
  NowStamps stamps;
  EXPECT_EQ(100 + stamps.move(stamped(100, 100), 5000), 5000);
  EXPECT_EQ(100 + stamps.move(stamped(100, 100), 5000), 5001);
  EXPECT_EQ(100 + stamps.move(stamped(100, 100), 5001), 5002);
  EXPECT_EQ(100 + stamps.move(stamped(100, 100), 6000), 6000);
  EXPECT_EQ(stamps.repeated(), 0U);
}

TEST(NowStamps, NeverMoreThanASecondAhead) {
  NowStamps stamps;
  EpochMs last = 0;
  for (int i = 0; i < 3000; ++i)
    last = 100 + stamps.move(stamped(100, 100), 5000);
  EXPECT_LE(last, 6000);
  EXPECT_EQ(stamps.repeated(), 3000U - 1001U);
}

}  // namespace
}  // namespace tbgw
