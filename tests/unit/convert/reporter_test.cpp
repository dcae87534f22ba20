// SPDX-License-Identifier: Apache-2.0
#include "convert/reporter.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "convert_testing.hpp"

namespace tbgw::convert {
namespace {

using std::chrono::milliseconds;

report::Strategy strategy(report::Kind kind, int period_ms = 1000) {
  report::Strategy out;
  out.kind = kind;
  out.period = milliseconds{period_ms};
  return out;
}

class ReporterTest : public testing::Test {
 protected:
  bool pass(const report::Strategy& how, std::string_view value, std::int64_t ts,
            std::string_view device = "D") {
    const std::string stamp = std::to_string(ts);
    return reporter_.pass(how, {device, "default", "k", value, stamp, true});
  }
  std::string released(bool all = false) {
    std::string out;
    reporter_.release(out, all);
    return out;
  }
  report::Time now_{std::chrono::hours{1}};
  Reporter reporter_{[this] { return now_; }};
};

TEST_F(ReporterTest, OnChangeSendsEachValueOnceForEachDevice) {
  const auto how = strategy(report::Kind::on_change);
  EXPECT_TRUE(pass(how, "1", 1000));
  EXPECT_FALSE(pass(how, "1", 2000));
  EXPECT_TRUE(pass(how, "1", 2000, "E"));
  EXPECT_TRUE(pass(how, "2", 3000));
  EXPECT_EQ(reporter_.held(), 1U);
  EXPECT_EQ(reporter_.due(), std::nullopt);
}

TEST_F(ReporterTest, PeriodsAreThoseOfTheStampsAtAnySpeedOfReplay) {
  const auto how = strategy(report::Kind::on_report_period);
  EXPECT_TRUE(pass(how, "1", 10'000));
  EXPECT_FALSE(pass(how, "2", 10'400));
  EXPECT_FALSE(pass(how, "3", 10'900));
  EXPECT_FALSE(pass(how, "4", 11'100)) << "the latest of the next period is still to come";
  EXPECT_TRUE(pass(how, "5", 14'000)) << "a period without any is over";
  const auto entry = [](std::string_view ts, std::string_view value) {
    return R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":)" + std::string{ts} +
           R"(,"values":{"k":)" + std::string{value} + "}}]}\n";
  };
  EXPECT_EQ(released(true), entry("10900", "3") + entry("11100", "4"));
}

TEST_F(ReporterTest, TheLastValueOfAPeriodComesWithItsOwnStampWhenNothingFollows) {
  const auto how = strategy(report::Kind::on_report_period);
  EXPECT_TRUE(pass(how, "1", 10'000));
  EXPECT_FALSE(pass(how, "2", 10'400));
  ASSERT_TRUE(reporter_.due());
  EXPECT_EQ(*reporter_.due(), now_ + milliseconds{600});
  now_ += milliseconds{599};
  EXPECT_EQ(released(), "");
  now_ += milliseconds{1};
  EXPECT_EQ(
      released(),
      R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":10400,"values":{"k":2}}]})"
      "\n");
  now_ += milliseconds{10'000};
  EXPECT_EQ(released(), "") << "a dead source is not repeated";
  EXPECT_EQ(reporter_.due(), std::nullopt);
}

TEST_F(ReporterTest, WhatIsHeldBackAtTheEndGoesOut) {
  EXPECT_TRUE(pass(strategy(report::Kind::on_report_period), "1", 10'000));
  EXPECT_FALSE(pass(strategy(report::Kind::on_report_period), "2", 10'001));
  EXPECT_NE(released(true).find("\"ts\":10001"), std::string::npos);
}

TEST(ReportStrategy, AnAggregateOfEachPeriodWithTheStampOfItsLastSample) {
  Up up(R"({"maps":[{"deviceName":"D","telemetry":[{"key":"t","reportStrategy":
    {"type":"ON_REPORT_PERIOD","reportPeriod":60000,"aggregationFunction":"AVG"}}]}]})");
  for (int i = 0; i < 4; ++i) {
    const std::string ts = std::to_string(1000 + 30'000 * i);
    EXPECT_EQ(up("{\"ts\":" + ts + R"(,"data":"{\"t\":)" + std::to_string(20 + i) + "}\"}"), "");
    EXPECT_EQ(up.rejected, "");
  }
  std::string out;
  up.converter().reporter().release(out, true);
  EXPECT_EQ(
      out,
      R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":31000,"values":{"t":20.5}}]})"
      "\n"
      R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":91000,"values":{"t":22.5}}]})"
      "\n");
}

TEST(ReportStrategy, OfAMapADeviceAndAFieldTheInnermostCounts) {
  Up up(R"({"deviceName":"D","reportStrategy":"ON_CHANGE","telemetry":[
    {"key":"a","type":"int","untilDelimiter":","},
    {"key":"b","type":"int","fromDelimiter":",","reportStrategy":{"type":"ON_RECEIVED"}}]})");
  EXPECT_EQ(
      up(R"({"ts":1,"data":"1,2"})"),
      R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":1,"values":{"a":1,"b":2}}]})"
      "\n");
  EXPECT_EQ(up(R"({"ts":2,"data":"1,2"})"),
            R"({"deviceName":"D","deviceType":"default","telemetry":[{"ts":2,"values":{"b":2}}]})"
            "\n");
  EXPECT_EQ(up(R"({"_n":5,"ts":3,"data":"x,y"})"), "{\"_n\":5}\n");
}

TEST(ReportStrategy, ADeadbandOfAMapping) {
  Up up(R"({"broker":{},"mapping":[{"topicFilter":"#","converter":{"type":"json","deviceInfo":
    {"deviceNameExpressionSource":"constant","deviceNameExpression":"D"},
    "timeseries":[{"key":"t","value":"${t}","type":"double","deadband":0.5}]}}]})");
  EXPECT_NE(up(R"({"ts":1,"topic":"t","data":"{\"t\":20}"})"), "");
  EXPECT_EQ(up(R"({"_n":1,"ts":2,"topic":"t","data":"{\"t\":20.4}"})"), "{\"_n\":1}\n");
  EXPECT_EQ(up.rejected, "");
  EXPECT_NE(up(R"({"ts":3,"topic":"t","data":"{\"t\":20.5}"})"), "");
}

}  // namespace
}  // namespace tbgw::convert
