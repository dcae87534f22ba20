// SPDX-License-Identifier: Apache-2.0
#include "convert/value.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace tbgw::convert {
namespace {

std::string value(ValueType type, std::string_view bytes, bool compat = false) {
  ValueWriter writer(compat);
  std::string out;
  const auto done = writer.append(out, type, bytes);
  return done ? out : out + "!" + done.error().text;
}

TEST(Value, ByteIsTheNumberThatTheTextIs) {
  EXPECT_EQ(value(ValueType::number, "48"), "48");
  EXPECT_EQ(value(ValueType::number, " 48\r\n"), "48");
  EXPECT_EQ(value(ValueType::number, "21.5"), "21.5");
  EXPECT_EQ(value(ValueType::number, "-3"), "-3");
  EXPECT_EQ(value(ValueType::number, "wet"), "!'wet' is not a number");
  EXPECT_EQ(value(ValueType::number, ""), "!empty, not a number");
}

TEST(Value, TextIsStrippedOfWhiteSpaceAsInPython) {
  EXPECT_EQ(value(ValueType::text, " \t2430947595\r\n"), "\"2430947595\"");
  EXPECT_EQ(value(ValueType::text, "\xC2\xA0 a b \xE3\x80\x80\x1f"), "\"a b\"");
  EXPECT_EQ(value(ValueType::text, ""), "\"\"");
  EXPECT_EQ(value(ValueType::text, " \n"), "\"\"");
  EXPECT_EQ(value(ValueType::text, "00123"), "\"00123\"");
}

TEST(Value, TextIsEscapedForJson) {
  EXPECT_EQ(value(ValueType::text, "a\"b\\c\rd"), R"("a\"b\\c\rd")");
  EXPECT_EQ(value(ValueType::text, std::string_view{"a\0b", 3}), R"("a\u0000b")");
  EXPECT_EQ(value(ValueType::text, "21\xC2\xB0"), "\"21\xC2\xB0\"");
}

TEST(Value, InvalidUtf8IsNoText) {
  EXPECT_EQ(value(ValueType::text, "a\xff"), "!'a\\xff' is not valid UTF-8");
  EXPECT_EQ(value(ValueType::text, "\xC2"), "!'\\xc2' is not valid UTF-8");
}

TEST(Value, IntegersMayHaveBlanksAroundAndNothingElse) {
  EXPECT_EQ(value(ValueType::integer, " 48\t"), "48");
  for (const char* bad : {"12.5", "0x1F", "1_000", "4 8", "nan"}) {
    EXPECT_EQ(value(ValueType::integer, bad).front(), '!') << bad;
  }
}

TEST(Value, BooleansAreTrueFalseOrAnInteger) {
  EXPECT_EQ(value(ValueType::boolean, "1"), "true");
  EXPECT_EQ(value(ValueType::boolean, "0"), "false");
  EXPECT_EQ(value(ValueType::boolean, "00"), "false");
  EXPECT_EQ(value(ValueType::boolean, "-7"), "true");
  EXPECT_EQ(value(ValueType::boolean, " TRUE\n"), "true");
  EXPECT_EQ(value(ValueType::boolean, "False"), "false");
  EXPECT_EQ(value(ValueType::boolean, "on"), "!'on' is not true, false or a whole number");
  EXPECT_EQ(value(ValueType::boolean, ""), "!empty, not a boolean");
}

TEST(Value, HexIsAnyBytes) {
  EXPECT_EQ(value(ValueType::hex, std::string_view{"\x00\xff\n", 3}), "\"00ff0a\"");
  EXPECT_EQ(value(ValueType::hex, ""), "\"\"");
}

TEST(Value, JsonIsCheckedAndPutOnOneLine) {
  EXPECT_EQ(value(ValueType::json, "{ \"a\" : [1, 2.50 ,\n \"x y\\\" z\" ] }\n"),
            R"({"a":[1,2.50,"x y\" z"]})");
  EXPECT_EQ(value(ValueType::json, " 48 "), "48");
  EXPECT_EQ(value(ValueType::json, "\"a\""), "\"a\"");
  EXPECT_EQ(value(ValueType::json, "null"), "null");
  EXPECT_EQ(value(ValueType::json, "123456789012345678901234567890"),
            "123456789012345678901234567890");
}

TEST(Value, WhatIsNotOneJsonValueIsRefused) {
  for (const char* bad : {"", "1,2", "1],[2", "{\"a\":1", "tru", "01", "NaN", "{\"a\":\"\xff\"}",
                          "'a'", "1 2", "]", "\"a"}) {
    EXPECT_EQ(value(ValueType::json, bad).front(), '!') << bad;
  }
}

TEST(Value, JsonThatWouldMakeTheReadingTooDeepIsRefused) {
  const auto nest = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_EQ(value(ValueType::json, nest(28)), nest(28));
  EXPECT_EQ(value(ValueType::json, nest(29)).front(), '!');
  EXPECT_EQ(value(ValueType::json, nest(100000)).front(), '!');
}

TEST(ValueCompat, NumbersAreReadAsPythonReadsThem) {
  EXPECT_EQ(value(ValueType::integer, "1_000", true), "1000");
  EXPECT_EQ(value(ValueType::integer, "1__0", true).front(), '!');
  EXPECT_EQ(value(ValueType::integer, "_1", true).front(), '!');
  EXPECT_EQ(value(ValueType::integer, "-00018446744073709551616", true), "-18446744073709551616");
  EXPECT_EQ(value(ValueType::real, "1_0.5", true), "10.5");
  EXPECT_EQ(value(ValueType::real, "nan", true).front(), '!');  // no JSON could say it
  EXPECT_EQ(value(ValueType::boolean, "on", true), "false");
  EXPECT_EQ(value(ValueType::boolean, "True", true), "true");
}

TEST(ValueCompat, WhatPythonTakesForFalseIsKnown) {
  for (const char* falsy : {"0", "0.0", "-0.0", "false", "null", "\"\"", "[]", "{}", "0e5"}) {
    EXPECT_TRUE(is_falsy(falsy)) << falsy;
  }
  for (const char* truthy : {"1", "0.1", "true", "\"0\"", "[0]", "{\"a\":0}", "-1", "1e-5"}) {
    EXPECT_FALSE(is_falsy(truthy)) << truthy;
  }
}

/// Whatever the bytes are, what is appended is one JSON value on one line.
TEST(Value, OutputOfRandomBytesIsAlwaysJson) {
  std::mt19937 random(5);
  constexpr std::string_view kBytes = "0123456789.eE+-_ \t\r\n\"\\{}[]:,truefalsn\xc3\xa9\xff\x01";
  for (int i = 0; i < 60000; ++i) {
    std::string bytes;
    for (auto n = random() % 12; n > 0; --n)
      bytes += kBytes[random() % kBytes.size()];
    for (const ValueType type :
         {ValueType::text, ValueType::integer, ValueType::real, ValueType::number,
          ValueType::boolean, ValueType::json, ValueType::hex}) {
      const std::string out = value(type, bytes, random() % 2 == 0);
      if (!out.empty() && out.front() == '!') continue;
      EXPECT_FALSE(nlohmann::json::parse(out, nullptr, false).is_discarded()) << out;
      EXPECT_EQ(out.find('\n'), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace tbgw::convert
