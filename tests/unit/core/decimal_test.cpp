// SPDX-License-Identifier: Apache-2.0
#include "core/decimal.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

namespace tbgw {
namespace {

Decimal of(std::string_view text) {
  return *parse_decimal(text);
}

std::string text_of(const Decimal& value, bool real = false) {
  std::string out;
  append_text(out, value, real);
  return out;
}

TEST(Decimal, TextsComeBackInTheirShortestForm) {
  for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
           {"0", "0"},
           {"-0", "0"},
           {"007", "7"},
           {"1.50", "1.5"},
           {"+3", "3"},
           {"-0.25", "-0.25"},
           {".5", "0.5"},
           {"1e3", "1000"},
           {"15e-1", "1.5"},
           {"18446744073709551615", "18446744073709551615"},
           {"0.00001", "0.00001"},
           {"0.000000001", "1e-9"},
           {"1.25e-9", "1.25e-9"},
           {"1e22", "1e22"},
           {"1e21", "1000000000000000000000"},
           {"-2.773326686010713e+36", "-2.773326686010713e36"}}) {
    const auto value = parse_decimal(from);
    ASSERT_TRUE(value) << from;
    EXPECT_EQ(text_of(*value), to);
  }
}

TEST(Decimal, RealsHaveAPointOrAnExponent) {
  EXPECT_EQ(text_of(of("48"), true), "48.0");
  EXPECT_EQ(text_of(of("0"), true), "0.0");
  EXPECT_EQ(text_of(of("-1.5"), true), "-1.5");
  EXPECT_EQ(text_of(of("1e30"), true), "1e30");
}

TEST(Decimal, WhatIsNoNumberIsRefused) {
  for (const char* text :
       {"", "-", ".", "1.2.3", "1e", "e5", "0x12", "1_000", "nan", "inf", " 1", "1 ",
        "1e99999999999", "--1", "1e-", "1,5", "12345678901234567890123456789012345678901"}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Decimal, SumsAndProductsAreExactOrSaidToBeImpossible) {
  EXPECT_EQ(text_of(*sum(of("0.1"), of("0.2"))), "0.3");
  EXPECT_EQ(text_of(*product(of("3"), of("0.1"))), "0.3");
  EXPECT_EQ(text_of(*sum(of("18446744073709551615"), of("-0.001"))), "18446744073709551614.999");
  EXPECT_FALSE(sum(of("1e40"), of("1e-40")));
  EXPECT_FALSE(product(of("123456789012345678901234567890"), of("123456789012345678901234567890")));
}

TEST(Decimal, QuotientsWithoutAnEndAreTold) {
  EXPECT_EQ(text_of(*quotient(of("2298"), of("10"))), "229.8");
  EXPECT_EQ(text_of(*quotient(of("1"), of("8"))), "0.125");
  EXPECT_EQ(text_of(*quotient(of("7"), of("-0.35"))), "-20");
  EXPECT_EQ(text_of(*quotient(of("9"), of("3"))), "3");
  EXPECT_FALSE(quotient(of("5"), of("6e-3")));
  EXPECT_EQ(text_of(*quotient(of("0"), of("3"))), "0");
  EXPECT_EQ(text_of(rounded_quotient(of("18446744073709551614"), of("3"))),
            "6148914691236517204.67");
  EXPECT_EQ(text_of(rounded_quotient(of("-1"), of("3"))), "-0.333333333333333333333");
}

TEST(Decimal, RoundsHalvesToEvenAndWholesAwayFromZero) {
  EXPECT_EQ(text_of(rounded(of("2.5"), 0)), "2");
  EXPECT_EQ(text_of(rounded(of("3.5"), 0)), "4");
  EXPECT_EQ(text_of(rounded(of("-0.5"), 0)), "0");
  EXPECT_EQ(text_of(rounded(of("0.06701656"), 6)), "0.067017");
  EXPECT_EQ(text_of(rounded(of("1e-300"), 6)), "0");
  EXPECT_EQ(text_of(rounded(of("12345"), -2)), "12300");
  EXPECT_EQ(*nearest_whole(of("2.5")), 3);
  EXPECT_EQ(*nearest_whole(of("-2.5")), -3);
  EXPECT_EQ(*nearest_whole(of("2.4999")), 2);
  EXPECT_FALSE(nearest_whole(of("1e60")));
}

TEST(Decimal, ComparesAcrossExponents) {
  EXPECT_EQ(compare(of("2"), of("2.0")), 0);
  EXPECT_LT(compare(of("-1e30"), of("1e-30")), 0);
  EXPECT_GT(compare(of("0.1"), of("0.09999999999999999999")), 0);
}

TEST(Decimal, DoublesAreTheShortestThatReadBack) {
  EXPECT_EQ(text_of(Decimal::of(0.1)), "0.1");
  EXPECT_EQ(text_of(Decimal::of(5e-324)), "5e-324");
  EXPECT_EQ(text_of(Decimal::of(1.7976931348623157e308)), "1.7976931348623157e308");
  std::mt19937_64 random(7);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    EXPECT_EQ(to_double(Decimal::of(value)), value);
  }
}

TEST(Decimal, TheNearestWholeOfAQuotientIsExactHoweverNearTheMiddle) {
  EXPECT_EQ(text_of(*whole_quotient(of("229.8"), of("0.1"))), "2298");
  EXPECT_EQ(text_of(*whole_quotient(of("5"), of("2"))), "3");
  EXPECT_EQ(text_of(*whole_quotient(of("-5"), of("2"))), "-3");
  EXPECT_EQ(text_of(*whole_quotient(of("5"), of("-2"))), "-3");
  EXPECT_EQ(text_of(*whole_quotient(of("1"), of("3"))), "0");
  EXPECT_EQ(text_of(*whole_quotient(of("18446744073709551614.4999999999"), of("1"))),
            "18446744073709551614");
  EXPECT_FALSE(whole_quotient(of("1"), of("0")));
  EXPECT_FALSE(whole_quotient(of("1e50"), of("1")));
}

TEST(Decimal, HalvesGoAwayFromZeroWhereThatIsAskedFor) {
  EXPECT_EQ(text_of(rounded(of("2.5"), 0, Halves::away)), "3");
  EXPECT_EQ(text_of(rounded(of("-0.125"), 2, Halves::away)), "-0.13");
  EXPECT_EQ(text_of(rounded(of("0.124"), 2, Halves::away)), "0.12");
}

TEST(Decimal, PlainTextsHaveNoExponent) {
  const auto plain = [](std::string_view text, bool real) {
    std::string out;
    append_text(out, of(text), real, Print::plain);
    return out;
  };
  EXPECT_EQ(plain("1e-9", true), "0.000000001");
  EXPECT_EQ(plain("-1.25e-8", false), "-0.0000000125");
  EXPECT_EQ(plain("1e25", false), "10000000000000000000000000");
  EXPECT_EQ(plain("1e25", true), "10000000000000000000000000.0");
  EXPECT_EQ(plain("0", true), "0.0");
}

}  // namespace
}  // namespace tbgw
