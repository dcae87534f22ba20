// SPDX-License-Identifier: Apache-2.0
// What a queue in blocks may get wrong: records at block borders, positions after records left.
#include "spool/batch.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>

namespace tbgw::spool {
namespace {

TEST(Batch, RecordsLongerThanABlockAreWhole) {
  Batch batch;
  const std::string big(200'000, 'b');
  batch.push("a");
  batch.push(big);
  batch.push("");
  batch.push("c");
  ASSERT_EQ(batch.size(), 4U);
  EXPECT_EQ(batch.at(0), "a");
  EXPECT_EQ(batch.at(1), big);
  EXPECT_EQ(batch.at(2), "");
  EXPECT_EQ(batch.at(3), "c");
  EXPECT_EQ(batch.bytes(), big.size() + 2);
}

TEST(Batch, DoesWhatAPlainQueueDoes) {
  std::mt19937 random{7};
  const auto pick = [&random](std::size_t most) {
    return std::uniform_int_distribution<std::size_t>{0, most}(random);
  };
  Batch batch;
  std::deque<std::string> plain;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t what = pick(9);
    if (what < 6) {
      const std::string record(pick(40) == 0 ? 70'000 : pick(300), 'x');
      batch.push(record + std::to_string(step));
      plain.push_back(record + std::to_string(step));
    } else if (what < 8) {
      const std::size_t count = std::min(plain.size(), pick(12));
      batch.pop_front(count);
      plain.erase(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(count));
    } else {
      const std::size_t count = std::min(plain.size(), pick(3));
      batch.pop_back(count);
      plain.erase(plain.end() - static_cast<std::ptrdiff_t>(count), plain.end());
    }
    ASSERT_EQ(batch.size(), plain.size());
    ASSERT_EQ(batch.empty(), plain.empty());
    if (plain.empty()) continue;
    const std::size_t i = pick(plain.size() - 1);
    ASSERT_EQ(batch.at(i), plain[i]);
  }
  std::size_t bytes = 0;
  for (const std::string& record : plain)
    bytes += record.size();
  EXPECT_EQ(batch.bytes(), bytes);
  batch.clear();
  EXPECT_EQ(batch.bytes(), 0U);
}

}  // namespace
}  // namespace tbgw::spool
