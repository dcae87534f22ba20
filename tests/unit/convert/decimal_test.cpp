// SPDX-License-Identifier: Apache-2.0
#include "convert/decimal.hpp"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>

namespace tbgw::convert {
namespace {

std::string integer(std::string_view text) {
  std::string out;
  const auto done = append_integer(out, text);
  return done ? out : out + "!" + done.error().text;
}

std::string real(std::string_view text) {
  std::string out;
  const auto done = append_real(out, text);
  return done ? out : out + "!" + done.error().text;
}

TEST(Decimal, IntegersKeepEveryDigit) {
  EXPECT_EQ(integer("48"), "48");
  EXPECT_EQ(integer("+5"), "5");
  EXPECT_EQ(integer("-5"), "-5");
  EXPECT_EQ(integer("0"), "0");
  EXPECT_EQ(integer("-0"), "0");
  EXPECT_EQ(integer("007"), "7");
  EXPECT_EQ(integer("9007199254740993"), "9007199254740993");
  EXPECT_EQ(integer("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(integer("-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(integer("000000000000000000000000001"), "1");
}

TEST(Decimal, IntegersBeyond64BitsAreRefusedNotRounded) {
  EXPECT_EQ(integer("18446744073709551616"), "!'18446744073709551616' does not fit 64 bits");
  EXPECT_EQ(integer("-9223372036854775809"), "!'-9223372036854775809' does not fit 64 bits");
  EXPECT_EQ(integer(std::string(500, '9')).front(), '!');
}

TEST(Decimal, WhatIsNoIntegerIsRefused) {
  for (const char* bad : {"12.5", "0x1F", "1_000", "1e3", "1 2", "--1", "+-1", "+", "-", "12a",
                          "nan", "\xd9\xa1", "1\n"}) {
    EXPECT_NE(integer(bad).find("is not a whole number"), std::string::npos) << bad;
  }
  EXPECT_EQ(integer(""), "!empty, not a whole number");
}

TEST(Decimal, RealsAreWrittenShortestAndAlwaysLookLikeADouble) {
  EXPECT_EQ(real("21.50"), "21.5");
  EXPECT_EQ(real("48"), "48.0");
  EXPECT_EQ(real("229.8"), "229.8");
  EXPECT_EQ(real("-0.0"), "-0.0");
  EXPECT_EQ(real(".5"), "0.5");
  EXPECT_EQ(real("5."), "5.0");
  EXPECT_EQ(real("+1.5"), "1.5");
  EXPECT_EQ(real("0001.2500"), "1.25");
  EXPECT_EQ(real("1e3"), "1000.0");
  EXPECT_EQ(real("1E-7"), "1e-07");
  EXPECT_EQ(real("0.1"), "0.1");
  EXPECT_EQ(real("123456789012345678901234567890"), "1.2345678901234568e+29");
  EXPECT_EQ(real("0.1000000000000000055511151231257827"), "0.1");
}

TEST(Decimal, WhatIsNoFiniteRealIsRefused) {
  for (const char* bad : {"nan", "inf", "-inf", "infinity", "NaN", "1.2.3", "0x1p3", "1,5", "e5",
                          ".", "+", "1e", "1e+", "1_0.5", "", "21.5C"}) {
    EXPECT_EQ(real(bad).front(), '!') << bad;
  }
  EXPECT_EQ(real("1e400"), "!'1e400' is out of the range of a double");
  EXPECT_EQ(real("-1e400"), "!'-1e400' is out of the range of a double");
}

TEST(Decimal, RealsReadBackEqual) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    std::string text;
    append_double(text, value);
    const std::string again = real(text);
    EXPECT_EQ(std::strtod(again.c_str(), nullptr), value) << text;
    EXPECT_NE(again.find_first_of(".e"), std::string::npos) << again;
  }
}

TEST(Decimal, ShortDecimalsKeepTheirText) {
  std::mt19937 random(11);
  for (int i = 0; i < 20000; ++i) {
    const std::string text =
        std::to_string(random() % 1000000) + "." + std::to_string(1 + random() % 9);
    EXPECT_EQ(real(text), text);
  }
}

}  // namespace
}  // namespace tbgw::convert
