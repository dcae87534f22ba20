// SPDX-License-Identifier: Apache-2.0
// What a store on disk may get wrong about records that it drops while a consumer has them:
// counting one twice or never, counting what was acknowledged after all.
#include "spool/disk_store.hpp"

#include "scratch.hpp"

namespace tbgw::spool::test {
namespace {

std::uint64_t counter(const DiskStore& store, std::string_view name) {
  Counters counters;
  store.add_counters(counters);
  for (const auto& [key, value] : counters) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no counter " << name;
  return 0;
}

struct Bench {
  explicit Bench(const std::string& path, std::vector<std::string>& told)
      : store(path, options(), [&told](const std::string& text) { told.push_back(text); }) {}

  static DiskStore::Options options() {
    DiskStore::Options options;
    options.writer = small_segments();
    options.writer.max_bytes = 64 << 10;
    return options;
  }
  /// Records until something has been dropped; how many the store said were.
  std::uint64_t fill() {
    while (true) {
      store.append("{\"n\":" + std::to_string(++last) + ",\"pad\":\"" + std::string(900, 'x') +
                   "\"}");
      if (store.commit()) continue;
      return store.drop_oldest().value_or(0);
    }
  }
  std::uint64_t take(std::uint64_t most) {
    std::uint64_t seq = 0;
    while (most-- > 0) {
      const auto next = store.backlog().next();
      if (!next) break;
      seq = next->seq;
    }
    return seq;
  }

  DiskStore store;
  std::uint64_t last = 0;
};

TEST(DiskStore, WhatTheConsumerHadWhenItWasDroppedIsNotLostIfItIsAcknowledged) {
  const Scratch scratch;
  std::vector<std::string> told;
  Bench bench(scratch / "q", told);
  bench.store.append("{}");
  ASSERT_TRUE(bench.store.commit());
  bench.last = 1;
  ASSERT_EQ(bench.take(1), 1U);
  const std::uint64_t dropped = bench.fill();
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(counter(bench.store, "droppedFull"), dropped);
  bench.store.backlog().done(1);
  bench.store.backlog().rewind();
  EXPECT_EQ(counter(bench.store, "droppedFull"), dropped);
  EXPECT_EQ(bench.store.take_late_drops(), 0U);
  EXPECT_EQ(told, std::vector<std::string>{});
}

TEST(DiskStore, WhatTheConsumerHadWhenItWasDroppedIsCountedOnceItIsGone) {
  const Scratch scratch;
  std::vector<std::string> told;
  std::uint64_t dropped = 0;
  {
    Bench bench(scratch / "q", told);
    for (int i = 1; i <= 5; ++i)
      bench.store.append("{}");
    ASSERT_TRUE(bench.store.commit());
    bench.last = 5;
    ASSERT_EQ(bench.take(3), 3U);
    bench.store.backlog().done(1);
    dropped = bench.fill();
    EXPECT_EQ(counter(bench.store, "droppedFull"), dropped);
    bench.store.backlog().rewind();
    dropped += 2;  // 2 and 3
    EXPECT_EQ(counter(bench.store, "droppedFull"), dropped);
    EXPECT_EQ(bench.store.take_late_drops(), 2U);
    EXPECT_EQ(bench.take(1), 2 + dropped);        // 1 was delivered, the others are counted
    EXPECT_EQ(told, std::vector<std::string>{});  // and nothing is missing besides
    bench.store.backlog().rewind();
    EXPECT_EQ(counter(bench.store, "droppedFull"), dropped);
    EXPECT_EQ(bench.store.take_late_drops(), 0U);
  }
  Bench next(scratch / "q", told);
  EXPECT_EQ(counter(next.store, "droppedEver"), dropped);
}

TEST(DiskStore, WhatTheConsumerHadIsCountedAtTheEndOfTheProcessToo) {
  const Scratch scratch;
  std::vector<std::string> told;
  std::uint64_t dropped = 0;
  {
    Bench bench(scratch / "q", told);
    bench.store.append("{}");
    ASSERT_TRUE(bench.store.commit());
    bench.last = 1;
    ASSERT_EQ(bench.take(1), 1U);
    dropped = bench.fill() + 1;
    ASSERT_TRUE(bench.store.commit());
  }
  Bench next(scratch / "q", told);
  EXPECT_EQ(counter(next.store, "droppedEver"), dropped);
}

}  // namespace
}  // namespace tbgw::spool::test
