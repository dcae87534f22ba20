// SPDX-License-Identifier: Apache-2.0
#include "modbus/codec.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;
using Words = std::vector<std::uint16_t>;

Decimal number(std::string_view text) {
  return *parse_decimal(text);
}

Tag tag_of(std::string_view type, std::uint8_t function = 3, std::uint16_t count = 0) {
  Tag tag;
  tag.key = "t";
  tag.function = function;
  tag.type = *parse_type(type, count);
  tag.count = count;
  if (tag.type.kind == Kind::bits) {
    tag.values = std::max<std::uint16_t>(count, 1);
    tag.count = 0;
  }
  EXPECT_TRUE(finish(tag)) << type;
  return tag;
}

std::string read(const Tag& tag, const Words& cells, int exponent = 0) {
  const auto text = decode(tag, cells, exponent);
  return text ? *text : "no value: " + text.error().text;
}

Words written(const Tag& tag, const Json& value, int exponent = 0) {
  const auto write = encode(tag, value, exponent);
  EXPECT_TRUE(write) << (write ? "" : write.error().text);
  return write ? write->cells : Words{};
}

std::string refused(const Tag& tag, const Json& value) {
  const auto write = encode(tag, value);
  return write ? "written" : write.error().text;
}

/// Registers that hold a value of this type (not every pattern does).
Words random_registers(const Tag& tag, std::mt19937& random) {
  Words words(tag.count);
  for (std::uint16_t& word : words) {
    word = static_cast<std::uint16_t>(random());
    if (tag.type.kind == Kind::mod10) word = static_cast<std::uint16_t>(word % 10000);
    if (tag.type.kind == Kind::bcd) {
      word = static_cast<std::uint16_t>(word & 0x7777U);
    }
    if (tag.type.width == 8) {
      word = static_cast<std::uint16_t>(word & (tag.type.half == Half::low ? 0xffU : 0xff00U));
    }
  }
  if (tag.type.width == 24) words[0] &= 0xffU;
  if (tag.type.kind == Kind::date) {
    words = {static_cast<std::uint16_t>(random() % 128),
             static_cast<std::uint16_t>((1 + random() % 12) << 8U | (1 + random() % 31)),
             static_cast<std::uint16_t>(random() % 24 << 8U | random() % 60),
             static_cast<std::uint16_t>(random() % 60000)};
  }
  // Made in big-endian order; to the device's.
  if (tag.order.little_words) std::reverse(words.begin(), words.end());
  if (tag.order.little_bytes) {
    for (std::uint16_t& word : words)
      word = static_cast<std::uint16_t>(word << 8U | word >> 8U);
  }
  return words;
}

std::vector<Scale> scales() {
  std::vector<Scale> out(6);
  out[1].divisor = number("10");
  out[2].factor = number("0.001");
  out[3].factor = number("-2.5");
  out[4].divisor = number("100");
  out[4].offset = number("-40");
  out[5].factor = number("64");
  out[5].offset = number("0.125");
  return out;
}

TEST(Codec, WritingIsTheInverseOfReadingForAllTypesOrdersAndScales) {
  std::mt19937 random(1);
  std::size_t tried = 0;
  for (const std::string& name : type_names()) {
    if (name == "bits" || name == "string" || name == "bytes") continue;
    for (const char* order : {"ABCD", "CDAB", "BADC", "DCBA"}) {
      for (const Scale& scale : scales()) {
        Tag tag = tag_of(name);
        tag.order = *parse_order(order);
        if (tag.type.kind != Kind::real && tag.type.kind != Kind::date) tag.scale = scale;
        for (int i = 0; i < 60; ++i) {
          const Words cells = random_registers(tag, random);
          const auto text = decode(tag, cells);
          if (!text) {
            EXPECT_EQ(tag.type.kind, Kind::real) << name;
            continue;
          }
          // As text: a number of JSON goes through a double, which has not all digits of 64 bits.
          const Json parsed = Json::parse(*text);
          const Json value = parsed.is_number() ? Json(*text) : parsed;
          EXPECT_EQ(written(tag, value), cells) << name << " " << order << " " << *text;
          ++tried;
        }
      }
    }
  }
  EXPECT_GT(tried, 30000U);
}

TEST(Codec, ScaledFloatsComeBackWithinTheirPrecision) {
  std::mt19937 random(2);
  for (const char* name : {"16float", "32float", "64float"}) {
    Tag tag = tag_of(name);
    tag.scale.divisor = number("10");
    for (int i = 0; i < 2000; ++i) {
      const Words cells = random_registers(tag, random);
      const auto text = decode(tag, cells);
      if (text) {
        EXPECT_EQ(written(tag, Json(*text)), cells) << name << " " << *text;
      }
    }
  }
}

TEST(Codec, BitListsAndTextsComeBack) {
  std::mt19937 random(3);
  for (const std::uint8_t function : {std::uint8_t{1}, std::uint8_t{3}}) {
    for (std::uint16_t count = 1; count <= 40; ++count) {
      const Tag tag = tag_of("bits", function, count);
      Words cells(tag.count);
      for (std::uint16_t& cell : cells)
        cell = static_cast<std::uint16_t>(function == 1 ? random() % 2 : random());
      if (function == 3 && count % 16 != 0) {
        cells.back() = static_cast<std::uint16_t>(cells.back() & ((1U << count % 16) - 1));
      }
      EXPECT_EQ(written(tag, Json::parse(read(tag, cells))), cells);
    }
  }
  for (const char* text : {"", "a", "abc", "caf\xc3\xa9", "\"q\" \x01 b", "12345678"}) {
    const Tag tag = tag_of("string", 3, 4);
    EXPECT_EQ(read(tag, written(tag, text)), Json(text).dump());
  }
  const Tag bytes = tag_of("bytes", 3, 2);
  EXPECT_EQ(written(bytes, Json::parse(read(bytes, {0x00ff, 0x1234}))), (Words{0x00ff, 0x1234}));
}

TEST(Codec, CompatListsThatReadEveryCoilComeBack) {
  std::mt19937 random(4);
  for (std::uint16_t count = 1; count <= 24; ++count) {
    Tag tag = tag_of("bits", 1, count);
    tag.compat = true;
    Words cells(tag.count);
    for (std::uint16_t& cell : cells)
      cell = static_cast<std::uint16_t>(random() % 2);
    const Json value = Json::parse(read(tag, cells));
    if (count <= 8 || count == 16) {
      EXPECT_EQ(written(tag, value), cells) << count;
    } else {
      EXPECT_NE(refused(tag, value).find("leaves some out"), std::string::npos) << count;
    }
  }
}

TEST(Codec, OrdersAreTheFourOfTheTable) {
  const Words registers{0x0102, 0x0304, 0x0506, 0x0708};
  const std::pair<const char*, std::uint64_t> expected[] = {{"ABCD", 0x0102030405060708},
                                                            {"CDAB", 0x0708050603040102},
                                                            {"BADC", 0x0201040306050807},
                                                            {"DCBA", 0x0807060504030201}};
  for (const auto& [order, value] : expected) {
    Tag tag = tag_of("64uint");
    tag.order = *parse_order(order);
    EXPECT_EQ(read(tag, registers), std::to_string(value));
  }
}

TEST(Codec, DecimalsAreExact) {
  Tag tag = tag_of("16int");
  tag.scale.divisor = number("10");
  tag.scale.real = true;
  EXPECT_EQ(read(tag, {2298}), "229.8");
  EXPECT_EQ(read(tag, {2300}), "230.0");
  EXPECT_EQ(read(tag, {0xffff}), "-0.1");
  Tag wide = tag_of("64uint");
  EXPECT_EQ(read(wide, {0xffff, 0xffff, 0xffff, 0xffff}), "18446744073709551615");
  wide.scale.divisor = number("1000");
  EXPECT_EQ(read(wide, {0xffff, 0xffff, 0xffff, 0xffff}), "18446744073709551.615");
  Tag real = tag_of("32float");
  EXPECT_EQ(read(real, {0x4365, 0xcccd}), "229.8");
  real.round = 6;
  EXPECT_EQ(read(real, {0x4365, 0xcccd}), "229.8");
  real.scale.divisor = number("10");
  EXPECT_EQ(read(real, {0x4365, 0xcccd}), "22.98");
}

TEST(Codec, RoundingHappensBehindTheScale) {
  Tag tag = tag_of("32float");
  tag.round = 1;
  tag.scale.divisor = number("1000");
  EXPECT_EQ(read(tag, {0x461c, 0x4400}), "10.0");  // 10001.0
  EXPECT_EQ(read(tag, {0x462d, 0x3c00}), "11.1");  // 11087.0
  tag.compat = true;
  EXPECT_EQ(read(tag, {0x462d, 0x3c00}), "11.087");
}

TEST(Codec, NaNInfinityAndMarkersAreNoValues) {
  const Tag real = tag_of("32float");
  EXPECT_EQ(read(real, {0x7fc0, 0}), "no value: not a number (NaN)");
  EXPECT_EQ(read(real, {0xff80, 0}), "no value: infinite");
  Tag tag = tag_of("16int");
  tag.invalid = {0x8000};
  EXPECT_EQ(read(tag, {0x8000}), "no value: marked as invalid");
  EXPECT_EQ(read(tag, {0x8001}), "-32767");
  Tag marked = tag_of("32float");
  marked.invalid = {0xc61c3c00};
  EXPECT_EQ(read(marked, {0xc61c, 0x3c00}), "no value: marked as invalid");
}

TEST(Codec, AMarkerInAnArrayDoesNotMoveTheOthers) {
  Tag tag = tag_of("16uint");
  tag.values = 3;
  tag.count = 3;
  tag.invalid = {0xffff};
  EXPECT_EQ(read(tag, {1, 0xffff, 3}), "[1,null,3]");
  EXPECT_EQ(refused(tag, Json::array({1, 2})), "needs a list of 3 values");
}

TEST(Codec, TooFewRegistersAreNoValueButNoCrash) {
  for (const std::string& name : type_names()) {
    if (name == "string" || name == "bytes") continue;
    EXPECT_NE(read(tag_of(name), {}).find("too few"), std::string::npos) << name;
  }
}

TEST(Codec, LabelsMatchNumbersHoweverTheyAreWritten) {
  Tag tag = tag_of("16uint");
  tag.labels = {*parse_label("2", "two"), *parse_label("3.0", "three")};
  EXPECT_EQ(read(tag, {2}), "\"two\"");
  EXPECT_EQ(read(tag, {3}), "\"three\"");
  EXPECT_EQ(read(tag, {4}), "4");
  tag.scale.divisor = number("10");
  tag.scale.real = true;
  EXPECT_EQ(read(tag, {20}), "\"two\"");
  EXPECT_EQ(written(tag, "three"), (Words{30}));
  Tag bit = tag_of("bits", 1, 1);
  bit.labels = {*parse_label("True", "on"), *parse_label("0", "off")};
  EXPECT_EQ(read(bit, {1}), "\"on\"");
  EXPECT_EQ(read(bit, {0}), "\"off\"");
  EXPECT_EQ(written(bit, "off"), (Words{0}));
  EXPECT_FALSE(parse_label("half", "x"));
}

TEST(Codec, AScaleFactorOfAnotherRegisterMovesThePoint) {
  Tag tag = tag_of("16int");
  tag.scale_from = "sf";
  EXPECT_EQ(read(tag, {2298}, -1), "229.8");
  EXPECT_EQ(read(tag, {23}, 2), "2300.0");
  EXPECT_EQ(read(tag, {23}, 0), "23.0") << "always a real: the factor may change";
  EXPECT_EQ(written(tag, 229.8, -1), (Words{2298}));
  const Tag source = tag_of("16int");
  EXPECT_EQ(*decode_exponent(source, Words{0xfffe}), -2);
  EXPECT_FALSE(decode_exponent(source, Words{0x8000}));
  EXPECT_FALSE(decode_exponent(source, Words{11}));
}

TEST(Codec, BitsOfARegisterAreWrittenWithoutTheirNeighbours) {
  Tag tag = tag_of("bits", 3, 1);
  tag.bit = BitField{3, 1};
  EXPECT_EQ(read(tag, {0x0008}), "true");
  EXPECT_EQ(read(tag, {0xfff7}), "false");
  auto write = encode(tag, true);
  ASSERT_TRUE(write);
  EXPECT_EQ(write->cells, (Words{8}));
  EXPECT_EQ(write->mask, std::uint16_t{8});
  write = encode(tag, "off");
  EXPECT_EQ(write->cells, (Words{0}));
  EXPECT_EQ(write->mask, std::uint16_t{8});

  Tag field = tag_of("16uint");
  field.bit = BitField{4, 4};
  EXPECT_EQ(read(field, {0x1a5f}), "5");
  write = encode(field, 9);
  EXPECT_EQ(write->cells, (Words{0x90}));
  EXPECT_EQ(write->mask, std::uint16_t{0xf0});
  EXPECT_NE(refused(field, 16).find("does not fit"), std::string::npos);

  Tag low = tag_of("8uintlo");
  EXPECT_EQ(read(low, {0xab12}), "18");
  write = encode(low, 255);
  EXPECT_EQ(write->cells, (Words{0xff}));
  EXPECT_EQ(write->mask, std::uint16_t{0xff});
}

TEST(Codec, OneCoilTakesEveryWordForOnAndOff) {
  const Tag tag = tag_of("bits", 5, 1);
  for (const Json& on : {Json(true), Json(1), Json("1"), Json("true"), Json("ON"), Json(2.5)}) {
    EXPECT_EQ(written(tag, on), (Words{1})) << on;
  }
  for (const Json& off : {Json(false), Json(0), Json("0"), Json("False"), Json(" off ")}) {
    EXPECT_EQ(written(tag, off), (Words{0})) << off;
  }
  for (const Json& no : {Json("maybe"), Json(), Json::object(), Json::array({1, 0}), Json("")}) {
    EXPECT_NE(refused(tag, no), "written") << no;
  }
}

TEST(Codec, WhatDoesNotFitIsRefusedWithItsReason) {
  EXPECT_EQ(refused(tag_of("16int"), 32768), "32768 does not fit a 16int");
  EXPECT_EQ(refused(tag_of("16uint"), -1), "-1 does not fit a 16uint");
  EXPECT_EQ(refused(tag_of("32float"), 1e39), "1e39 does not fit a 32float");
  EXPECT_EQ(refused(tag_of("16float"), 65520), "65520 does not fit a 16float");
  EXPECT_EQ(refused(tag_of("16bcd"), 10000), "10000 does not fit a 16bcd");
  EXPECT_EQ(refused(tag_of("32mod10"), 100000000), "100000000 does not fit a 32mod10");
  EXPECT_EQ(refused(tag_of("16int"), "abc"), "'abc' is not a number");
  EXPECT_EQ(refused(tag_of("16int"), nullptr), "null is no value to write");
  EXPECT_EQ(refused(tag_of("string", 3, 1), "abc"), "'abc' has 3 bytes, not 1 to 2");
  EXPECT_EQ(refused(tag_of("16int", 4), 1), "an input register cannot be written");
  Tag limited = tag_of("16int");
  limited.least = number("-5");
  limited.most = number("30.5");
  EXPECT_EQ(refused(limited, 31), "31 is more than the most allowed, 30.5");
  EXPECT_EQ(refused(limited, -6), "-6 is less than the least allowed, -5");
  EXPECT_EQ(written(limited, 30), (Words{30}));
}

TEST(Codec, ScalesAreUndoneUnlessTheValueIsRaw) {
  Tag tag = tag_of("16int", 6);
  tag.scale.divisor = number("10");
  EXPECT_EQ(written(tag, 21.5), (Words{215}));
  EXPECT_EQ(written(tag, 21.57), (Words{216})) << "to the nearest step";
  EXPECT_EQ(written(tag, 0.30000000000000004), (Words{3}));
  tag.raw_write = true;
  EXPECT_EQ(written(tag, 215), (Words{215}));
}

TEST(Codec, TextsAreTrimmedAndWhatIsNoTextIsHex) {
  Tag tag = tag_of("string", 3, 3);
  EXPECT_EQ(read(tag, {0x4142, 0x4300, 0}), R"("ABC")");
  EXPECT_EQ(read(tag, {0x4120, 0x2020, 0x2020}), R"("A")");
  EXPECT_EQ(read(tag, {0, 0, 0}), R"("")");
  EXPECT_EQ(read(tag, {0xff41, 0, 0}), R"("ff4100000000")");
  tag.text.trim = false;
  EXPECT_EQ(read(tag, {0x4142, 0x4300, 0}), R"("ABC\u0000\u0000\u0000")");
  Tag low = tag_of("string", 3, 3);
  low.text.characters = Characters::low;
  low.text.pad = ' ';
  EXPECT_EQ(read(low, {0x0041, 0x0042, 0x0020}), R"("AB")");
  EXPECT_EQ(written(low, "AB"), (Words{0x0041, 0x0042, 0x0020}));
  Tag swapped = tag_of("string", 3, 4);
  swapped.order = *parse_order("BADC");
  EXPECT_EQ(read(swapped, {0x7250, 0x336f, 0x4d45, 0x312d}), R"("Pro3EM-1")");
}

TEST(Codec, OtherNumbersAndDates) {
  EXPECT_EQ(read(tag_of("32bcd"), {0x1234, 0x5678}), "12345678");
  EXPECT_EQ(read(tag_of("16bcd"), {0x12a4}), "no value: not BCD: a digit is 10");
  EXPECT_EQ(read(tag_of("32mod10"), {12, 3456}), "123456");
  EXPECT_EQ(read(tag_of("32mod10"), {1, 10000}), "no value: not mod10: a register holds 10000");
  EXPECT_EQ(read(tag_of("48int"), {0xffff, 0xffff, 0xfffe}), "-2");
  EXPECT_EQ(read(tag_of("24uint"), {0xab01, 0x0203}), "66051");
  EXPECT_EQ(read(tag_of("8inthi"), {0xff00}), "-1");
  const Tag date = tag_of("date");
  EXPECT_EQ(read(date, {26, 0x0c3f & 0x0f1f, 0x170f, 59999}), R"("2026-12-31T23:15:59.999")");
  EXPECT_EQ(read(date, {26, 0x0c1f, 0x1780, 0}), "no value: a date that the unit marks as invalid");
  EXPECT_EQ(read(date, {26, 0x0d01, 0, 0}), "no value: not a date");
  EXPECT_EQ(written(date, "2026-01-02T03:04:05"), (Words{26, 0x0102, 0x0304, 5000}));
  EXPECT_NE(refused(date, "2026-1-2").find("is not a date"), std::string::npos);
  EXPECT_NE(refused(date, "2026-13-02T00:00:00").find("is not a date"), std::string::npos);
}

}  // namespace
}  // namespace tbgw::modbus
