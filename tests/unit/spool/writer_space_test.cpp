// SPDX-License-Identifier: Apache-2.0
// What a writer of a spool may get wrong about its room: a segment removed too early or never, a
// bound that does not hold, drops that are not counted.
#include <cerrno>
#include <utility>

#include "faulty_disk.hpp"
#include "scratch.hpp"
#include "spool/cursor.hpp"
#include "spool/writer.hpp"

namespace tbgw::spool::test {
namespace {

using Call = FaultyDisk::Call;

TEST(Writer, ShortOfSpaceSegmentsAreNotFilled) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  disk.free_bytes = 4096;  // less than a segment, more than a record
  put(*writer, 1);
  EXPECT_LT(read_bytes(segment_files(scratch / "q").front()).size(), 400U);
}

TEST(Writer, MinFreeIsKeptFree) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  WriterOptions options = small_segments();
  options.min_free = std::uint64_t{1} << 20;
  auto writer = open_writer(scratch / "q", options);
  disk.free_bytes = options.min_free - 4096;
  writer->append(payload(1));
  const Outcome full = writer->commit();
  EXPECT_EQ(full.trouble, Trouble::full);
  EXPECT_NE(full.text.find("--min-free"), std::string::npos);
  EXPECT_TRUE(segment_files(scratch / "q").empty());
  disk.free_bytes = options.min_free + 4096;  // room for a record, no segment
  ASSERT_TRUE(writer->commit());
  disk.free_bytes = options.min_free - 4096;
  writer->append(payload(2));
  EXPECT_EQ(writer->commit().trouble, Trouble::full) << "a growing segment minds it too";
}

TEST(Writer, MaxBytesHoldsToTheByteAndDropOldestMakesRoom) {
  const Scratch scratch;
  WriterOptions options = small_segments();
  options.max_bytes = 6 * kLeastSegmentBytes;
  auto writer = open_writer(scratch / "q", options);
  std::uint64_t dropped = 0;
  for (int i = 0; i < 2000; ++i) {
    writer->append(payload(writer->last() + 1, 100));
    Outcome done = writer->commit();
    if (done.trouble == Trouble::full) {
      EXPECT_NE(done.text.find("--max-bytes"), std::string::npos);
      const auto count = writer->drop_oldest(0);
      ASSERT_TRUE(count);
      dropped += *count;
      done = writer->commit();
    }
    ASSERT_TRUE(done) << done.text;
    ASSERT_LE(writer->bytes(), options.max_bytes);
  }
  EXPECT_EQ(writer->counters().dropped, dropped);
  const Seen seen = read_all(scratch / "q");
  EXPECT_EQ(seen.records.size() + dropped, 2000U);
  EXPECT_EQ(seen.records.begin()->first, dropped + 1);
  writer.reset();
  EXPECT_EQ(open_writer(scratch / "q", options)->counters().dropped, dropped)
      << "the count survives";
}

TEST(Writer, OnlyRecordsNotDoneCountAsDropped) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  put(*writer, 300, 100);
  const std::uint64_t last = writer->segments()[1].name.first - 1;
  EXPECT_EQ(writer->drop_oldest(last - 5), 5U);
  EXPECT_EQ(writer->drop_oldest(1'000'000), 0U);
}

TEST(Writer, TheLastSegmentCanBeDroppedTooAndNumbersGoOn) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  put(*writer, 5);
  EXPECT_EQ(writer->drop_oldest(2), 3U);
  EXPECT_EQ(writer->drop_oldest(0), std::nullopt);
  EXPECT_EQ(writer->append(payload(6)), 6U);
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(read_all(scratch / "q").records.begin()->first, 6U);
}

TEST(Writer, SegmentsGoOnlyPastEveryCursorAndAfterTheirPositionsWereSynced) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  put(*writer, 300, 100);
  EXPECT_EQ(writer->remove_done(), 0U) << "no cursor, nobody is done";
  Cursor one(writer->directory(), "one", 0);
  Cursor two(writer->directory(), "two", 0);
  ASSERT_TRUE(one.store(300));
  EXPECT_EQ(writer->remove_done(), 0U);
  const std::uint64_t second_last = writer->segments()[2].name.first - 1;
  ASSERT_TRUE(two.store(second_last - 1));
  disk.events.clear();
  EXPECT_EQ(writer->remove_done(), 1U);
  ASSERT_GE(disk.events.size(), 3U);
  std::size_t synced = 0;
  for (const FaultyDisk::Event& event : disk.events) {
    if (event.call == Call::sync) ++synced;
    if (event.call != Call::unlink) continue;
    EXPECT_EQ(synced, 2U) << "unlinked before both were durable";
  }
  ASSERT_TRUE(two.store(300));
  writer->remove_done();
  EXPECT_EQ(segment_files(scratch / "q").size(), 1U) << "the one being written stays";
}

TEST(Writer, ACursorThatCannotBeSyncedKeepsTheSegments) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  put(*writer, 300, 100);
  Cursor cursor(writer->directory(), "main", 0);
  ASSERT_TRUE(cursor.store(300));
  disk.fail = [](Call call, const std::string& path) {
    return call == Call::sync && path.find("cursor.") != std::string::npos ? EIO : 0;
  };
  EXPECT_EQ(writer->remove_done(), 0U);
  disk.fail = nullptr;
  EXPECT_GT(writer->remove_done(), 0U);
}

TEST(Writer, AFailedSegmentGoesOnceItsRewriteIsReached) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  Cursor cursor(writer->directory(), "main", 0);
  put(*writer, 2);
  disk.fail = [first = true](Call call, const std::string& path) mutable {
    return call == Call::sync && path.find(".log") != std::string::npos &&
                   std::exchange(first, false)
               ? EIO
               : 0;
  };
  writer->append(payload(3));
  EXPECT_FALSE(writer->commit());
  ASSERT_TRUE(writer->commit());
  put(*writer, 300, 100);
  ASSERT_EQ(writer->segments()[1].name, (SegmentName{3, 1}));
  ASSERT_TRUE(cursor.store(1));
  EXPECT_EQ(writer->remove_done(), 0U);
  ASSERT_TRUE(cursor.store(2));
  EXPECT_EQ(writer->remove_done(), 1U);
  ASSERT_TRUE(cursor.store(writer->last_of(0)));
  EXPECT_EQ(writer->remove_done(), 1U);
}

TEST(Writer, RemovedByHandIsNoticedAndNothingNewIsLost) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  put(*writer, 3);
  for (const std::string& file : segment_files(scratch / "q"))
    std::filesystem::remove(file);
  put(*writer, 2);
  const Seen seen = read_all(scratch / "q");
  EXPECT_EQ(seen.records.size(), 2U);
  EXPECT_EQ(seen.records.begin()->first, 4U);
}

TEST(Writer, DiscardedRecordsNeverTouchTheDiskAndAreNotMissing) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  put(*writer, 2);
  for (std::uint64_t n = 3; n <= 8; ++n)
    writer->append(payload(n));
  EXPECT_EQ(writer->pending(7), payload(7));
  EXPECT_EQ(writer->discard(4), 2U);
  EXPECT_EQ(writer->discard(6), 2U);
  EXPECT_EQ(writer->pending(4), std::nullopt);
  EXPECT_EQ(writer->pending(7), payload(7));
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(writer->discard(8), 0U);
  const Seen seen = read_all(scratch / "q");
  EXPECT_EQ(seen.records.size(), 4U);
  EXPECT_EQ(seen.records.count(6), 0U);
  EXPECT_EQ(seen.records.at(7), payload(7));
  ASSERT_EQ(seen.gaps.size(), 1U);
  EXPECT_EQ(seen.gaps[0].cause, Reader::Cause::noted);
  EXPECT_EQ(seen.gaps[0].first, 3U);
  EXPECT_EQ(seen.gaps[0].last, 6U);
}

TEST(Writer, ReadOnlyIsRefusedAndGoesOnWhenItIsOver) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  put(*writer, 2);
  disk.fail = [](Call, const std::string&) { return EROFS; };
  writer->append(payload(3));
  EXPECT_EQ(writer->commit().trouble, Trouble::refused);
  EXPECT_EQ(writer->commit().trouble, Trouble::refused);
  disk.fail = nullptr;
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(read_all(scratch / "q").records.size(), 3U);
}

}  // namespace
}  // namespace tbgw::spool::test
