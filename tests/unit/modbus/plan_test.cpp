// SPDX-License-Identifier: Apache-2.0
#include "modbus/plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "modbus/timing.hpp"

namespace tbgw::modbus {
namespace {

constexpr Milliseconds kSecond{1000};

Tag tag_at(std::uint16_t address, std::uint16_t count, std::uint8_t function = 3) {
  Tag tag;
  tag.key = std::to_string(address);
  tag.function = function;
  tag.address = address;
  tag.count = count;
  return tag;
}

struct Span {
  std::uint16_t address;
  std::uint16_t count;
  bool operator==(const Span&) const = default;
};
void PrintTo(const Span& span, std::ostream* out) {
  *out << span.address << "+" << span.count;
}

std::vector<Span> spans(const std::vector<Block>& blocks) {
  std::vector<Span> out;
  for (const Block& block : blocks)
    out.push_back({block.address, block.count});
  return out;
}

std::vector<Span> planned(const std::vector<Tag>& tags, const ReadLimits& limits = {},
                          const std::vector<Cut>& cuts = {}) {
  return spans(plan(tags, kSecond, limits, cuts));
}

TEST(Plan, NeighboursShareARequest) {
  EXPECT_EQ(planned({tag_at(2, 1), tag_at(0, 2), tag_at(3, 4)}), (std::vector<Span>{{0, 7}}));
}

TEST(Plan, GapsAreBridgedUpToTheLimit) {
  EXPECT_EQ(planned({tag_at(0, 1), tag_at(9, 1)}), (std::vector<Span>{{0, 10}}));
  EXPECT_EQ(planned({tag_at(0, 1), tag_at(10, 1)}), (std::vector<Span>{{0, 1}, {10, 1}}));
  ReadLimits none;
  none.gap_registers = 0;
  EXPECT_EQ(planned({tag_at(0, 1), tag_at(1, 1), tag_at(3, 1)}, none),
            (std::vector<Span>{{0, 2}, {3, 1}}));
}

TEST(Plan, NoRequestIsLongerThanTheLimitAndNoValueIsSplit) {
  ReadLimits limits;
  limits.registers = 5;
  std::vector<Tag> tags;
  for (std::uint16_t i = 0; i < 10; ++i)
    tags.push_back(tag_at(static_cast<std::uint16_t>(2 * i), 2));
  EXPECT_EQ(planned(tags, limits), (std::vector<Span>{{0, 4}, {4, 4}, {8, 4}, {12, 4}, {16, 4}}));
}

TEST(Plan, ATagLongerThanTheLimitIsStillAsked) {
  ReadLimits limits;
  limits.registers = 4;
  EXPECT_EQ(planned({tag_at(0, 10), tag_at(10, 1)}, limits), (std::vector<Span>{{0, 10}, {10, 1}}));
}

TEST(Plan, TablesAreNotMixed) {
  const auto blocks =
      plan(std::vector{tag_at(0, 1, 1), tag_at(0, 1, 2), tag_at(0, 1, 3), tag_at(0, 1, 4)}, kSecond,
           {}, {});
  EXPECT_EQ(blocks.size(), 4U);
}

TEST(Plan, NoRequestCrossesACut) {
  const std::vector<Tag> tags{tag_at(0, 2), tag_at(2, 2), tag_at(6, 2)};
  EXPECT_EQ(planned(tags, {}, {{Table::holding_registers, 5}}),
            (std::vector<Span>{{0, 4}, {6, 2}}));
  EXPECT_EQ(planned(tags, {}, {{Table::holding_registers, 2}}),
            (std::vector<Span>{{0, 2}, {2, 6}}));
  EXPECT_EQ(planned(tags, {}, {{Table::input_registers, 5}}), (std::vector<Span>{{0, 8}}));
  EXPECT_EQ(planned(tags, {}, {{Table::holding_registers, 0}, {Table::holding_registers, 8}}),
            (std::vector<Span>{{0, 8}}));
  EXPECT_EQ(planned({tag_at(0, 4)}, {}, {{Table::holding_registers, 2}}),
            (std::vector<Span>{{0, 4}}))
      << "a value lies across it";
}

TEST(Plan, TagsThatShareRegistersAreReadOnce) {
  const auto blocks =
      plan(std::vector{tag_at(0, 4), tag_at(0, 1), tag_at(3, 1), tag_at(0, 4)}, kSecond, {}, {});
  ASSERT_EQ(blocks.size(), 1U);
  EXPECT_EQ(blocks[0].tags, (std::vector<std::size_t>{0, 1, 3, 2}));
  EXPECT_EQ(blocks[0].offset(tag_at(3, 1)), 3U);
}

TEST(Plan, TagsThatOnlyWriteAreLeftOut) {
  EXPECT_TRUE(planned({tag_at(0, 1, 6), tag_at(0, 1, 5)}).empty());
}

TEST(Plan, TheEndOfTheAddressesIsNoOverflow) {
  EXPECT_EQ(planned({tag_at(65535, 1), tag_at(65530, 2)}, {}, {{Table::holding_registers, 65535}}),
            (std::vector<Span>{{65530, 2}, {65535, 1}}));
  EXPECT_EQ(planned({tag_at(65535, 1), tag_at(65530, 2)}), (std::vector<Span>{{65530, 6}}));
}

TEST(Plan, RangesKeepTheirOwnLimit) {
  std::vector<Tag> tags;
  for (std::uint16_t i = 0; i <= 20; ++i) {
    tags.push_back(tag_at(i, 1));
    tags.back().most_per_request = 8;
  }
  EXPECT_EQ(planned(tags), (std::vector<Span>{{0, 8}, {8, 8}, {16, 5}}));
}

TEST(Plan, SlowTagsRideWithFastOnesOnlyWhereThatIsCheaper) {
  std::vector<Tag> tags{tag_at(0, 2), tag_at(2, 1), tag_at(7, 100)};
  tags[1].period = Milliseconds{60000};
  tags[2].period = Milliseconds{60000};
  const auto blocks = plan(tags, kSecond, {}, {});
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].period, kSecond);
  EXPECT_EQ(spans(blocks), (std::vector<Span>{{0, 2}, {2, 105}}))
      << "a hundred registers every second cost more than a request a minute";

  std::vector<Tag> inside{tag_at(0, 1), tag_at(8, 1), tag_at(4, 1)};
  inside[2].period = Milliseconds{3600000};
  EXPECT_EQ(planned(inside), (std::vector<Span>{{0, 9}})) << "what lies inside is free";

  std::vector<Tag> near{tag_at(0, 1), tag_at(1, 1)};
  near[1].period = Milliseconds{2000};
  EXPECT_EQ(planned(near), (std::vector<Span>{{0, 2}}));
}

TEST(Plan, OnceOnlyTagsHaveNoPeriod) {
  std::vector<Tag> tags{tag_at(0, 1), tag_at(100, 8)};
  tags[1].once = true;
  const auto blocks = plan(tags, kSecond, {}, {});
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_EQ(blocks[0].period, kSecond);
  EXPECT_EQ(blocks[1].period, Milliseconds{0});
}

/// The fewest requests for non-overlapping tags in order, by trying everything.
std::size_t fewest(const std::vector<Tag>& tags, const ReadLimits& limits) {
  std::vector<std::size_t> best(tags.size() + 1, 0);
  for (std::size_t end = 1; end <= tags.size(); ++end) {
    best[end] = end;
    for (std::size_t start = end; start-- > 0;) {
      if (start + 1 < end && tags[start + 1].address - tags[start].address - tags[start].count >
                                 limits.gap_registers) {
        break;
      }
      const int count = tags[end - 1].address + tags[end - 1].count - tags[start].address;
      if (count > limits.registers && start + 1 < end) break;
      best[end] = std::min(best[end], best[start] + 1);
    }
  }
  return best[tags.size()];
}

TEST(Plan, NobodyFindsFewerRequests) {
  std::mt19937 random(5);
  for (int round = 0; round < 3000; ++round) {
    ReadLimits limits;
    limits.registers = static_cast<std::uint16_t>(4 + random() % 60);
    limits.gap_registers = static_cast<std::uint16_t>(random() % 10);
    std::vector<Tag> tags;
    unsigned at = 0;
    for (unsigned i = 0; i < 1 + random() % 30; ++i) {
      at += static_cast<unsigned>(random() % 8);
      const auto count = static_cast<std::uint16_t>(1 + random() % 4);
      tags.push_back(tag_at(static_cast<std::uint16_t>(at), count));
      at += count;
    }
    const std::size_t least = fewest(tags, limits);
    std::shuffle(tags.begin(), tags.end(), random);
    const auto blocks = plan(tags, kSecond, limits, {});
    EXPECT_EQ(blocks.size(), least);
    std::size_t covered = 0;
    for (const Block& block : blocks) {
      EXPECT_LE(block.count, limits.registers);
      covered += block.tags.size();
      for (const std::size_t index : block.tags) {
        EXPECT_GE(tags[index].address, block.address);
        EXPECT_LE(tags[index].address + std::uint32_t{tags[index].count}, block.end());
      }
    }
    EXPECT_EQ(covered, tags.size());
  }
}

TEST(Plan, ARefusedBlockIsHalvedDownToItsTags) {
  std::vector<Tag> tags;
  for (std::uint16_t i = 0; i < 7; ++i)
    tags.push_back(tag_at(static_cast<std::uint16_t>(3 * i), 2));
  std::vector<Block> work = plan(tags, kSecond, {}, {});
  ASSERT_EQ(work.size(), 1U);
  std::size_t single = 0;
  std::size_t steps = 0;
  while (!work.empty()) {
    const Block block = work.back();
    work.pop_back();
    const auto parts = halves(block, tags);
    if (parts.empty()) {
      ++single;
      EXPECT_EQ(block.count, 2);
      continue;
    }
    ++steps;
    EXPECT_LT(parts[0].end(), block.end());
    EXPECT_EQ(cut_before(parts[1]).address, parts[1].address);
    work.insert(work.end(), parts.begin(), parts.end());
  }
  EXPECT_EQ(single, 7U);
  EXPECT_EQ(steps, 6U);
}

TEST(Plan, TagsThatShareRegistersCannotBeHalved) {
  const std::vector<Tag> tags{tag_at(0, 4), tag_at(2, 4), tag_at(8, 1)};
  const auto blocks = plan(tags, kSecond, {}, {});
  ASSERT_EQ(blocks.size(), 1U);
  const auto parts = halves(blocks[0], tags);
  ASSERT_EQ(parts.size(), 2U);
  EXPECT_EQ(spans(parts), (std::vector<Span>{{0, 6}, {8, 1}}));
  EXPECT_TRUE(halves(parts[0], tags).empty());
}

TEST(Plan, TheCutsLearntKeepTheRefusedPlaceOut) {
  const std::vector<Tag> tags{tag_at(0, 1), tag_at(1, 1), tag_at(4, 1)};
  const auto blocks = plan(tags, kSecond, {}, std::vector<Cut>{{Table::holding_registers, 4}});
  EXPECT_EQ(spans(blocks), (std::vector<Span>{{0, 2}, {4, 1}}));
}

Bus serial_bus(std::uint32_t baud) {
  Bus bus;
  bus.transport = Transport::serial;
  bus.framing = Framing::rtu;
  bus.serial.baud = baud;
  return bus;
}

TEST(Timing, SilenceIsThreeAndAHalfCharactersAndNeverTooShort) {
  EXPECT_EQ(silence_of(serial_bus(9600)), Microseconds{3646});  // 7 × 10 bits / 9600 / 2
  EXPECT_EQ(silence_of(serial_bus(115200)), Microseconds{1750});
  Bus even = serial_bus(9600);
  even.serial.parity = 'E';
  EXPECT_EQ(silence_of(even), Microseconds{4010});
  even.silence = Milliseconds{20};
  EXPECT_EQ(silence_of(even), Microseconds{20000});
  EXPECT_EQ(silence_of(Bus{}), Microseconds{0});
}

TEST(Timing, TheResponseTimeoutIsASecondAndTheFrames) {
  Unit unit;
  const Request read = read_request(Table::holding_registers, 0, 125);
  const Milliseconds slow = response_timeout(serial_bus(1200), unit, read);
  EXPECT_GT(slow, Milliseconds{1000 + 255 * 10 * 1000 / 1200});
  EXPECT_LT(slow, Milliseconds{3500});
  EXPECT_EQ(response_timeout(Bus{}, unit, read), Milliseconds{1001});
  unit.timeout = Milliseconds{300};
  EXPECT_EQ(response_timeout(Bus{}, unit, read), Milliseconds{300});
  unit.response_timeout = Milliseconds{2500};
  EXPECT_EQ(response_timeout(Bus{}, unit, read), Milliseconds{2500});
}

TEST(Timing, LoadTellsWhatCannotBeKeptUp) {
  Unit unit;
  std::vector<Block> blocks(3);
  for (Block& block : blocks)
    block.count = 100, block.period = kSecond;
  const Cost cost = cost_of(serial_bus(9600), unit, blocks[0]);
  EXPECT_EQ(cost.request_bytes, 8U);
  EXPECT_EQ(cost.answer_bytes, 205U);
  EXPECT_NEAR(static_cast<double>(cost.time.count()), 230000, 2000);
  EXPECT_NEAR(load_of(serial_bus(9600), unit, blocks), 0.69, 0.01);
  EXPECT_GT(load_of(serial_bus(4800), unit, blocks), 1);
}

}  // namespace
}  // namespace tbgw::modbus
