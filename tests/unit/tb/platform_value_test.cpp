// SPDX-License-Identifier: Apache-2.0
// The platform stores some numbers as text and drops some names without a word.
#include "tb/platform_value.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tbgw::tb {
namespace {

/// What is sent for a number.
std::string sent(const std::string& number) {
  auto result = platform_number(number);
  if (!result) return "error: " + result.error().text;
  return result->value_or(number);
}

TEST(PlatformNumber, WhatThePlatformStoresAsANumberIsNotTouched) {
  for (const char* const number :
       {"0", "-0", "0.0", "42.0", "1.50", "-17.25", "9223372036854775807", "-9223372036854775808",
        "0.1234567890123456", "1e5", "1E+1", "12.5e-3", "1.5e3", "0.000001"}) {
    EXPECT_EQ(sent(number), number);
  }
}

TEST(PlatformNumber, MoreThanSixteenDecimalsWouldBecomeText) {
  EXPECT_EQ(sent("0.12345678901234567"), "0.1234567890123457");
  EXPECT_EQ(sent("1.2345678901234567e-05"), "0.0000123456789012");
  EXPECT_EQ(sent("1.00000000000000000000"), "1.0");
  EXPECT_EQ(sent("-0.30000000000000004"), "-0.3");
  EXPECT_EQ(sent("21.499999999999999999"), "21.5");
}

TEST(PlatformNumber, IntegersPastSixtyFourBitsWouldBecomeText) {
  EXPECT_EQ(sent("9223372036854775808"), "9223372036854775808.0");
  EXPECT_EQ(sent("18446744073709551615"), "18446744073709551616.0");
  EXPECT_EQ(sent("1e22"), "10000000000000000000000.0");
  EXPECT_EQ(sent("1e300").size(), 303U);
  EXPECT_EQ(sent("1e300").find_first_of("eE"), std::string::npos);
}

TEST(PlatformNumber, TooSmallIsZeroAndTooLargeIsAnError) {
  EXPECT_EQ(sent("1e-20"), "0.0");
  EXPECT_EQ(sent("1e-400"), "0.0");
  EXPECT_EQ(sent("0." + std::string(400, '0') + "1"), "0.0");
  EXPECT_EQ(sent("1e400"), "error: is a number larger than a double can hold");
  EXPECT_EQ(sent("-1e400"), "error: is a number larger than a double can hold");
  EXPECT_EQ(sent("1" + std::string(400, '0') + ".5"),
            "error: is a number larger than a double can hold");
  EXPECT_EQ(sent("1e99999999999999999999"), "error: is a number larger than a double can hold");
  EXPECT_EQ(sent("1e-99999999999999999999"), "0.0");
  EXPECT_EQ(sent("0e400"), "0e400");
}

TEST(PlatformText, ATextThatComesBackAsAnotherNumberIsKnown) {
  for (const char* text : {"00123", "-05", "1.50", "1.0", "-0", ".5", "00.5", "9223372036854775808",
                           "1.2345678901234567"}) {
    EXPECT_TRUE(changes_as_number(text)) << text;
  }
  for (const char* text : {"", "-", "0", "123", "-7", "0.5", "1.5", "9223372036854775807", "1e3",
                           "+5", " 5", "5.", "1.2.3", "12-34", "0x10", "1,5", "abc"}) {
    EXPECT_FALSE(changes_as_number(text)) << text;
  }
}

TEST(PlatformName, WhatTheRuleChainWouldDropIsNamed) {
  EXPECT_EQ(name_trouble("Pump 4"), "");
  EXPECT_EQ(name_trouble("a < b"), "");
  EXPECT_EQ(name_trouble("5<"), "");
  EXPECT_EQ(name_trouble(""), "is blank");
  EXPECT_EQ(name_trouble(" \t"), "is blank");
  EXPECT_EQ(name_trouble("<b>x</b>"), "holds HTML");
  EXPECT_EQ(name_trouble("x<!-- y"), "holds HTML");
  EXPECT_EQ(name_trouble(std::string_view{"a\0b", 3}), "holds a NUL character");
}

TEST(PlatformName, LengthCountsCharactersAsJavaDoes) {
  EXPECT_EQ(name_trouble(std::string(255, 'x')), "");
  EXPECT_EQ(name_trouble(std::string(256, 'x')), "is longer than 255 characters");
  std::string umlauts;
  std::string smileys;
  for (int i = 0; i < 255; ++i)
    umlauts += "\xC3\xBC";
  for (int i = 0; i < 128; ++i)
    smileys += "\xF0\x9F\x98\x80";
  EXPECT_EQ(name_trouble(umlauts), "");
  EXPECT_EQ(name_trouble(smileys), "is longer than 255 characters");
}

}  // namespace
}  // namespace tbgw::tb
