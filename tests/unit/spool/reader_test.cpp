// SPDX-License-Identifier: Apache-2.0
// A reader that skips, repeats or invents records while the spool is written, cut, rewritten and
// removed under it.
#include "spool/reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "core/line_reader.hpp"
#include "faulty_disk.hpp"
#include "scratch.hpp"
#include "spool/note.hpp"

namespace tbgw::spool::test {
namespace {

using Kind = Reader::Kind;
using Cause = Reader::Cause;

class ReaderTest : public testing::Test {
 protected:
  ReaderTest() : directory_(open()), reader_(directory_, 0) {}
  Directory open() {
    writer_ = open_writer(spool());
    return Directory::open(spool());
  }
  [[nodiscard]] std::string spool() const { return scratch_ / "q"; }
  [[nodiscard]] std::string record(std::uint64_t seq) const {
    std::string out;
    append_record(out, directory_.identity(), seq, payload(seq));
    return out;
  }
  /// A segment by hand, without header.
  void segment(const SegmentName& name, const std::string& bytes) const {
    write_bytes(spool() + "/" + name.text(), bytes);
  }

  Scratch scratch_;
  std::unique_ptr<Writer> writer_;
  Directory directory_;
  Reader reader_;
};

TEST_F(ReaderTest, FollowsTheWriterThroughSegments) {
  std::uint64_t read = 0;
  EXPECT_EQ(reader_.next().kind, Kind::nothing);
  for (int round = 0; round < 300; ++round) {
    put(*writer_, 1 + round % 5, 90);
    const Seen seen = drain(reader_);
    EXPECT_TRUE(seen.damage.empty());
    EXPECT_TRUE(seen.gaps.empty());
    read += seen.records.size();
    ASSERT_EQ(read, writer_->last());
  }
  EXPECT_GT(segment_files(spool()).size(), 5U);
}

TEST_F(ReaderTest, StopsAtTheLimitAndGoesOnBehindIt) {
  // The window holds unwritten space while records are held back: it must not be believed later.
  for (std::uint64_t n = 1; n <= 200; ++n) {
    put(*writer_, 1, 50);
    EXPECT_EQ(reader_.next(n - 1).seq, n - 1);  // the first time: nothing, which is 0
    EXPECT_EQ(reader_.next(n - 1).kind, Kind::nothing);
  }
  EXPECT_EQ(reader_.next(200).seq, 200U);
}

TEST_F(ReaderTest, ALimitOfManyIsReachedWhateverTheWindowHeldBefore) {
  put(*writer_, 5);
  EXPECT_EQ(drain(reader_, 3).records.size(), 3U);
  put(*writer_, 50);
  EXPECT_EQ(drain(reader_, 55).records.size(), 52U);
}

TEST_F(ReaderTest, BeginsBehindTheCursor) {
  put(*writer_, 500, 90);
  for (const std::uint64_t position : {1U, 77U, 250U, 499U, 500U}) {
    Reader reader(directory_, position);
    const Seen seen = drain(reader);
    EXPECT_EQ(seen.records.size(), 500 - position);
    EXPECT_TRUE(seen.gaps.empty());
  }
}

TEST_F(ReaderTest, FromTheOldestReportsNothingOfWhatWentBefore) {
  put(*writer_, 500, 90);
  ASSERT_TRUE(writer_->drop_oldest(0));
  const std::uint64_t first = writer_->first();
  const Seen seen = drain(reader_);
  EXPECT_EQ(seen.records.begin()->first, first);
  EXPECT_TRUE(seen.gaps.empty());
}

TEST_F(ReaderTest, AMissingSegmentIsAGapOfItsNumbers) {
  put(*writer_, 500, 90);
  const auto segments = writer_->segments();
  std::filesystem::remove(spool() + "/" + segments[1].name.text());
  const Seen seen = drain(reader_);
  ASSERT_EQ(seen.gaps.size(), 1U);
  EXPECT_EQ(seen.gaps[0].first, segments[1].name.first);
  EXPECT_EQ(seen.gaps[0].last, segments[2].name.first - 1);
  EXPECT_EQ(seen.gaps[0].cause, Cause::missing);
  EXPECT_EQ(seen.records.size() + seen.gaps[0].last - seen.gaps[0].first + 1, 500U);
}

TEST_F(ReaderTest, TheWantedSegmentMissingIsAGapToo) {
  put(*writer_, 500, 90);
  const std::uint64_t second = writer_->segments()[1].name.first;
  writer_->drop_oldest(0);
  Reader reader(directory_, 3);
  const Seen seen = drain(reader);
  ASSERT_EQ(seen.gaps.size(), 1U);
  EXPECT_EQ(seen.gaps[0].first, 4U);
  EXPECT_EQ(seen.gaps[0].last, second - 1);
}

TEST_F(ReaderTest, AnIncompleteTailIsNotYetThere) {
  const std::string bytes = record(1) + record(2);
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    for (const std::size_t nuls : {0U, 300U}) {
      segment({1, 0}, bytes.substr(0, size) + std::string(nuls, '\0'));
      Reader reader(directory_, 0);
      Seen seen = drain(reader);
      EXPECT_TRUE(seen.damage.empty()) << size;
      const std::size_t had = seen.records.size();
      EXPECT_EQ(had, size / record(1).size()) << size;
      // Now the writer gets on.
      segment({1, 0}, bytes);
      seen = drain(reader);
      EXPECT_EQ(had + seen.records.size(), 2U) << size;
      EXPECT_TRUE(seen.damage.empty()) << size;
      EXPECT_TRUE(seen.gaps.empty()) << size;
    }
  }
}

TEST_F(ReaderTest, AnIncompleteTailIsDamageOnceALaterSegmentExists) {
  const std::string torn = record(2).substr(0, 40);
  segment({1, 0}, record(1) + torn + std::string(500, '\0'));
  EXPECT_EQ(drain(reader_).records.size(), 1U);
  segment({2, 0}, record(2));
  const Seen seen = drain(reader_);
  EXPECT_EQ(seen.records.count(2), 1U);
  ASSERT_EQ(seen.damage.size(), 1U);
  EXPECT_EQ(seen.damage[0].segment, (SegmentName{1, 0}));
  EXPECT_EQ(seen.damage[0].offset, record(1).size());
  EXPECT_EQ(seen.damage[0].bytes, torn.size());
  EXPECT_TRUE(seen.gaps.empty()) << "it was written again: nothing is lost";
}

TEST_F(ReaderTest, AHoleInTheNewestSegmentDoesNotHideWhatIsBehindItForEver) {
  const auto check = [](const Seen& seen, std::size_t records) {
    EXPECT_EQ(seen.records.size(), records);
    ASSERT_EQ(seen.damage.size(), 1U);
    EXPECT_EQ(seen.damage[0].bytes, 64U);
    ASSERT_EQ(seen.gaps.size(), 1U);
    EXPECT_EQ(seen.gaps[0].first, 2U);
    EXPECT_EQ(seen.gaps[0].cause, Cause::damaged);
  };
  segment({1, 0}, record(1) + std::string(64, '\0') + record(3) + std::string(500, '\0'));
  Reader accepting(directory_, 0);  // knows that there must be three
  check(drain(accepting, 3), 2);
  Reader stopping(directory_, 0, Reader::End::stops);
  check(drain(stopping), 2);
  // For all others it may still be filled in, until there is a later segment.
  const Seen seen = drain(reader_);
  EXPECT_EQ(seen.records.size(), 1U);
  EXPECT_TRUE(seen.damage.empty());
  segment({4, 0}, record(4));
  check(drain(reader_), 2);
}

TEST_F(ReaderTest, WhatAFailingDiskSeemsToHaveLostComesWithTheRewrite) {
  const std::string hole(2 * record(1).size(), '\0');
  segment({1, 0}, record(1) + hole + record(4) + std::string(500, '\0'));
  Reader accepting(directory_, 0);
  EXPECT_EQ(drain(accepting, 1).records.size(), 1U);
  EXPECT_EQ(drain(reader_).records.size(), 1U);
  segment({2, 1}, record(2) + record(3) + record(4) + record(5));
  for (Reader* reader : {&accepting, &reader_}) {
    const Seen seen = drain(*reader, reader == &accepting ? 5 : Reader::kNoLimit);
    EXPECT_EQ(seen.records.size(), 4U);
    EXPECT_TRUE(seen.gaps.empty());
    EXPECT_TRUE(seen.damage.empty());
  }
}

TEST_F(ReaderTest, DamageBehindTheCursorOrBeforeItIsNotReportedAgain) {
  segment({1, 0}, record(1) + "xxx" + record(3) + record(4) + record(5));
  for (const std::uint64_t position : {3U, 4U}) {
    Reader reader(directory_, position);
    const Seen seen = drain(reader);
    EXPECT_EQ(seen.records.size(), 5 - position);
    EXPECT_TRUE(seen.damage.empty());
    EXPECT_TRUE(seen.gaps.empty());
  }
}

TEST_F(ReaderTest, EachNumberComesOnceThroughRewrites) {
  segment({1, 0}, record(1) + record(2) + record(3) + record(4));
  segment({3, 1}, record(3) + record(4) + record(5));
  segment({3, 2}, record(3) + record(4) + record(5) + record(6));
  segment({7, 0}, record(7));
  for (std::uint64_t position = 0; position < 8; ++position) {
    Reader reader(directory_, position);
    const Seen seen = drain(reader);
    EXPECT_EQ(seen.records.size(), 7 - std::min<std::uint64_t>(position, 7));
    EXPECT_TRUE(seen.gaps.empty()) << position;
    EXPECT_TRUE(seen.damage.empty()) << position;
  }
}

TEST_F(ReaderTest, FromItsNumberOnARewriteCountsAndNotItsOriginal) {
  // 4 survived in the original and 2, 3 did not: going on behind 4 would lose them.
  segment({1, 0}, record(1) + record(2).substr(0, 30) + record(4));
  segment({2, 1}, record(2) + record(3) + record(4) + record(5));
  for (std::uint64_t position = 0; position < 5; ++position) {
    Reader reader(directory_, position);
    const Seen seen = drain(reader);
    EXPECT_EQ(seen.records.size(), 5 - position);
    EXPECT_TRUE(seen.gaps.empty());
    EXPECT_TRUE(seen.damage.empty());
  }
}

TEST_F(ReaderTest, DamageBeforeTheRewriteIsDamage) {
  segment({1, 0}, record(1) + "xxx" + record(4));
  segment({3, 1}, record(3) + record(4));
  const Seen seen = drain(reader_);
  EXPECT_EQ(seen.records.size(), 3U);
  EXPECT_EQ(seen.damage.size(), 1U);
  ASSERT_EQ(seen.gaps.size(), 1U);
  EXPECT_EQ(seen.gaps[0].first, 2U);
  EXPECT_EQ(seen.gaps[0].last, 2U);
}

TEST_F(ReaderTest, ASegmentInTheWrongPlaceDoesNotLeadAway) {
  segment({1, 0}, record(1) + record(900) + record(2));
  segment({3, 0}, record(1) + record(3));
  segment({5, 0}, record(5));
  const Seen seen = drain(reader_);
  EXPECT_EQ(seen.records.size(), 4U);
  EXPECT_EQ(seen.records.count(900), 0U);
  EXPECT_EQ(seen.damage.size(), 2U);
  EXPECT_TRUE(seen.missed(4));
}

TEST_F(ReaderTest, TwoRecordsThatChangedPlacesCostAtMostTheLaterOne) {
  segment({1, 0}, record(1) + record(3) + record(2) + record(4));
  const Seen seen = drain(reader_);
  EXPECT_EQ(seen.records.size(), 3U);
  EXPECT_TRUE(seen.missed(2));
}

TEST_F(ReaderTest, ARepairedPlaceIsTold) {
  Note note;
  note.gone.emplace(2, 4);
  std::string tombstone;
  append_record(tombstone, directory_.identity(), 0, note_payload(note));
  segment({1, 0}, record(1) + tombstone + record(5));
  Seen seen = drain(reader_);
  ASSERT_EQ(seen.gaps.size(), 1U);
  EXPECT_EQ(seen.gaps[0].first, 2U);
  EXPECT_EQ(seen.gaps[0].last, 4U);
  EXPECT_EQ(seen.gaps[0].cause, Cause::noted);
  Reader in_the_middle(directory_, 3);
  seen = drain(in_the_middle);
  ASSERT_EQ(seen.gaps.size(), 1U);
  EXPECT_EQ(seen.gaps[0].first, 4U);
  Reader behind(directory_, 4);
  EXPECT_TRUE(drain(behind).gaps.empty());
}

TEST_F(ReaderTest, ASegmentThatIsRemovedWhileItIsReadIsReadToItsEnd) {
  put(*writer_, 500, 90);
  EXPECT_EQ(reader_.next().seq, 1U);
  const std::uint64_t second = writer_->segments()[1].name.first;
  writer_->drop_oldest(0);
  EXPECT_EQ(reader_.next().seq, 2U);
  reader_.seek(writer_->first());
  EXPECT_EQ(reader_.next().seq, second);
}

TEST_F(ReaderTest, SeeksBackAndForth) {
  put(*writer_, 500, 90);
  EXPECT_EQ(drain(reader_, 250).records.size(), 250U);
  reader_.seek(3);
  EXPECT_EQ(reader_.next().seq, 3U);
  reader_.seek(400);
  const Seen seen = drain(reader_);
  EXPECT_EQ(seen.records.size(), 101U);
  EXPECT_TRUE(seen.gaps.empty());
}

TEST_F(ReaderTest, PayloadsArePaddedForTheParser) {
  put(*writer_, 3, 70'000);
  for (int i = 0; i < 3; ++i) {
    const Reader::Item item = reader_.next();
    ASSERT_EQ(item.kind, Kind::record);
    std::size_t sum = 0;  // under ASan this is the test
    for (std::size_t at = 0; at < kLinePadding; ++at)
      sum += static_cast<unsigned char>(item.payload.data()[item.payload.size() + at]);
    EXPECT_GT(sum + 1, 0U);
    EXPECT_EQ(item.stored.substr(kPayloadOffset, item.payload.size()), item.payload);
  }
}

TEST_F(ReaderTest, TheLongestPayloadIsRead) {
  const std::string longest = payload(1, kMostPayload);
  writer_->append(longest);
  ASSERT_TRUE(writer_->commit());
  EXPECT_EQ(reader_.next().payload, longest);
}

TEST_F(ReaderTest, WakesWhenSomethingIsWritten) {
  const int fd = reader_.wake_fd();
  ASSERT_GE(fd, 0);
  pollfd polled{fd, POLLIN, 0};
  reader_.clear_wake();
  EXPECT_EQ(::poll(&polled, 1, 0), 0);
  put(*writer_, 1);
  EXPECT_EQ(::poll(&polled, 1, 10'000), 1);
  reader_.clear_wake();
  EXPECT_EQ(reader_.next().seq, 1U);
}

TEST_F(ReaderTest, KnowsHowMuchIsLeft) {
  put(*writer_, 500, 90);
  EXPECT_EQ(writer_->bytes_from(writer_->segments()[0].name, 0), [&] {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i + 1 < writer_->segments().size(); ++i)
      sum += writer_->segments()[i].bytes;
    return sum + read_bytes(segment_files(spool()).back()).find('\0');
  }());
  drain(reader_);
  const auto place = reader_.place();
  ASSERT_TRUE(place);
  EXPECT_EQ(writer_->bytes_from(place->segment, place->offset), 0U);
}

TEST_F(ReaderTest, WhatIsLostAtTheEndIsToldToWhoKnowsWhatMustBeThere) {
  put(*writer_, 3);
  const std::string file = segment_files(spool()).front();
  std::string bytes = read_bytes(file);
  bytes[bytes.find(payload(3)) + 1] ^= 1;
  write_bytes(file, bytes);
  EXPECT_EQ(reader_.next(3).seq, 1U);
  EXPECT_EQ(reader_.next(3).seq, 2U);
  EXPECT_EQ(reader_.next(3).kind, Kind::damage);
  const Reader::Item gap = reader_.next(3);
  EXPECT_EQ(gap.kind, Kind::gap);
  EXPECT_EQ(gap.first, 3U);
  EXPECT_EQ(gap.last, 3U);
  EXPECT_EQ(gap.cause, Cause::damaged);
  EXPECT_EQ(reader_.next(3).kind, Kind::nothing);
  put(*writer_, 1);
  EXPECT_EQ(reader_.next(4).seq, 4U) << "in the same segment, behind it";
}

TEST_F(ReaderTest, ASegmentThatCannotBeReadStopsNothingOnceThereIsALaterOne) {
  put(*writer_, 2);
  EXPECT_EQ(drain(reader_).records.size(), 2U);
  ASSERT_EQ(::mkdir((spool() + "/" + SegmentName{3, 0}.text()).c_str(), 0700), 0);
  EXPECT_EQ(reader_.next().kind, Kind::nothing);
  segment(SegmentName{5, 0}, record(5));
  const Seen seen = drain(reader_);
  EXPECT_EQ(seen.records.count(5), 1U);
  EXPECT_EQ(seen.damage.size(), 1U);
  EXPECT_TRUE(seen.missed(3) && seen.missed(4));
}

}  // namespace
}  // namespace tbgw::spool::test
