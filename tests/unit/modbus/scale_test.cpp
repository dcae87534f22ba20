// SPDX-License-Identifier: Apache-2.0
#include "modbus/scale.hpp"

#include <gtest/gtest.h>

namespace tbgw::modbus {
namespace {

Decimal of(std::string_view text) {
  return *parse_decimal(text);
}

std::string text_of(const Decimal& value) {
  std::string out;
  append_text(out, value, false);
  return out;
}

TEST(Scale, ScalesWithoutBinaryNoiseAndBack) {
  Scale scale;
  scale.divisor = of("10");
  EXPECT_EQ(text_of(scaled(of("2298"), scale, 0)), "229.8");
  EXPECT_EQ(text_of(unscaled(of("229.8"), scale, 0)), "2298");
  scale.offset = of("-40");
  EXPECT_EQ(text_of(scaled(of("655"), scale, 0)), "25.5");
  EXPECT_EQ(text_of(unscaled(of("25.5"), scale, 0)), "655");
  Scale power;
  EXPECT_EQ(text_of(scaled(of("2298"), power, -1)), "229.8");
  EXPECT_EQ(text_of(scaled(of("23"), power, 3)), "23000");
  EXPECT_EQ(text_of(unscaled(of("229.8"), power, -1)), "2298");
}

TEST(Scale, AThirdIsADoublesAndLargeNumbersKeepTheirDigits) {
  Scale scale;
  scale.divisor = of("3");
  EXPECT_EQ(text_of(scaled(of("1"), scale, 0)), "0.3333333333333333");
  EXPECT_EQ(text_of(scaled(of("18446744073709551613"), scale, 0)), "6148914691236517204.33");
}

}  // namespace
}  // namespace tbgw::modbus
