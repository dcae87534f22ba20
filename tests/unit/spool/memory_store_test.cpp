// SPDX-License-Identifier: Apache-2.0
// What a store in memory may get wrong: handing out what is not accepted, forgetting what is
// undone, counting a dropped record twice or never.
#include "spool/memory_store.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tbgw::spool {
namespace {

std::uint64_t counter(const Store& store, std::string_view name) {
  Counters counters;
  store.add_counters(counters);
  for (const auto& [key, value] : counters) {
    if (key == name) return value;
  }
  ADD_FAILURE() << "no counter " << name;
  return 0;
}

std::string record(int number) {
  std::string text = "{\"n\":" + std::to_string(number) + "}";
  return text + std::string(100 - text.size(), ' ');
}

std::vector<std::uint64_t> take(MemoryStore& store, int most = 1000) {
  std::vector<std::uint64_t> seqs;
  while (most-- > 0) {
    const auto next = store.next();
    if (!next) break;
    seqs.push_back(next->seq);
  }
  return seqs;
}

using Seqs = std::vector<std::uint64_t>;

TEST(MemoryStore, OnlyWhatIsAcceptedIsHandedOut) {
  MemoryStore store(1000, 0);
  store.append(record(1));
  EXPECT_FALSE(store.next());
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(take(store), Seqs{1});
  EXPECT_EQ(counter(store, "accepted"), 1U);
}

TEST(MemoryStore, ANewConsumerGetsTheUndoneAgain) {
  MemoryStore store(1000, 0);
  for (int i = 1; i <= 4; ++i)
    store.append(record(i));
  ASSERT_TRUE(store.commit());
  take(store, 3);
  static_cast<Backlog&>(store).done(2);
  store.rewind();
  EXPECT_EQ(take(store), (Seqs{3, 4}));
}

TEST(MemoryStore, WhenFullNothingMoreIsAcceptedUntilThereIsRoom) {
  MemoryStore store(300, 0);
  for (int i = 1; i <= 4; ++i)
    store.append(record(i));
  EXPECT_EQ(store.commit().trouble, Trouble::full);
  EXPECT_FALSE(store.next());
  EXPECT_EQ(store.pending_records(), 4U);
}

TEST(MemoryStore, AcknowledgementsMakeRoom) {
  MemoryStore store(300, 0);
  for (int i = 1; i <= 3; ++i)
    store.append(record(i));
  ASSERT_TRUE(store.commit());
  take(store);
  store.append(record(4));
  EXPECT_EQ(store.commit().trouble, Trouble::full);
  static_cast<Backlog&>(store).done(1);
  EXPECT_TRUE(store.commit());
  EXPECT_EQ(take(store), Seqs{4});
}

TEST(MemoryStore, DroppingTheNewestKeepsWhatWasThere) {
  MemoryStore store(300, 0);
  for (int i = 1; i <= 2; ++i)
    store.append(record(i));
  ASSERT_TRUE(store.commit());
  for (int i = 3; i <= 6; ++i)
    store.append(record(i));
  EXPECT_EQ(store.drop_newest(), 3U);
  EXPECT_EQ(store.pending_records(), 0U);
  EXPECT_EQ(take(store), (Seqs{1, 2, 3}));
  EXPECT_EQ(counter(store, "droppedFull"), 3U);
}

TEST(MemoryStore, DroppingTheOldestCountsOnlyWhatNobodyGot) {
  MemoryStore store(300, 0);
  for (int i = 1; i <= 3; ++i)
    store.append(record(i));
  ASSERT_TRUE(store.commit());
  take(store, 1);
  store.append(record(4));
  store.append(record(5));
  EXPECT_EQ(store.drop_oldest(), 2U);  // 1 is out, 2 and 3 are gone for good
  ASSERT_TRUE(store.commit());
  EXPECT_EQ(take(store), (Seqs{4, 5}));
  static_cast<Backlog&>(store).done(1);
  store.rewind();
  EXPECT_EQ(counter(store, "droppedFull"), 2U);
  EXPECT_EQ(take(store), (Seqs{4, 5}));
}

TEST(MemoryStore, WhatWasOutWhenItWasDroppedIsCountedOnceItsConsumerIsGone) {
  MemoryStore store(300, 0);
  for (int i = 1; i <= 3; ++i)
    store.append(record(i));
  ASSERT_TRUE(store.commit());
  take(store);
  for (int i = 4; i <= 5; ++i)
    store.append(record(i));
  EXPECT_EQ(store.drop_oldest(), 0U);
  EXPECT_EQ(counter(store, "droppedFull"), 0U);  // they may still be acknowledged
  static_cast<Backlog&>(store).done(1);
  store.rewind();
  EXPECT_EQ(counter(store, "droppedFull"), 2U);
  EXPECT_EQ(store.take_late_drops(), 2U);
  store.rewind();
  EXPECT_EQ(counter(store, "droppedFull"), 2U);
  EXPECT_EQ(store.take_late_drops(), 0U);
}

TEST(MemoryStore, FetchesWhatIsUndoneForADeadLetter) {
  MemoryStore store(1000, 0);
  store.append(record(1));
  store.append(record(2));
  ASSERT_TRUE(store.commit());
  take(store);
  static_cast<Backlog&>(store).done(1);
  EXPECT_FALSE(store.fetch(1));
  EXPECT_EQ(store.fetch(2), record(2));
  EXPECT_FALSE(store.fetch(3));
}

}  // namespace
}  // namespace tbgw::spool
