// SPDX-License-Identifier: Apache-2.0
// What may go wrong with lines that overtake: too old ones that are sent, too many that are kept,
// statistics that push answers out.
#include "spool/live_lines.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tbgw::spool {
namespace {

using std::chrono::seconds;
const LiveLines::Time kStart{};

std::string pop(LiveLines& lines, LiveLines::Time now) {
  std::string out;
  return lines.pop(out, now) ? out : "none";
}

TEST(LiveLines, GoOutInTheOrderTheyCame) {
  LiveLines lines;
  lines.push("{\"a\":1}", false, kStart);
  lines.push("{\"b\":1}", true, kStart);
  EXPECT_EQ(pop(lines, kStart), "{\"a\":1}\n");
  EXPECT_EQ(pop(lines, kStart), "{\"b\":1}\n");
  EXPECT_EQ(pop(lines, kStart), "none");
  EXPECT_TRUE(lines.empty());
}

TEST(LiveLines, AnAnswerOlderThanTenSecondsIsNotSent) {
  LiveLines lines;
  lines.push("{\"old\":1}", false, kStart);
  lines.push("{\"fresh\":1}", false, kStart + seconds{5});
  EXPECT_EQ(pop(lines, kStart + seconds{11}), "{\"fresh\":1}\n");
  EXPECT_EQ(lines.expired(), 1U);
  lines.push("{\"stats\":1}", true, kStart + seconds{20});
  lines.expire(kStart + seconds{31});
  EXPECT_TRUE(lines.empty());
  EXPECT_EQ(lines.expired(), 1U);
  EXPECT_EQ(lines.passing_dropped(), 1U);
}

TEST(LiveLines, StatisticsMakeRoomBeforeAnswersDo) {
  LiveLines lines;
  const std::string big(LiveLines::kLimit / 4, 'x');
  lines.push("a" + big, false, kStart);
  lines.push("s" + big, true, kStart);
  lines.push("b" + big, false, kStart);
  lines.push("c" + big, false, kStart);
  EXPECT_EQ(lines.passing_dropped(), 1U);
  EXPECT_EQ(lines.dropped(), 0U);
  lines.push("d" + big, false, kStart);
  EXPECT_EQ(lines.dropped(), 1U);
  EXPECT_EQ(pop(lines, kStart).substr(0, 1), "b");
}

TEST(LiveLines, MemoryIsBoundedHoweverManyCome) {
  LiveLines lines;
  for (int i = 0; i < 100'000; ++i)
    lines.push(std::string(100, 'x'), i % 2 == 0, kStart);
  std::size_t left = 0;
  while (pop(lines, kStart) != "none")
    ++left;
  EXPECT_LE(left, LiveLines::kLimit / 100);
  EXPECT_EQ(left + lines.dropped() + lines.passing_dropped(), 100'000U);
}

}  // namespace
}  // namespace tbgw::spool
