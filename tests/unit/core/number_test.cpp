// SPDX-License-Identifier: Apache-2.0
#include "core/number.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tbgw {
namespace {

using std::chrono::milliseconds;

TEST(Number, TrailingGarbageIsRefused) {
  EXPECT_FALSE(parse_integer("12x", 0, 100));
  EXPECT_FALSE(parse_integer("12 ", 0, 100));
  EXPECT_FALSE(parse_integer(" 12", 0, 100));
  EXPECT_FALSE(parse_integer("", 0, 100));
  EXPECT_FALSE(parse_real("1.5kg"));
  EXPECT_FALSE(parse_duration("500msx"));
  EXPECT_FALSE(parse_duration("500 ms"));
  EXPECT_FALSE(parse_size("64Mx"));
  EXPECT_FALSE(parse_size("K"));
}

TEST(Number, OutOfRangeIsNotClamped) {
  EXPECT_FALSE(parse_integer("101", 0, 100));
  EXPECT_FALSE(parse_integer("-1", 0, 100));
  EXPECT_FALSE(parse_integer("99999999999999999999", INT64_MIN, INT64_MAX));
  EXPECT_FALSE(parse_real("1e999"));
  EXPECT_FALSE(parse_size("9223372036854775807K"));
  EXPECT_FALSE(parse_duration("9999999999d"));
}

TEST(Number, NaturalsMayBeHexadecimal) {
  EXPECT_EQ(parse_natural("1918"), 1918U);
  EXPECT_EQ(parse_natural("0x77E"), 0x77eU);
  EXPECT_EQ(parse_natural("0XffffffffFFFFFFFF"), UINT64_MAX);
  for (const char* text :
       {"", "0x", "-1", "+1", "0x-1", "12 ", "1.0", "77e", "0x10000000000000000"})
    EXPECT_FALSE(parse_natural(text)) << text;
}

TEST(Number, NotANumberWordsAreNoNumbers) {
  EXPECT_FALSE(parse_real("nan"));
  EXPECT_FALSE(parse_real("inf"));
  EXPECT_FALSE(parse_real("-inf"));
  EXPECT_FALSE(parse_real("0x10"));
}

TEST(Number, DurationNeedsAUnit) {
  EXPECT_EQ(*parse_duration("500ms"), milliseconds{500});
  EXPECT_EQ(*parse_duration("1.5s"), milliseconds{1500});
  EXPECT_EQ(*parse_duration("2m"), milliseconds{120000});
  EXPECT_EQ(*parse_duration("1h"), milliseconds{3600000});
  EXPECT_EQ(*parse_duration("0"), milliseconds{0});
  EXPECT_FALSE(parse_duration("500"));
  EXPECT_FALSE(parse_duration("0.0001s"));
  EXPECT_FALSE(parse_duration("-1s"));
  EXPECT_FALSE(parse_duration("1e3s"));
}

TEST(Number, SizesArePowersOf1024) {
  EXPECT_EQ(*parse_size("4096"), 4096U);
  EXPECT_EQ(*parse_size("64K"), 65536U);
  EXPECT_EQ(*parse_size("1MiB"), 1048576U);
  EXPECT_EQ(*parse_size("2GB"), std::uint64_t{2} << 30U);
  EXPECT_EQ(*parse_size("7B"), 7U);
}

TEST(Number, EscapesAreBytesAndUnknownOnesErrors) {
  EXPECT_EQ(*parse_escapes("a\\r\\n\\x1b\\0\\\\"), std::string("a\r\n\x1b\0\\", 6));
  EXPECT_EQ(*parse_escapes("\\377\\1012"), std::string("\xff\x41"
                                                       "2"));
  EXPECT_FALSE(parse_escapes("\\"));
  EXPECT_FALSE(parse_escapes("\\q"));
  EXPECT_FALSE(parse_escapes("\\x1"));
  EXPECT_FALSE(parse_escapes("\\400"));
}

TEST(Number, HexNeedsWholeBytes) {
  EXPECT_EQ(*parse_hex("0a1B:ff 00"), std::string("\x0a\x1b\xff\x00", 4));
  EXPECT_FALSE(parse_hex("0a1"));
  EXPECT_FALSE(parse_hex("zz"));
}

TEST(Number, FormattedDurationReadsBack) {
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int64_t> any(0, 100'000'000);
  for (int i = 0; i < 2000; ++i) {
    const milliseconds value{any(random)};
    const std::string text = format_duration(value);
    const auto back = parse_duration(text);
    ASSERT_TRUE(back) << text;
    EXPECT_EQ(*back, value) << text;
  }
}

}  // namespace
}  // namespace tbgw
