// SPDX-License-Identifier: Apache-2.0
// The order in which the settings of a line are tried.
#include "modbus/probe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "modbus/timing.hpp"

namespace tbgw::modbus {
namespace {

std::vector<std::string> tried(std::string_view endpoint) {
  std::vector<std::string> out;
  for (const SerialSettings& line : settings_to_try(*parse_endpoint(endpoint)))
    out.push_back(line_text(line));
  return out;
}

TEST(Probe, TheMostCommonSettingsComeFirst) {
  const auto all = tried("rtu:/dev/ttyUSB0");
  ASSERT_EQ(all.size(), 32U);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 32U);
  EXPECT_EQ(all[0], "9600,8N1");
  EXPECT_EQ(all[1], "19200,8N1");
  EXPECT_EQ(all[7], "1200,8N1");
  EXPECT_EQ(all[8], "9600,8E1");
  EXPECT_EQ(all[16], "9600,8O1");
  EXPECT_EQ(all[31], "1200,8N2");
}

TEST(Probe, ALateAnswerIsNotReadAtTheRateItCameWith) {
  const auto all = settings_to_try(*parse_endpoint("rtu:/dev/ttyUSB0"));
  for (std::size_t i = 1; i < all.size(); ++i)
    EXPECT_NE(all[i].baud, all[i - 1].baud) << line_text(all[i]);
}

TEST(Probe, WhatIsSaidIsNotVaried) {
  const std::vector<std::string> formats{"2400,8N1", "2400,8E1", "2400,8O1", "2400,8N2"};
  EXPECT_EQ(tried("rtu:/dev/ttyUSB0,2400/1-3"), formats);
  EXPECT_EQ(tried("rtu:/dev/ttyUSB0,7O2").size(), 8U);
  EXPECT_EQ(tried("rtu:/dev/ttyUSB0,7O2").front(), "9600,7O2");
  // Also where it is the default.
  EXPECT_EQ(tried("rtu:/dev/ttyUSB0,19200,8N1"), std::vector<std::string>{"19200,8N1"});
}

TEST(Probe, AsciiLinesHaveSevenBits) {
  const auto all = tried("ascii:/dev/ttyUSB0");
  EXPECT_EQ(all[0], "9600,7E1");
  EXPECT_EQ(all[24], "9600,8N1");
}

TEST(Probe, TheRestOfTheLineStaysAsItIs) {
  Endpoint endpoint;
  endpoint.bus.framing = Framing::rtu;
  endpoint.bus.serial.local_echo = true;
  endpoint.bus.serial.rs485 = true;
  const auto all = settings_to_try(endpoint);
  EXPECT_EQ(all.size(), 32U);
  EXPECT_TRUE(std::all_of(all.begin(), all.end(), [](const SerialSettings& line) {
    return line.local_echo && line.rs485;
  }));
}

TEST(Probe, SlowLinesAreGivenTheTimeThatTheirFramesTake) {
  Bus bus = parse_endpoint("rtu:/dev/ttyUSB0,1200,8E1")->bus;
  // 8 characters there, 7 back and 3.5 of silence, 11 bits each.
  EXPECT_EQ(patience_on(bus), Milliseconds{370});
  bus.serial.baud = 115200;
  EXPECT_LE(patience_on(bus), Milliseconds{205});
  EXPECT_EQ(probe_time(3, Milliseconds{200}), Milliseconds{650});
}

}  // namespace
}  // namespace tbgw::modbus
