// SPDX-License-Identifier: Apache-2.0
// Words for a line's settings, and which settings do not go together.
#include "serial/line_settings.hpp"

#include <gtest/gtest.h>

namespace tbgw::serial {
namespace {

using namespace std::chrono_literals;

TEST(Words, AreReadInAnyCaseAndNothingElse) {
  EXPECT_EQ(*parse_parity("E"), Parity::even);
  EXPECT_EQ(*parse_parity("Odd"), Parity::odd);
  EXPECT_EQ(parse_parity("X").error().text, "'X' is not one of N, E, O, M, S");
  EXPECT_EQ(*parse_stop_bits("1.5"), StopBits::one_and_half);
  EXPECT_FALSE(parse_stop_bits("3"));
  EXPECT_TRUE(parse_flow("rtscts")->rtscts);
  EXPECT_EQ(*parse_flow("none"), Flow{});
  EXPECT_FALSE(parse_flow(""));
  EXPECT_EQ(*parse_modem_line("keep"), ModemLine::keep);
}

TEST(Check, OnePointFiveStopBitsOnlyWithFiveDataBits) {
  LineSettings line;
  line.stop_bits = StopBits::one_and_half;
  EXPECT_FALSE(check(line));
  line.data_bits = 5;
  EXPECT_TRUE(check(line));
  line.stop_bits = StopBits::two;
  EXPECT_FALSE(check(line));
}

TEST(Check, NobodyElseMayHaveTheLineOfFlowControl) {
  LineSettings line;
  line.flow.rtscts = true;
  EXPECT_TRUE(check(line));
  line.rts = ModemLine::off;
  EXPECT_FALSE(check(line));
  line.rts = ModemLine::on;
  line.rs485.emplace();
  EXPECT_FALSE(check(line));
  LineSettings dsr;
  dsr.flow.dsrdtr = true;
  dsr.dtr = ModemLine::off;
  EXPECT_FALSE(check(dsr));
}

TEST(TimeOnLine, CountsStartParityAndStopBits) {
  LineSettings line;
  line.baud = 9600;
  EXPECT_EQ(time_on_line(line, 96), 100ms);  // 10 bits each
  line.parity = Parity::even;
  EXPECT_EQ(time_on_line(line, 96), 110ms);
  line.stop_bits = StopBits::two;
  EXPECT_EQ(time_on_line(line, 96), 120ms);
  EXPECT_EQ(time_on_line(line, 0), 0ms);
}

TEST(Describe, IsHowPeopleWriteIt) {
  LineSettings line;
  line.baud = 2400;
  line.data_bits = 7;
  line.parity = Parity::even;
  EXPECT_EQ(describe(line), "2400 7E1");
}

}  // namespace
}  // namespace tbgw::serial
