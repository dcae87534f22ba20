// SPDX-License-Identifier: Apache-2.0
// A new writer that gives a number twice, appends to what another began, is stopped by damage, or
// forgets what was counted.
#include "spool/recovery.hpp"

#include <algorithm>
#include <cerrno>

#include "core/status.hpp"
#include "faulty_disk.hpp"
#include "scratch.hpp"
#include "spool/cursor.hpp"
#include "spool/dead_letters.hpp"

namespace tbgw::spool::test {
namespace {

class RecoveryTest : public testing::Test {
 protected:
  [[nodiscard]] std::string spool() const { return scratch_ / "q"; }
  void fill(int count) {
    auto writer = open_writer(spool());
    put(*writer, count);
  }
  std::uint64_t next_number() { return open_writer(spool())->last() + 1; }

  Scratch scratch_;
};

TEST_F(RecoveryTest, NumbersGoOnAndANewSegmentIsBegun) {
  fill(5);
  const std::string old = segment_files(spool()).front();
  const std::string before = read_bytes(old);
  fill(3);
  EXPECT_EQ(read_bytes(old), before) << "appended to another run's segment";
  EXPECT_EQ(segment_files(spool()).size(), 2U);
  EXPECT_EQ(read_all(spool()).records.rbegin()->first, 8U);
}

TEST_F(RecoveryTest, NumbersGoOnAfterACursorThatIsAheadOfTheDisk) {
  fill(5);
  { Cursor ahead(Directory::open(spool()), "main", 20); }
  EXPECT_EQ(next_number(), 21U);
}

TEST_F(RecoveryTest, NumbersGoOnAfterADeadLetterThatIsAheadOfTheDisk) {
  fill(5);
  {
    DeadLetters dead(spool(), "main", true);
    DeadLetter letter;
    letter.seq = 30;
    ASSERT_TRUE(dead.file(letter));
    letter.seq.reset();
    ASSERT_TRUE(dead.file(letter));
  }
  {
    DeadLetters dead(spool(), "b", true);
    DeadLetter letter;
    letter.seq = 40;
    ASSERT_TRUE(dead.file(letter));
  }
  EXPECT_EQ(next_number(), 41U);
  std::filesystem::remove_all(spool() + "/dead.b");
  EXPECT_EQ(next_number(), 31U);
}

TEST_F(RecoveryTest, NumbersGoOnWhenAllSegmentsAreGone) {
  fill(5);
  { Cursor done(Directory::open(spool()), "main", 5); }
  for (const std::string& file : segment_files(spool()))
    std::filesystem::remove(file);
  EXPECT_EQ(next_number(), 6U);
}

TEST_F(RecoveryTest, SegmentsThatHoldNothingGoButTheirNumbersStay) {
  fill(5);
  write_bytes(spool() + "/" + SegmentName{100, 0}.text(), std::string(8192, '\0'));
  write_bytes(spool() + "/" + SegmentName{90, 0}.text(), "");
  for (int start = 0; start < 3; ++start) {  // also if nothing is written in between
    auto writer = open_writer(spool());
    EXPECT_EQ(writer->last() + 1, 100U);
    EXPECT_EQ(segment_files(spool()).size(), 2U);
  }
  fill(1);
  EXPECT_EQ(read_all(spool()).records.count(100), 1U);
  fill(1);
  EXPECT_EQ(segment_files(spool()).size(), 3U) << "the empty one is not needed any more";
}

TEST_F(RecoveryTest, NumbersGoOnAfterEverythingWasDropped) {
  {
    auto writer = open_writer(spool());
    put(*writer, 5);
    EXPECT_EQ(writer->drop_oldest(0), 5U);
    EXPECT_EQ(writer->drop_oldest(0), std::nullopt);
  }
  EXPECT_EQ(next_number(), 6U);
  EXPECT_EQ(next_number(), 6U);
  fill(1);
  EXPECT_EQ(read_all(spool()).records.count(6), 1U);
}

TEST_F(RecoveryTest, ATornTailIsLeftAndItsUnusedSpaceGivenBack) {
  fill(5);
  const std::string file = segment_files(spool()).front();
  const std::string good = read_bytes(file);
  write_bytes(file, good.substr(0, good.size() - 10) + std::string(4000, '\0'));
  EXPECT_EQ(next_number(), 5U) << "a torn record was never accepted";
  EXPECT_EQ(read_bytes(file).size(), good.size() - 10);
  fill(1);
  const Seen seen = read_all(spool());
  EXPECT_EQ(seen.records.size(), 5U);
  EXPECT_EQ(seen.damage.size(), 1U);
  EXPECT_TRUE(seen.gaps.empty());
}

TEST_F(RecoveryTest, TheNumberOfABrokenLastRecordIsNotUsedAgain) {
  fill(5);
  const std::string file = segment_files(spool()).front();
  std::string bytes = read_bytes(file);
  bytes[bytes.size() - 5] ^= 1;
  write_bytes(file, bytes);
  EXPECT_EQ(next_number(), 6U) << "a reader may have had 5 before it broke";
}

TEST_F(RecoveryTest, ASegmentOfDamageOnlyIsKeptForTheReportAndNotOverwritten) {
  fill(5);
  const std::string file = segment_files(spool()).front();
  write_bytes(file, std::string(300, 'x'));
  auto writer = open_writer(spool());
  put(*writer, 1);
  EXPECT_EQ(read_bytes(file), std::string(300, 'x'));
  const Seen seen = read_all(spool());
  EXPECT_EQ(seen.damage.size(), 1U);
  EXPECT_EQ(seen.records.size(), 1U);
}

// 421.log was read to its end before its sync failed; the rewrite was cut short by a crash. The
// numbers behind the rewrite's end are taken all the same.
TEST_F(RecoveryTest, ARewriteThatEndsEarlyDoesNotGiveNumbersFree) {
  FaultyDisk disk(scratch_.path());
  {
    auto writer = open_writer(spool());
    put(*writer, 3);
    disk.fail = [](FaultyDisk::Call call, const std::string&) {
      return call == FaultyDisk::Call::sync ? EIO : 0;
    };
    for (int i = 0; i < 5; ++i)
      writer->append(payload(writer->last() + 1));
    EXPECT_FALSE(writer->commit());
    disk.fail = nullptr;
    disk.room = kLeastSegmentBytes + 2 * 58 + 20;  // the rewrite, filled, and two records
    EXPECT_FALSE(writer->commit());
    disk.room = SIZE_MAX;
    disk.dead = true;
  }
  disk.dead = false;
  const auto files = segment_files(spool());
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(read_all(spool()).records.size(), 5U) << "the rewrite counts, and was not accepted";
  EXPECT_EQ(next_number(), 9U);
  // Also when the failed segment is removed, which the rewrite replaces.
  {
    auto writer = open_writer(spool());
    Cursor cursor(writer->directory(), "main", 3);
    EXPECT_GE(writer->remove_done(), 1U);
  }
  EXPECT_EQ(next_number(), 9U);
}

TEST_F(RecoveryTest, ASpoolThatIsFullAndEndedInTroubleIsNotStuck) {
  FaultyDisk disk(scratch_.path());
  {
    auto writer = open_writer(spool());
    put(*writer, 600);
    disk.fail = [](FaultyDisk::Call call, const std::string&) {
      return call == FaultyDisk::Call::sync ? EIO : 0;
    };
    for (int i = 0; i < 5; ++i)
      writer->append(payload(writer->last() + 1));
    EXPECT_FALSE(writer->commit());
    disk.fail = nullptr;
    disk.room = kLeastSegmentBytes + 2 * 58 + 20;
    EXPECT_FALSE(writer->commit());
    disk.room = SIZE_MAX;
    disk.dead = true;
  }
  disk.dead = false;
  WriterOptions options = small_segments();
  options.max_bytes = 4 * kLeastSegmentBytes;
  auto writer = open_writer(spool(), options);
  ASSERT_EQ(writer->last(), 605U);
  ASSERT_GT(writer->bytes(), options.max_bytes) << "or nothing is tested";
  EXPECT_EQ(writer->append(payload(606)), 606U);
  int dropped = 0;
  while (!writer->commit()) {
    ASSERT_TRUE(writer->drop_oldest(0));
    ASSERT_LT(++dropped, 10);
  }
  EXPECT_GE(dropped, 1);
  EXPECT_EQ(writer->accepted(), 606U);
}

TEST_F(RecoveryTest, ADamagedOrMissingFormatFileIsMendedFromTheSegments) {
  fill(5);
  const std::string format = spool() + "/FORMAT";
  const std::string good = read_bytes(format);
  for (const std::string& bad :
       {std::string{"tbgw-spool 2"}, std::string{}, good.substr(1), std::string(54, '\0')}) {
    write_bytes(format, bad);
    EXPECT_EQ(read_all(spool()).records.size(), 5U) << "readers need no mending";
    auto writer = open_writer(spool());
    EXPECT_EQ(writer->notices().size(), 1U);
    EXPECT_EQ(writer->last(), 5U);
    EXPECT_EQ(read_bytes(format), good);
  }
  std::filesystem::remove(format);
  EXPECT_EQ(read_all(spool()).records.size(), 5U);
  fill(1);
  EXPECT_EQ(read_all(spool()).records.size(), 6U);
}

TEST_F(RecoveryTest, ANewerFormatIsRefusedNotMended) {
  fill(1);
  const std::string format = spool() + "/FORMAT";
  std::string line = "tbgw-spool 2 " + std::string(32, 'a');
  std::string with_crc = line + " ";
  append_hex(with_crc, Identity(line).seed, 8);
  write_bytes(format, with_crc + "\n");
  try {
    open_writer(spool());
    FAIL();
  } catch (const Fatal& refused) {
    EXPECT_EQ(refused.status, Status::config);
    EXPECT_NE(std::string{refused.what()}.find("format 2"), std::string::npos);
  }
}

TEST_F(RecoveryTest, WithoutAnyIdentityTheSpoolStartsAndTheOldBytesAreReported) {
  fill(5);
  write_bytes(spool() + "/FORMAT", "?");
  const std::string file = segment_files(spool()).front();
  std::string bytes = read_bytes(file);
  bytes[30] ^= 1;  // in the header
  write_bytes(file, bytes);
  auto writer = open_writer(spool());
  EXPECT_GE(writer->last(), 5U);
  writer->append(payload(1));
  ASSERT_TRUE(writer->commit());
  const Seen seen = read_all(spool());
  EXPECT_EQ(seen.records.size(), 1U);
  EXPECT_EQ(seen.damage.size(), 1U);
}

TEST_F(RecoveryTest, AnUnreadableSegmentStopsNothing) {
  fill(5);
  const std::string file = segment_files(spool()).front();
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);  // reading it fails, for root too
  auto writer = open_writer(spool());
  EXPECT_EQ(writer->notices().size(), 1U);
  put(*writer, 1);
  const Seen seen = read_all(spool());
  EXPECT_EQ(seen.records.size(), 1U);
}

TEST_F(RecoveryTest, CountersSurviveAnOrderlyEndAndTheLossOfSegments) {
  {
    auto writer = open_writer(spool());
    put(*writer, 3);
    writer->count_dropped(7);
    writer->count_damaged(2);
  }
  {
    auto writer = open_writer(spool());
    EXPECT_EQ(writer->counters().dropped, 7U);
    EXPECT_EQ(writer->counters().damaged, 2U);
    Cursor done(writer->directory(), "main", 3);
    EXPECT_EQ(writer->remove_done(), 1U);
    put(*writer, 1);
  }
  EXPECT_EQ(open_writer(spool())->counters().dropped, 7U);
}

TEST_F(RecoveryTest, MemoryAndTimeDoNotGrowWithTheBacklog) {
  {
    WriterOptions options = small_segments();
    options.sync = false;
    auto writer = open_writer(spool(), options);
    for (int i = 0; i < 200; ++i)
      put(*writer, 100, 100);
    ASSERT_GT(writer->segments().size(), 100U);
  }
  // Only the newest segment is opened for reading: spoil all others, and nothing is noticed.
  auto files = segment_files(spool());
  for (std::size_t i = 0; i + 1 < files.size(); ++i)
    write_bytes(files[i], "x");
  EXPECT_EQ(open_writer(spool())->last(), 20'000U);
}

}  // namespace
}  // namespace tbgw::spool::test
