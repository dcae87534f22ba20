// SPDX-License-Identifier: Apache-2.0
// Every way to damage a spool of several segments, one at a time: nothing is invented, only records
// that were touched are lost, and every loss is told. Then a writer starts on it and goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "scratch.hpp"
#include "spool/cursor.hpp"
#include "spool/segment.hpp"

namespace tbgw::spool::test {
namespace {

struct Place {
  std::size_t file = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};

class DamageTest : public testing::Test {
 protected:
  void SetUp() override {
    // Three runs of a writer: three segments, short ones, so that every bit can be tried.
    for (const int count : {9, 8, 7}) {
      auto writer = open_writer(spool());
      for (int i = 0; i < count; ++i) {
        const std::uint64_t seq = writer->last() + 1;
        writer->append(payload(seq, 18 + seq * 7 % 23));
      }
      ASSERT_TRUE(writer->commit());
    }
    files_ = segment_files(spool());
    ASSERT_EQ(files_.size(), 3U);
    const Identity identity = Directory::open(spool()).identity();
    for (std::size_t file = 0; file < files_.size(); ++file) {
      good_.push_back(read_bytes(files_[file]));
      SegmentScan scan(identity, good_[file]);
      using Part = SegmentScan::Part;
      for (Part part = scan.next(); part.kind != Part::Kind::end; part = scan.next()) {
        if (part.kind != Part::Kind::record) {
          boundaries_.push_back({file, part.offset, part.offset + part.size});
          continue;
        }
        records_[part.seq] = {file, part.offset, part.offset + part.size};
        payloads_[part.seq] = std::string{part.payload};
      }
    }
    ASSERT_EQ(records_.size(), 24U);
  }

  [[nodiscard]] std::string spool() const { return scratch_ / "q"; }

  /// Bytes [begin, end) of the file were changed to `bytes` as a whole: what must hold.
  void check(std::size_t file, std::size_t begin, std::size_t end, const std::string& bytes,
             const std::string& what) {
    ++cases_;
    write_bytes(files_[file], bytes);
    const Seen seen = read_all(spool());
    for (const auto& [seq, text] : seen.records) {
      ASSERT_EQ(payloads_.count(seq), 1U) << what << ": invented " << seq;
      ASSERT_EQ(payloads_.at(seq), text) << what << ": changed " << seq;
    }
    bool lost = false;
    bool lost_last = false;
    for (const auto& [seq, place] : records_) {
      if (seen.records.count(seq) != 0) continue;
      lost = true;
      const bool touched = place.file == file && place.begin < end && begin < place.end;
      ASSERT_TRUE(touched) << what << ": lost " << seq;
      const bool behind_all = seen.records.empty() || seq > seen.records.rbegin()->first;
      lost_last = lost_last || behind_all;
      // Behind the last record of all there is nothing that shows what is missing.
      ASSERT_TRUE(seen.missed(seq) || behind_all) << what << ": silent about " << seq;
    }
    const bool told = !seen.damage.empty() || !seen.gaps.empty();
    const bool clean_cut = lost_last && at_boundary(file, begin);
    ASSERT_TRUE(told || !lost || clean_cut) << what << ": silent";
    for (const Reader::Item& damage : seen.damage) {
      ASSERT_EQ(damage.segment.text(), std::filesystem::path(files_[file]).filename()) << what;
      ASSERT_LE(damage.offset + damage.bytes, bytes.size()) << what;
    }
    last_seen_ = seen;
    write_bytes(files_[file], good_[file]);
  }

  [[nodiscard]] bool at_boundary(std::size_t file, std::size_t at) const {
    const auto begins = [&](const Place& place) { return place.file == file && place.begin == at; };
    return std::any_of(boundaries_.begin(), boundaries_.end(), begins) ||
           std::any_of(records_.begin(), records_.end(),
                       [&](const auto& record) { return begins(record.second); });
  }

  Scratch scratch_;
  std::vector<std::string> files_;
  std::vector<std::string> good_;
  std::vector<Place> boundaries_;  ///< headers
  std::map<std::uint64_t, Place> records_;
  std::map<std::uint64_t, std::string> payloads_;
  Seen last_seen_;
  int cases_ = 0;
};

TEST_F(DamageTest, EveryTruncationAndEveryZeroTail) {
  for (std::size_t file = 0; file < files_.size(); ++file) {
    const std::string& good = good_[file];
    for (std::size_t cut = 0; cut < good.size(); ++cut) {
      const std::string where = std::to_string(file) + ":" + std::to_string(cut);
      check(file, cut, good.size(), good.substr(0, cut), "truncated at " + where);
      if (HasFatalFailure()) return;
      check(file, cut, good.size(), good.substr(0, cut) + std::string(good.size() - cut, '\0'),
            "zeros from " + where);
      if (HasFatalFailure()) return;
    }
  }
  RecordProperty("cases", cases_);
}

TEST_F(DamageTest, EveryBit) {
  for (std::size_t file = 0; file < files_.size(); ++file) {
    for (std::size_t at = 0; at < good_[file].size(); ++at) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        std::string bytes = good_[file];
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << bit));
        const std::string where =
            std::to_string(file) + ":" + std::to_string(at) + " bit " + std::to_string(bit);
        check(file, at, at + 1, bytes, "flipped " + where);
        if (HasFatalFailure()) return;
        ASSERT_GE(last_seen_.records.size(), records_.size() - 1) << where;
        ASSERT_EQ(last_seen_.damage.size(), 1U) << where << ": not told, or told twice";
      }
    }
  }
  RecordProperty("cases", cases_);
}

TEST_F(DamageTest, EveryHoleOfSixtyFourBytes) {
  for (std::size_t file = 0; file < files_.size(); ++file) {
    const std::size_t size = good_[file].size();
    for (std::size_t at = 0; at < size; ++at) {
      std::string bytes = good_[file];
      const std::size_t end = std::min(at + 64, size);
      bytes.replace(at, end - at, end - at, '\0');
      check(file, at, end, bytes, "hole at " + std::to_string(file) + ":" + std::to_string(at));
      if (HasFatalFailure()) return;
    }
  }
  RecordProperty("cases", cases_);
}

TEST_F(DamageTest, EveryTwoNeighboursThatChangedPlaces) {
  for (std::uint64_t seq = 1; seq < 24; ++seq) {
    const Place& one = records_[seq];
    const Place& two = records_[seq + 1];
    if (one.file != two.file) continue;
    const std::string& good = good_[one.file];
    const std::string bytes = good.substr(0, one.begin) +
                              good.substr(two.begin, two.end - two.begin) +
                              good.substr(one.begin, one.end - one.begin) + good.substr(two.end);
    check(one.file, one.begin, two.end, bytes, "swapped " + std::to_string(seq));
    if (HasFatalFailure()) return;
    ASSERT_EQ(last_seen_.records.size(), 23U);
  }
}

TEST_F(DamageTest, SegmentsOfAnotherSpoolAreNotTakenForOurs) {
  auto foreign = open_writer(scratch_ / "other");
  put(*foreign, 9);
  foreign.reset();
  const std::string bytes = read_bytes(segment_files(scratch_ / "other").front());
  for (std::size_t file = 0; file < files_.size(); ++file) {
    check(file, 0, SIZE_MAX, bytes, "foreign segment " + std::to_string(file));
    if (HasFatalFailure()) return;
    ASSERT_EQ(last_seen_.damage.size(), 1U);
    ASSERT_EQ(last_seen_.damage[0].bytes, bytes.size());
    // A block of it in the middle of ours.
    std::string mixed = good_[file];
    mixed.replace(100, 200, bytes.substr(100, 200));
    check(file, 100, 300, mixed, "foreign block");
    if (HasFatalFailure()) return;
  }
}

TEST_F(DamageTest, EverySegmentUnderTheNameOfAnother) {
  for (std::size_t file = 0; file < files_.size(); ++file) {
    for (std::size_t other = 0; other < files_.size(); ++other) {
      if (other == file) continue;
      check(file, 0, SIZE_MAX, good_[other], "misplaced");
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(DamageTest, EveryByteOfTheFormatFile) {
  const std::string path = spool() + "/FORMAT";
  const std::string good = read_bytes(path);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ 4);
    write_bytes(path, bytes);
    ASSERT_EQ(read_all(spool()).records, payloads_) << at;
    write_bytes(path, good.substr(0, at));
    ASSERT_EQ(read_all(spool()).records, payloads_) << at;
  }
}

// A writer starts on it, gives no number twice, and what it adds is read.
TEST_F(DamageTest, WritersStartOnAnyDamage) {
  const auto go_on = [this](std::size_t file, const std::string& bytes, const std::string& what) {
    write_bytes(files_[file], bytes);
    const Seen before = read_all(spool());
    {
      auto writer = open_writer(spool());
      const std::uint64_t highest = before.records.empty() ? 0 : before.records.rbegin()->first;
      ASSERT_GT(writer->last() + 1, highest) << what;
      put(*writer, 2);
      const Seen after = read_all(spool());
      ASSERT_EQ(after.records.size(), before.records.size() + 2) << what;
      for (const auto& [seq, text] : before.records)
        ASSERT_EQ(after.records.at(seq), text);
      ASSERT_EQ(after.records.at(writer->last()), payload(writer->last())) << what;
      for (std::uint64_t seq = after.records.begin()->first; seq <= writer->last(); ++seq) {
        ASSERT_TRUE(after.records.count(seq) || after.missed(seq)) << what << ": silent " << seq;
      }
    }
    for (const std::string& name : segment_files(spool()))
      std::filesystem::remove(name);
    for (std::size_t each = 0; each < files_.size(); ++each)
      write_bytes(files_[each], good_[each]);
  };
  for (std::size_t file = 0; file < files_.size(); ++file) {
    const std::string& good = good_[file];
    for (std::size_t at = 0; at < good.size(); at += 5) {
      std::string flipped = good;
      flipped[at] = static_cast<char>(flipped[at] ^ 1);
      std::string hole = good;
      hole.replace(at, 64, std::min<std::size_t>(64, good.size() - at), '\0');
      go_on(file, flipped, "flip " + std::to_string(at));
      go_on(file, hole, "hole " + std::to_string(at));
      go_on(file, good.substr(0, at), "cut " + std::to_string(at));
      go_on(file, good.substr(0, at) + std::string(300, '\0'), "zeros " + std::to_string(at));
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace tbgw::spool::test
