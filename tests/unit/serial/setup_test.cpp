// SPDX-License-Identifier: Apache-2.0
// What is said about a port, in layers: file defaults, device, command line.
#include "serial/setup.hpp"

#include <gtest/gtest.h>

namespace tbgw::serial {
namespace {

PortSetup port() {
  PortSetup setup;
  setup.name = "/dev/ttyS0";
  return setup;
}

constexpr std::uint64_t kRecord = std::uint64_t{256} << 10;

TEST(Bytes, AreEscapesOrHex) {
  EXPECT_EQ(*parse_bytes("\\r\\n"), "\r\n");
  EXPECT_EQ(*parse_bytes("hex:0d0a"), "\r\n");
  EXPECT_FALSE(parse_bytes("hex:0"));
  EXPECT_FALSE(parse_bytes("\\q"));
}

TEST(LengthPrefixSpec, IsReadStrictly) {
  EXPECT_EQ(*parse_length_prefix("2,1"), (LengthPrefix{2, 1, true, 0}));
  EXPECT_EQ(*parse_length_prefix("0,4,le,-6"), (LengthPrefix{0, 4, false, -6}));
  for (const char* wrong :
       {"", "1", "1,5", "1,0", "1,2,xx", "1,2,be,", "1,2,be,0,0", "-1,2", "a,b"}) {
    EXPECT_FALSE(parse_length_prefix(wrong)) << wrong;
  }
}

TEST(Apply, LaterWordsReplaceTheKindOfFraming) {
  PortSetup setup = port();
  PortOptions file;
  file.delimiters = {"\r"};
  file.strip = true;
  PortOptions line;
  line.frame_length = 8;
  ASSERT_TRUE(apply(file, setup));
  ASSERT_TRUE(apply(line, setup));
  EXPECT_EQ(setup.session.frames.kind, FrameKind::length);
  EXPECT_EQ(setup.session.frames.length, 8U);
  EXPECT_TRUE(setup.session.frames.strip);
}

TEST(Apply, GapAloneIsAKindAndBesideALengthAHelp) {
  PortSetup alone = port();
  PortOptions gap;
  gap.gap = Milliseconds{20};
  ASSERT_TRUE(apply(gap, alone));
  EXPECT_EQ(alone.session.frames.kind, FrameKind::gap);
  PortSetup both = port();
  gap.frame_length = 8;
  ASSERT_TRUE(apply(gap, both));
  EXPECT_EQ(both.session.frames.kind, FrameKind::length);
  EXPECT_EQ(both.session.frames.gap, Milliseconds{20});
}

TEST(Apply, TwoKindsOfFramingAreOneTooMany) {
  PortSetup setup = port();
  PortOptions options;
  options.slip = true;
  options.delimiters = {"\n"};
  EXPECT_FALSE(apply(options, setup));
}

TEST(Apply, Rs485DetailsSwitchItOn) {
  PortSetup setup = port();
  PortOptions options;
  options.rs485_delay_before = Milliseconds{2};
  ASSERT_TRUE(apply(options, setup));
  ASSERT_TRUE(setup.line.rs485);
  EXPECT_EQ(setup.line.rs485->delay_before, Milliseconds{2});
  PortOptions off;
  off.rs485 = false;
  ASSERT_TRUE(apply(off, setup));
  EXPECT_FALSE(setup.line.rs485);
}

TEST(Check, FrameMustFitIntoARecord) {
  PortSetup setup = port();
  EXPECT_TRUE(check(setup, kRecord));
  setup.session.frames.max_frame = std::size_t{256} << 10;
  EXPECT_FALSE(check(setup, kRecord));
  EXPECT_TRUE(check(setup, std::uint64_t{1} << 20));
}

TEST(Check, StandardInputCannotBePolled) {
  PortSetup setup = port();
  setup.session.poll.bytes = "?";
  EXPECT_TRUE(check(setup, kRecord));
  setup.name = "-";
  EXPECT_FALSE(check(setup, kRecord));
}

TEST(Check, UsbNameIsReadBeforeAnythingIsOpened) {
  PortSetup setup = port();
  setup.name = "usb:0403:6001:A5XK3RJT";
  EXPECT_TRUE(check(setup, kRecord));
  setup.name = "usb:0403";
  EXPECT_FALSE(check(setup, kRecord));
}

}  // namespace
}  // namespace tbgw::serial
