// SPDX-License-Identifier: Apache-2.0
// A position that jumps forward by damage would lose records; one that cannot be stored, or that
// two processes store, would repeat or lose them.
#include "spool/cursor.hpp"

#include <cerrno>
#include <random>

#include "core/status.hpp"
#include "faulty_disk.hpp"
#include "scratch.hpp"

namespace tbgw::spool::test {
namespace {

using Call = FaultyDisk::Call;

class CursorTest : public testing::Test {
 protected:
  CursorTest() : directory_(Directory::create(scratch_ / "q")) {}
  [[nodiscard]] CursorState stored() const {
    const auto all = list_cursors(directory_);
    return all.size() == 1 ? all[0] : CursorState{};
  }
  [[nodiscard]] std::string file() const { return scratch_ / "q/cursor.main"; }

  Scratch scratch_;
  Directory directory_;
};

TEST_F(CursorTest, IsMadeWithBothSlotsAndKeepsWhatItIsTold) {
  {
    Cursor cursor(directory_, "main", 41);
    EXPECT_TRUE(cursor.was_created());
    EXPECT_EQ(cursor.position(), 41U);
    EXPECT_EQ(stored().valid_slots, 2);
    EXPECT_EQ(read_bytes(file()).size(), kCursorFile);
    for (std::uint64_t position = 42; position < 50; ++position) {
      ASSERT_TRUE(cursor.store(position));
      EXPECT_EQ(stored().position, position);
      EXPECT_EQ(stored().valid_slots, 2);
    }
  }
  const Cursor again(directory_, "main", 0);
  EXPECT_FALSE(again.was_created());
  EXPECT_FALSE(again.was_damaged());
  EXPECT_EQ(again.position(), 49U);
  EXPECT_EQ(read_bytes(file()).size(), kCursorFile);
}

TEST_F(CursorTest, TwoOwnersAreRefused) {
  const Cursor cursor(directory_, "main", 0);
  try {
    Cursor second(directory_, "main", 0);
    FAIL();
  } catch (const Fatal& refused) {
    EXPECT_EQ(refused.status, Status::try_again);
    EXPECT_NE(std::string{refused.what()}.find("'main'"), std::string::npos);
  }
  const Cursor other(directory_, "other", 0);
  EXPECT_EQ(list_cursors(directory_).size(), 2U);
}

TEST_F(CursorTest, NamesThatLeaveTheFolderAreRefused) {
  for (const char* name : {"", ".", "..", "a/b", ".hidden", "a b", "main.tmp", "ü"}) {
    EXPECT_FALSE(valid_cursor_name(name)) << name;
    EXPECT_THROW(Cursor(directory_, name, 0), Fatal) << name;
  }
  EXPECT_TRUE(valid_cursor_name("tb.example-2_b"));
}

TEST_F(CursorTest, AnyBitOfASlotCostsThatSlotOnly) {
  Cursor cursor(directory_, "main", 0);
  for (std::uint64_t position = 1; position <= 9; ++position)
    ASSERT_TRUE(cursor.store(position));
  const std::string good = read_bytes(file());
  const std::size_t newest = parse_cursor(directory_.identity(), good).generation % 2;
  for (std::size_t slot = 0; slot < 2; ++slot) {
    for (std::size_t at = 0; at < 43; ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string bytes = good;
        char& hit = bytes[slot * kCursorSlot + at];
        hit = static_cast<char>(hit ^ (1 << bit));
        const CursorState state = parse_cursor(directory_.identity(), bytes);
        ASSERT_EQ(state.valid_slots, 1) << slot << " " << at << " " << bit;
        ASSERT_EQ(state.position, slot == newest ? 8U : 9U);
      }
    }
  }
}

TEST_F(CursorTest, ATruncatedFileFallsBackNeverForward) {
  Cursor cursor(directory_, "main", 0);
  for (std::uint64_t position = 1; position <= 9; ++position)
    ASSERT_TRUE(cursor.store(position));
  const std::string good = read_bytes(file());
  for (const std::size_t size : {0U, 1U, 42U, 43U, 4096U, 4097U, 4138U, 4139U, 8191U}) {
    const CursorState state = parse_cursor(directory_.identity(), good.substr(0, size));
    EXPECT_LE(state.position, 9U);
    EXPECT_EQ(state.valid_slots, size < 43 ? 0 : size < 4139 ? 1 : 2) << size;
  }
}

TEST_F(CursorTest, SlotsOfAnotherSpoolOrInTheWrongPlaceAreNone) {
  const Identity other = Identity::random();
  std::string bytes(kCursorFile, '\0');
  bytes.replace(0, 43, cursor_slot(other, 2, 1000));
  EXPECT_EQ(parse_cursor(directory_.identity(), bytes).valid_slots, 0);
  bytes.replace(0, 43, cursor_slot(directory_.identity(), 3, 1000));
  EXPECT_EQ(parse_cursor(directory_.identity(), bytes).valid_slots, 0);
}

TEST_F(CursorTest, WithoutAValidSlotEverythingIsSentAgainAndTheFileIsMended) {
  { Cursor cursor(directory_, "main", 77); }
  write_bytes(file(), std::string(kCursorFile, 'x'));
  {
    Cursor cursor(directory_, "main", 5);
    EXPECT_TRUE(cursor.was_damaged());
    EXPECT_EQ(cursor.position(), 0U);
    EXPECT_EQ(stored().valid_slots, 2);
  }
  write_bytes(file(), "");
  Cursor cursor(directory_, "main", 5);
  EXPECT_TRUE(cursor.was_damaged());
  ASSERT_TRUE(cursor.store(3));
  EXPECT_EQ(stored().position, 3U);
}

TEST_F(CursorTest, StoreWritesTheOlderSlotOnlyAndSyncsOnce) {
  Cursor cursor(directory_, "main", 0);
  FaultyDisk disk(scratch_.path());
  const std::string before = read_bytes(file());
  ASSERT_TRUE(cursor.store(1));
  ASSERT_EQ(disk.events.size(), 2U);
  EXPECT_EQ(disk.events[0].call, Call::write);
  EXPECT_EQ(disk.events[1].call, Call::sync);
  const std::string after = read_bytes(file());
  EXPECT_NE(before.substr(0, kCursorSlot), after.substr(0, kCursorSlot));
  EXPECT_EQ(before.substr(kCursorSlot), after.substr(kCursorSlot));
}

TEST_F(CursorTest, AFailedStoreKeepsTheOldPositionAndNeverTouchesItsSlot) {
  Cursor cursor(directory_, "main", 0);
  ASSERT_TRUE(cursor.store(7));
  FaultyDisk disk(scratch_.path());
  disk.fail = [](Call call, const std::string&) { return call == Call::sync ? EIO : 0; };
  for (std::uint64_t position = 8; position < 12; ++position) {
    EXPECT_EQ(cursor.store(position).trouble, Trouble::broken);
    EXPECT_EQ(cursor.position(), 7U);
  }
  // Whatever became of the slot it tried, the position before is still there.
  std::string bytes = read_bytes(file());
  bytes.replace(0, kCursorSlot, kCursorSlot, 'x');
  std::string other = read_bytes(file());
  other.replace(kCursorSlot, kCursorSlot, kCursorSlot, 'x');
  EXPECT_TRUE(parse_cursor(directory_.identity(), bytes).position == 7 ||
              parse_cursor(directory_.identity(), other).position == 7);
  disk.fail = nullptr;
  ASSERT_TRUE(cursor.store(12));
  EXPECT_EQ(stored().position, 12U);
}

TEST_F(CursorTest, APowerCutLeavesThisPositionOrTheOneBefore) {
  std::mt19937 random{3};
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t base = stored().position;
    auto cursor = std::make_unique<Cursor>(directory_, "main", 0);
    FaultyDisk disk(scratch_.path());
    disk.lying_sync = round % 2 == 0;
    ASSERT_TRUE(cursor->store(base + 1));
    cursor.reset();
    disk.power_cut(random);
    const std::uint64_t left = stored().position;
    const bool kept = left == base + 1;
    ASSERT_TRUE(kept || (disk.lying_sync && left == base)) << left << " after " << base;
  }
}

TEST_F(CursorTest, AFullDiskAtCreationLeavesNothing) {
  FaultyDisk disk(scratch_.path());
  disk.room = 5000;
  EXPECT_THROW(Cursor(directory_, "main", 0), Fatal);
  for (const std::string& name : directory_.entries())
    EXPECT_EQ(name.find("cursor"), name.npos);
  disk.room = SIZE_MAX;
  Cursor cursor(directory_, "main", 0);
  disk.fail = [](Call call, const std::string&) { return call == Call::create ? ENOSPC : 0; };
  EXPECT_TRUE(cursor.store(1)) << "a position needs no new space";
}

TEST_F(CursorTest, RemoveFreesTheName) {
  Cursor cursor(directory_, "main", 3);
  ASSERT_TRUE(cursor.remove());
  EXPECT_TRUE(list_cursors(directory_).empty());
  const Cursor again(directory_, "main", 9);
  EXPECT_TRUE(again.was_created());
  EXPECT_EQ(again.position(), 9U);
}

}  // namespace
}  // namespace tbgw::spool::test
