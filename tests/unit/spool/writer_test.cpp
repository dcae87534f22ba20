// SPDX-License-Identifier: Apache-2.0
// What a writer of a spool may get wrong: accepted too early, a number given twice, a sync tried
// twice, a full or failing disk.
#include "spool/writer.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "core/status.hpp"
#include "faulty_disk.hpp"
#include "scratch.hpp"
#include "spool/cursor.hpp"

namespace tbgw::spool::test {
namespace {

using Call = FaultyDisk::Call;

TEST(Writer, RecordsComeBackInOrderWithTheirNumbers) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  EXPECT_EQ(writer->append("{\"a\":1}"), 1U);
  EXPECT_EQ(writer->append("{}"), 2U);
  EXPECT_EQ(writer->accepted(), 0U);
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(writer->accepted(), 2U);
  const Seen seen = read_all(scratch / "q");
  EXPECT_EQ(seen.records, (std::map<std::uint64_t, std::string>{{1, "{\"a\":1}"}, {2, "{}"}}));
  EXPECT_TRUE(seen.damage.empty());
  EXPECT_TRUE(seen.gaps.empty());
}

TEST(Writer, NothingIsMadeOnDiskBeforeTheFirstRecord) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  ASSERT_TRUE(writer->commit());
  EXPECT_TRUE(segment_files(scratch / "q").empty());
}

TEST(Writer, FilesAndFolderAreForTheirOwnerOnly) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  put(*writer, 1);
  struct stat info {};
  ASSERT_EQ(::stat((scratch / "q").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
  for (const auto& entry : std::filesystem::directory_iterator(scratch / "q")) {
    ASSERT_EQ(::stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << entry.path();
  }
}

TEST(Writer, ASecondWriterIsRefusedAndTheFirstNamed) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  try {
    open_writer(scratch / "q");
    FAIL() << "two writers";
  } catch (const Fatal& refused) {
    EXPECT_EQ(refused.status, Status::try_again);
    EXPECT_NE(std::string{refused.what()}.find("process " + std::to_string(::getpid())),
              std::string::npos)
        << refused.what();
  }
  writer.reset();
  EXPECT_NO_THROW(open_writer(scratch / "q"));
}

TEST(Writer, AFolderOfOtherFilesIsNotTakenForASpool) {
  const Scratch scratch;
  write_bytes(scratch / "letter.txt", "Dear Sir");
  try {
    open_writer(scratch.path());
    FAIL() << "took it";
  } catch (const Fatal& refused) {
    EXPECT_EQ(refused.status, Status::config);
    EXPECT_NE(std::string{refused.what()}.find("letter.txt"), std::string::npos);
  }
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(scratch.path()), {}), 1);
}

TEST(Writer, SegmentsRollAndKeepWholeRecords) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  put(*writer, 500, 100);
  const auto files = segment_files(scratch / "q");
  EXPECT_GT(files.size(), 5U);
  for (const std::string& file : files)
    EXPECT_LE(read_bytes(file).size(), kLeastSegmentBytes);
  EXPECT_EQ(read_all(scratch / "q").records.size(), 500U);
  // What the writer knows of them agrees with the files.
  ASSERT_EQ(writer->segments().size(), files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    EXPECT_EQ(writer->segments()[i].bytes, read_bytes(files[i]).size());
  }
  EXPECT_EQ(writer->first(), 1U);
  EXPECT_EQ(writer->last_of(files.size() - 1), 500U);
}

TEST(Writer, ARecordLongerThanASegmentGetsOneToItself) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  put(*writer, 3);
  put(*writer, 1, 200'000);
  put(*writer, 3);
  const Seen seen = read_all(scratch / "q");
  EXPECT_EQ(seen.records.size(), 7U);
  EXPECT_EQ(seen.records.at(4), payload(4, 200'000));
  EXPECT_TRUE(seen.damage.empty());
  EXPECT_TRUE(seen.gaps.empty());
}

TEST(Writer, AFilledSegmentKeepsItsSizeWhileItIsWritten) {
  const Scratch scratch;
  auto writer = open_writer(scratch / "q");
  put(*writer, 1);
  const std::string file = segment_files(scratch / "q").front();
  EXPECT_EQ(read_bytes(file).size(), kLeastSegmentBytes);
  put(*writer, 5);
  EXPECT_EQ(read_bytes(file).size(), kLeastSegmentBytes);
  writer.reset();
  EXPECT_LT(read_bytes(file).size(), 600U) << "an orderly end gives the unused space back";
}

TEST(Writer, LargeCommitsAreNotWrittenTwice) {
  const Scratch scratch;
  WriterOptions options;
  options.min_free = 0;
  auto writer = open_writer(scratch / "q", options);
  for (int i = 0; i < 30; ++i)
    put(*writer, 1000, 200);
  ASSERT_GT(writer->segments().size(), 3U);
  // The first is filled, as nobody knows yet; the last grows.
  EXPECT_LT(writer->segments().back().bytes, kSegmentBytes / 2 + 300'000);
  EXPECT_EQ(read_all(scratch / "q").records.size(), 30'000U);
}

TEST(Writer, IsAcceptedOnlyAfterTheSync) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  writer->append(payload(1));
  ASSERT_TRUE(writer->write());
  EXPECT_EQ(writer->written(), 1U);
  EXPECT_EQ(writer->accepted(), 0U);
  EXPECT_EQ(writer->pending_records(), 1U);
  const std::size_t before = disk.count(Call::sync);
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(disk.count(Call::sync), before + 1);
  EXPECT_EQ(writer->accepted(), 1U);
  EXPECT_EQ(writer->pending_records(), 0U);
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(disk.count(Call::sync), before + 1) << "nothing to do";
}

TEST(Writer, SyncNoneNeverSyncs) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  WriterOptions options = small_segments();
  options.sync = false;
  auto writer = open_writer(scratch / "q", options);
  const std::size_t before = disk.count(Call::sync);
  put(*writer, 500, 100);
  EXPECT_EQ(disk.count(Call::sync), before);
  EXPECT_EQ(writer->accepted(), 500U);
  EXPECT_EQ(read_all(scratch / "q").records.size(), 500U);
}

TEST(Writer, AFailedSyncIsNeverTriedAgainOnTheSameSegment) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  put(*writer, 3);
  const std::string bad = std::filesystem::canonical(segment_files(scratch / "q").front());
  int tries = 0;
  writer->append(payload(4));
  writer->append(payload(5));
  disk.fail = [&](Call call, const std::string& path) {
    if (call != Call::sync || path != bad) return 0;
    ++tries;
    return EIO;
  };
  const Outcome failed = writer->commit();
  EXPECT_EQ(failed.trouble, Trouble::broken);
  EXPECT_NE(failed.text.find(bad.substr(bad.rfind('/'))), std::string::npos) << failed.text;
  EXPECT_EQ(writer->accepted(), 3U);
  EXPECT_EQ(writer->pending_records(), 2U);
  writer->append(payload(6));
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(writer->accepted(), 6U);
  EXPECT_EQ(tries, 1);
  EXPECT_EQ(writer->counters().rewrites, 1U);
  // The new one is called after the first record that was not accepted, and says that it repeats.
  EXPECT_EQ(writer->segments().back().name, (SegmentName{4, 1}));
  // The failed one may read as anything now; nothing of ours is only there.
  write_bytes(bad, read_bytes(bad).substr(0, 200));
  const Seen seen = read_all(scratch / "q", 3);
  EXPECT_EQ(seen.records.size(), 3U);
  EXPECT_TRUE(seen.gaps.empty());
}

TEST(Writer, RewritesMayFailTooAndEachGetsANameOfItsOwn) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  put(*writer, 2);
  int failures = 3;
  disk.fail = [&](Call call, const std::string& path) {
    return call == Call::sync && path.find(".log") != std::string::npos && failures-- > 0 ? EIO : 0;
  };
  writer->append(payload(3));
  EXPECT_EQ(writer->commit().trouble, Trouble::broken);
  EXPECT_EQ(writer->commit().trouble, Trouble::broken);
  EXPECT_EQ(writer->commit().trouble, Trouble::broken);
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(writer->accepted(), 3U);
  EXPECT_EQ(read_all(scratch / "q").records.size(), 3U);
}

TEST(Writer, EioInTheMiddleOfAWriteRepeatsTheWholeBatchElsewhere) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  put(*writer, 1);
  disk.fail = [&, first = true](Call call, const std::string&) mutable {
    return call == Call::write && std::exchange(first, false) ? EIO : 0;
  };
  for (int i = 2; i <= 9; ++i)
    writer->append(payload(static_cast<std::uint64_t>(i)));
  EXPECT_EQ(writer->commit().trouble, Trouble::broken);
  ASSERT_TRUE(writer->commit());
  const Seen seen = read_all(scratch / "q");
  EXPECT_EQ(seen.records.size(), 9U);
  EXPECT_TRUE(seen.gaps.empty());
  EXPECT_EQ(seen.records.at(9), payload(9));
}

TEST(Writer, AFullDiskInTheMiddleOfARecordTearsNothing) {
  for (std::size_t room = 0; room < 8 * 58; room += 7) {
    const Scratch scratch;
    FaultyDisk disk(scratch.path());
    WriterOptions options = small_segments();
    options.sync = false;  // no filling, so that writing needs room
    auto writer = open_writer(scratch / "q", options);
    put(*writer, 1);
    disk.room = room;
    for (std::uint64_t n = 2; n <= 9; ++n)
      writer->append(payload(n));
    const Outcome full = writer->commit();
    EXPECT_EQ(full.trouble, Trouble::full) << room;
    EXPECT_EQ(writer->accepted(), 1 + room / 58) << room;
    const Seen torn = read_all(scratch / "q");
    EXPECT_EQ(torn.records.size(), writer->accepted());
    EXPECT_TRUE(torn.damage.empty()) << room;
    disk.room = SIZE_MAX;
    ASSERT_TRUE(writer->commit());
    const Seen seen = read_all(scratch / "q");
    EXPECT_EQ(seen.records.size(), 9U);
    for (const auto& [seq, text] : seen.records)
      EXPECT_EQ(text, payload(seq));
    EXPECT_TRUE(seen.gaps.empty());
  }
}

TEST(Writer, WhatFoundRoomOnAFullDiskIsAccepted) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  auto writer = open_writer(scratch / "q");
  put(*writer, 1);
  const std::size_t before = disk.count(Call::create);
  disk.fail = [](Call call, const std::string&) { return call == Call::create ? ENOSPC : 0; };
  for (int i = 0; i < 500; ++i)
    writer->append(payload(writer->last() + 1));
  const Outcome full = writer->commit();
  EXPECT_EQ(full.trouble, Trouble::full);
  EXPECT_EQ(disk.count(Call::create), before);
  EXPECT_GT(writer->accepted(), 100U);
  EXPECT_LT(writer->accepted(), 200U);
  EXPECT_EQ(writer->accepted() + writer->pending_records(), 501U);
  disk.fail = nullptr;
  ASSERT_TRUE(writer->commit());
  EXPECT_EQ(read_all(scratch / "q").records.size(), 501U);
}

}  // namespace
}  // namespace tbgw::spool::test
