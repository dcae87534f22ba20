// SPDX-License-Identifier: Apache-2.0
#include "core/log.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tbgw {
namespace {

TEST(Log, FloodIsHeldBackAndCounted) {
  log::open("test");
  testing::internal::CaptureStderr();
  for (int i = 0; i < 1000; ++i)
    log::limited(log::Level::warning, "bad record", "line bad");
  log::flush_repeats();
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 21);
  EXPECT_NE(text.find("test: 980 more messages of this kind: bad record\n"), std::string::npos);
}

TEST(Log, LevelsAreKept) {
  log::open("test");
  log::set_level(log::Level::error);
  testing::internal::CaptureStderr();
  log::warn("no");
  log::limited(log::Level::warning, "kind", "no");
  log::error("yes");
  log::set_level(log::Level::warning);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "test: yes\n");
}

TEST(Log, TextFromOutsideGivesNoOrdersToATerminal) {
  log::open("test");
  testing::internal::CaptureStderr();
  log::error("\x1b[31mred\r\x7f caf\xc3\xa9\tline\nnext");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "test: \\x1b[31mred\\x0d\\x7f caf\xc3\xa9\tline\nnext\n");
}

}  // namespace
}  // namespace tbgw
