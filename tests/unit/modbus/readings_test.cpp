// SPDX-License-Identifier: Apache-2.0
#include "modbus/readings.hpp"

#include <gtest/gtest.h>

namespace tbgw::modbus {
namespace {

using namespace std::chrono_literals;

class Readings : public ::testing::Test {
 protected:
  void SetUp() override {
    unit.device_name = "d";
    unit.tags.resize(2);
    unit.tags[0].key = "a";
    unit.tags[1].key = "b\"";
    unit.tags[1].attribute = true;
  }
  std::string line(const std::string& value, EpochMs ts, Time now) {
    return writer.line(unit, ts, {{&unit.tags[0], value}}, now);
  }
  Unit unit;
  ReadingWriter writer;
};

constexpr EpochMs kTs = 1900000000000;

TEST_F(Readings, AttributesAndTelemetryStandApart) {
  EXPECT_EQ(writer.line(unit, kTs, {{&unit.tags[0], "1.5"}, {&unit.tags[1], "true"}}, Time{}),
            R"({"deviceName":"d","deviceType":"default","attributes":[{"b\"":true}],)"
            R"("telemetry":[{"ts":1900000000000,"values":{"a":1.5}}]})");
  EXPECT_EQ(writer.line(unit, kTs, {{&unit.tags[1], "true"}}, Time{}),
            R"({"deviceName":"d","deviceType":"default","attributes":[{"b\"":true}]})");
}

TEST_F(Readings, AnUnchangedValueIsNotSentAgainAndAReturnedDeviceIsNews) {
  unit.tags[0].strategy.kind = report::Kind::on_change;
  EXPECT_NE(line("1", kTs, Time{1s}), "");
  EXPECT_EQ(line("1", kTs + 1, Time{2s}), "");
  EXPECT_EQ(writer.filtered(), 1U);
  writer.forget(unit);
  EXPECT_NE(line("1", kTs + 2, Time{3s}), "");
}

TEST_F(Readings, WhatIsHeldBackKeepsItsOwnTime) {
  unit.tags[0].strategy.kind = report::Kind::on_report_period;
  unit.tags[0].strategy.period = 10s;
  EXPECT_NE(line("1", kTs, Time{1s}), "");
  EXPECT_EQ(line("2", kTs + 1000, Time{2s}), "");
  EXPECT_EQ(line("3", kTs + 2000, Time{3s}), "");
  EXPECT_EQ(writer.due(), Time{11s});
  EXPECT_TRUE(writer.take(Time{10s}).empty());
  const auto lines = writer.take(Time{11s});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("\"ts\":1900000002000,\"values\":{\"a\":3}"), std::string::npos);
  EXPECT_EQ(writer.due(), Time::max());
}

TEST_F(Readings, ADeadDeviceReportsNothingLater) {
  unit.tags[0].strategy.kind = report::Kind::on_report_period;
  unit.tags[0].strategy.period = 10s;
  line("1", kTs, Time{1s});
  line("2", kTs + 1000, Time{2s});
  writer.forget(unit);
  EXPECT_EQ(writer.due(), Time::max());
  EXPECT_TRUE(writer.take(Time{60s}).empty());
}

}  // namespace
}  // namespace tbgw::modbus
