// SPDX-License-Identifier: Apache-2.0
// SLIP and COBS against the examples of their papers.
#include "serial/packet.hpp"

#include <gtest/gtest.h>

namespace tbgw::serial {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values)
    out += static_cast<char>(value);
  return out;
}

TEST(Slip, EscapesStandForEndAndEscape) {
  EXPECT_EQ(*slip_decode(bytes({0x01, 0xdb, 0xdc, 0x02, 0xdb, 0xdd})),
            bytes({0x01, 0xc0, 0x02, 0xdb}));
}

TEST(Slip, EscapeWithNothingBehindItIsAnError) {
  EXPECT_FALSE(slip_decode(bytes({0x01, 0xdb})));
  EXPECT_FALSE(slip_decode(bytes({0xdb, 0xc0})));
}

TEST(Slip, EmptyIsEmpty) {
  EXPECT_EQ(*slip_decode(""), "");
}

// The examples of Cheshire and Baker's paper, as encoded there.
TEST(Cobs, KnownExamples) {
  EXPECT_EQ(*cobs_decode(bytes({0x01, 0x01})), bytes({0x00}));
  EXPECT_EQ(*cobs_decode(bytes({0x01, 0x01, 0x01})), bytes({0x00, 0x00}));
  EXPECT_EQ(*cobs_decode(bytes({0x01, 0x02, 0x11, 0x01})), bytes({0x00, 0x11, 0x00}));
  EXPECT_EQ(*cobs_decode(bytes({0x03, 0x11, 0x22, 0x02, 0x33})), bytes({0x11, 0x22, 0x00, 0x33}));
  EXPECT_EQ(*cobs_decode(bytes({0x05, 0x11, 0x22, 0x33, 0x44})), bytes({0x11, 0x22, 0x33, 0x44}));
}

TEST(Cobs, BlockOf254BytesCarriesNoZero) {
  std::string data;
  for (int i = 1; i <= 254; ++i)
    data += static_cast<char>(i);
  EXPECT_EQ(*cobs_decode(bytes({0xff}) + data), data);
  EXPECT_EQ(*cobs_decode(bytes({0xff}) + data + bytes({0x02, 0x55})), data + "\x55");
}

TEST(Cobs, CodePastTheEndIsAnError) {
  EXPECT_FALSE(cobs_decode(bytes({0x05, 0x11})));
  EXPECT_FALSE(cobs_decode(bytes({0x02, 0x11, 0x00})));
}

}  // namespace
}  // namespace tbgw::serial
