// SPDX-License-Identifier: Apache-2.0
// verify that is silent about damage, or cries over a sound spool; repair that removes a valid
// record, or leaves something for the next verify.
#include "spool/survey.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <random>

#include "core/status.hpp"
#include "faulty_disk.hpp"
#include "scratch.hpp"
#include "spool/cursor.hpp"
#include "spool/describe.hpp"
#include "spool/note.hpp"
#include "spool/repair.hpp"

namespace tbgw::spool::test {
namespace {

class SurveyTest : public testing::Test {
 protected:
  void SetUp() override {
    for (int run = 0; run < 3; ++run) {
      auto writer = open_writer(spool());
      put(*writer, 8, 40);
    }
    files_ = segment_files(spool());
    ASSERT_EQ(files_.size(), 3U);
  }
  [[nodiscard]] std::string spool() const { return scratch_ / "q"; }
  [[nodiscard]] Survey look() const {
    return survey(Directory::open(spool()), std::chrono::milliseconds{0});
  }
  static Repair mend(const std::string& path) { return repair(Directory::open_locked(path)); }
  void change(std::size_t file, std::size_t at, const std::string& bytes) const {
    std::string all = read_bytes(files_[file]);
    all.replace(at, bytes.size(), bytes);
    write_bytes(files_[file], all);
  }

  Scratch scratch_;
  std::vector<std::string> files_;
};

TEST_F(SurveyTest, ASoundSpoolIsSound) {
  const Survey found = look();
  EXPECT_TRUE(found.sound());
  EXPECT_EQ(found.records(), 24U);
  EXPECT_EQ(found.segments[1].first, 9U);
  EXPECT_EQ(found.segments[1].last, 16U);
  EXPECT_GT(found.segments[1].begun, 0);
  EXPECT_EQ(survey_text("q", found),
            "q: 3 segments, 24 records, 0 damaged spans of 0 bytes, 0 records missing\n");
}

TEST_F(SurveyTest, ALiveSpoolIsSound) {
  auto writer = open_writer(spool());
  put(*writer, 1);
  EXPECT_TRUE(survey(Directory::open(spool())).sound());
}

TEST_F(SurveyTest, DamageAndWhatIsMissingIsNamedWithItsPlace) {
  change(0, 200, std::string(100, 'x'));
  change(1, 140, "?");
  std::filesystem::remove(spool() + "/FORMAT");
  const Survey found = look();
  EXPECT_FALSE(found.sound());
  EXPECT_TRUE(found.format_damaged);
  ASSERT_EQ(found.segments[0].damage.size(), 1U);
  ASSERT_EQ(found.segments[0].missing.size(), 1U);
  ASSERT_EQ(found.segments[1].damage.size(), 1U);
  const DamagedSpan& span = found.segments[0].damage[0];
  EXPECT_LE(span.offset, 200U);
  EXPECT_GE(span.offset + span.bytes, 300U);
  const std::string text = survey_text("q", found);
  for (const char* part :
       {"q/FORMAT: is damaged or missing\n",
        "q/00000000000000000001.log: 136 bytes at offset 195 are damaged\n",
        "q/00000000000000000001.log: records 2 to 3 are missing\n",
        "q/00000000000000000009.log: record 9 is missing\n",
        "q: 3 segments, 21 records, 2 damaged spans of 204 bytes, 3 records missing\n"}) {
    EXPECT_NE(text.find(part), text.npos) << part << "in\n" << text;
  }
}

TEST_F(SurveyTest, MissingSegmentsShowInTheNumbers) {
  std::filesystem::remove(files_[1]);
  const Survey found = look();
  EXPECT_EQ(found.missing(), 8U);
  ASSERT_EQ(found.segments[1].missing.size(), 1U);
  EXPECT_EQ(found.segments[1].missing[0], (MissingNumbers{9, 16, false}));
}

TEST_F(SurveyTest, WhatEveryCursorHasPassedIsMissedByNobody) {
  std::filesystem::remove(files_[1]);
  const Directory directory = Directory::open(spool());
  Cursor one(directory, "one", 16);
  EXPECT_TRUE(look().sound());
  Cursor two(directory, "two", 15);
  EXPECT_FALSE(look().sound());
}

TEST_F(SurveyTest, ADamagedCursorSlotIsFound) {
  { Cursor cursor(Directory::open(spool()), "main", 5); }
  const std::string file = spool() + "/cursor.main";
  std::string bytes = read_bytes(file);
  bytes[3] ^= 1;
  write_bytes(file, bytes);
  EXPECT_NE(survey_text("q", look()).find("q/cursor.main: one of two slots is damaged"),
            std::string::npos);
  const Repair done = mend(spool());
  EXPECT_TRUE(done.failed.empty());
  EXPECT_TRUE(look().sound());
  EXPECT_EQ(list_cursors(Directory::open(spool()))[0].position, 5U);
}

// Any damage: afterwards verify finds nothing, every record that could be read still can, and
// nothing is told twice.
TEST_F(SurveyTest, RepairKeepsEveryValidRecordAndLeavesNothingToReport) {
  std::mt19937 random{11};
  std::vector<std::string> good;
  for (const std::string& file : files_)
    good.push_back(read_bytes(file));
  for (int round = 0; round < 600; ++round) {
    for (std::size_t file = 0; file < files_.size(); ++file)
      write_bytes(files_[file], good[file]);
    for (std::uint32_t hits = 1 + static_cast<std::uint32_t>(random() % 3); hits > 0; --hits) {
      const std::size_t file = random() % files_.size();
      std::string bytes = read_bytes(files_[file]);
      if (bytes.size() < 2) continue;
      const std::size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
          break;
        case 1:
          bytes.replace(at, 64, std::min<std::size_t>(64, bytes.size() - at), '\0');
          break;
        case 2:
          bytes.resize(at);
          break;
        default:
          bytes.insert(at, bytes.substr(random() % bytes.size(), 100));
          break;
      }
      write_bytes(files_[file], bytes);
    }
    const Seen before = read_all(spool());
    const Survey found = look();
    std::uint64_t lost = 0;
    for (const Reader::Item& gap : before.gaps)
      lost += gap.last - gap.first + 1;
    ASSERT_EQ(found.missing(), lost) << round << ": verify and readers disagree";
    ASSERT_EQ(found.damaged_spans(), before.damage.size()) << round;
    const Repair done = mend(spool());
    ASSERT_TRUE(done.failed.empty()) << round << ": " << done.failed[0];
    ASSERT_EQ(survey_text("q", done.found), survey_text("q", found));
    const Seen after = read_all(spool());
    for (const auto& [seq, text] : before.records)
      ASSERT_EQ(after.records.at(seq), text) << round;
    ASSERT_TRUE(after.damage.empty()) << round;
    for (const Reader::Item& gap : after.gaps)
      ASSERT_EQ(gap.cause, Reader::Cause::noted)
          << round << ": " << gap.first << " to " << gap.last << "\n"
          << survey_text("q", found);
    const Survey again = look();
    ASSERT_TRUE(again.sound()) << round << "\n" << survey_text("q", again);
    // And a writer goes on above everything it may have held.
    ASSERT_GE(open_writer(spool())->last(),
              before.records.empty() ? 0 : before.records.rbegin()->first);
  }
}

TEST_F(SurveyTest, RepairPutsTheDamageAwayAndRecordsInOrder) {
  const std::string good = read_bytes(files_[0]);
  const std::size_t one = good.find(
      "\x1e"
      "0000000000000003");
  const std::size_t two = good.find(
      "\x1e"
      "0000000000000004");
  const std::size_t three = good.find(
      "\x1e"
      "0000000000000005");
  write_bytes(files_[0], good.substr(0, one) + good.substr(two, three - two) +
                             good.substr(one, two - one) + "what?" + good.substr(three));
  EXPECT_NE(survey_text("q", look()).find("1 record out of order"), std::string::npos);
  EXPECT_EQ(read_all(spool()).records.size(), 23U);
  EXPECT_TRUE(mend(spool()).failed.empty());
  EXPECT_EQ(read_all(spool()).records.size(), 24U);
  EXPECT_TRUE(look().sound());
  const std::string put_away = spool() + "/quarantine/" +
                               std::filesystem::path(files_[0]).filename().string() + "." +
                               std::to_string(three);
  EXPECT_EQ(read_bytes(put_away), "what?");
  struct stat info {};
  ASSERT_EQ(::stat(put_away.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(SurveyTest, RepairNeedsTheLock) {
  auto writer = open_writer(spool());
  try {
    mend(spool());
    FAIL();
  } catch (const Fatal& refused) {
    EXPECT_EQ(refused.status, Status::try_again);
  }
}

TEST_F(SurveyTest, ARepairThatFailsChangesNothing) {
  change(0, 200, std::string(100, 'x'));
  const std::string before = read_bytes(files_[0]);
  FaultyDisk disk(scratch_.path());
  for (const FaultyDisk::Call failing :
       {FaultyDisk::Call::create, FaultyDisk::Call::sync, FaultyDisk::Call::rename}) {
    disk.fail = [failing](FaultyDisk::Call call, const std::string& path) {
      return call == failing && path.find("/lock") == std::string::npos ? EIO : 0;
    };
    const Repair done = mend(spool());
    EXPECT_EQ(done.failed.size(), 1U);
    EXPECT_EQ(read_bytes(files_[0]), before);
  }
  disk.fail = nullptr;
  EXPECT_TRUE(mend(spool()).failed.empty());
  EXPECT_TRUE(look().sound());
}

TEST_F(SurveyTest, RepairLosesNoCounters) {
  {
    auto writer = open_writer(spool());
    put(*writer, 2);
    writer->count_dropped(5);
  }
  files_ = segment_files(spool());
  std::string bytes = read_bytes(files_.back());
  bytes[140] ^= 1;
  write_bytes(files_.back(), bytes);
  EXPECT_TRUE(mend(spool()).failed.empty());
  EXPECT_EQ(open_writer(spool())->counters().dropped, 5U);
}

}  // namespace
}  // namespace tbgw::spool::test
