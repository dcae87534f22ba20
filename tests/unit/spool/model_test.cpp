// SPDX-License-Identifier: Apache-2.0
// A spool and its consumer through random lives: puts, acknowledgements, kills at any system call,
// power cuts, full and failing disks, damage, against a model that only knows what was promised.
// A failure names its seed: TBGW_SEED=N repeats it; TBGW_SEEDS=N tries that many.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>

#include "faulty_disk.hpp"
#include "scratch.hpp"
#include "spool/cursor.hpp"
#include "spool/segment.hpp"

namespace tbgw::spool::test {
namespace {

/// What was promised so far.
struct Model {
  std::map<std::uint64_t, std::string> given;  ///< every number that somebody may have seen
  std::set<std::uint64_t> accepted;
  std::set<std::uint64_t> delivered;
  std::set<std::uint64_t> excused;  ///< dropped by policy, or hit by damage: these may be missing
  std::uint64_t done = 0;           ///< the cursor, as its owner was told
};

class World {
 public:
  World(std::uint32_t seed, bool reader_survives)
      : random_(seed), reader_survives_(reader_survives), disk_(scratch_.path()) {
    start();
  }

  void run(int steps) {
    for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); ++step) {
      random_step();
      if (disk_.dead) restart(false);
    }
    disk_.fail = nullptr;
    disk_.room = SIZE_MAX;
    finish();
  }

  [[nodiscard]] std::size_t accepted() const { return model_.accepted.size(); }
  [[nodiscard]] std::size_t restarts() const { return restarts_; }

 private:
  [[nodiscard]] std::string spool() const { return scratch_ / "q"; }
  std::uint32_t pick(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  void start() {
    WriterOptions options = small_segments();
    options.max_bytes = 12 * kLeastSegmentBytes;
    writer_ = open_writer(spool(), options);
    cursor_ = std::make_unique<Cursor>(writer_->directory(), "main", 0);
    if (!reader_) open_reader();
  }

  void open_reader() {
    reader_directory_ = std::make_unique<Directory>(Directory::open(spool()));
    reader_ = std::make_unique<Reader>(*reader_directory_, cursor_->position());
    handed_ = cursor_->position();
  }

  void random_step() {
    switch (pick(20)) {
      case 0:
      case 1:
      case 2:
      case 3:
      case 4:
        return put();
      case 5:
      case 6:
      case 7:
        return commit();
      case 8:
      case 9:
      case 10:
      case 11:
        return read();
      case 12:
      case 13:
        return acknowledge();
      case 14:
        return remove_done();
      case 15:
        return disk_trouble();
      case 16:
        return kill_soon();
      case 17:
        return damage();
      case 18:
        if (pick(3) == 0) {
          disk_.dead = true;
          restart(true);
        }
        return;
      default:
        if (pick(4) == 0) {
          disk_.dead = pick(2) == 0;
          restart(false);
        }
        return;
    }
  }

  void put() {
    for (std::uint32_t count = 1 + pick(20); count > 0; --count) {
      const std::uint64_t seq = writer_->last() + 1;
      const std::string text = payload(random_(), 25 + pick(pick(30) == 0 ? 20'000 : 400));
      ASSERT_EQ(writer_->append(text), seq);
      // A number that was given before must have been free again: nobody saw what it stood for.
      ASSERT_EQ(model_.accepted.count(seq) - model_.excused.count(seq) * model_.accepted.count(seq),
                0U)
          << "number " << seq << " was accepted with another payload";
      model_.given[seq] = text;
      model_.accepted.erase(seq);
      model_.excused.erase(seq);
    }
    if (pick(2) == 0) static_cast<void>(writer_->write());
  }

  void commit() {
    const std::uint64_t before = writer_->accepted();
    const Outcome outcome = writer_->commit();
    if (disk_.dead) return;  // nobody was told
    for (std::uint64_t seq = before + 1; seq <= writer_->accepted(); ++seq)
      model_.accepted.insert(seq);
    if (outcome) {
      ASSERT_EQ(writer_->accepted(), writer_->last());
    } else if (outcome.trouble == Trouble::full) {
      drop_oldest();
    }
  }

  void remove_done() {
    const std::uint64_t before = writer_->first();
    writer_->remove_done();
    if (writer_->first() == before) return;
    // A position may be on the disk though storing it was said to have failed.
    const std::uint64_t highest = tried_.empty() ? 0 : *tried_.rbegin();
    ASSERT_LE(writer_->first() - 1, std::max(model_.done, highest)) << "removed too early";
    for (std::uint64_t seq = before; seq < writer_->first(); ++seq)
      model_.excused.insert(seq);
  }

  void drop_oldest() {
    if (writer_->segments().empty()) return;
    const std::uint64_t first = writer_->segments().front().name.first;
    const std::uint64_t counted = writer_->counters().dropped;
    const auto dropped = writer_->drop_oldest(model_.done);
    if (!dropped) return;
    ASSERT_EQ(writer_->counters().dropped, counted + *dropped);
    std::uint64_t missing = 0;
    for (std::uint64_t seq = first; seq < writer_->first(); ++seq) {
      model_.excused.insert(seq);
      if (seq > model_.done) ++missing;
    }
    ASSERT_EQ(missing, *dropped);
  }

  void read() {
    for (std::uint32_t count = pick(40); count > 0; --count) {
      const std::uint64_t limit = reader_survives_ ? Reader::kNoLimit : writer_->written();
      if (!take(reader_->next(limit))) return;
    }
  }

  /// False: there was nothing.
  bool take(const Reader::Item& item) {
    switch (item.kind) {
      case Reader::Kind::nothing:
        return false;
      case Reader::Kind::damage:
        return true;
      case Reader::Kind::gap:
        for (std::uint64_t seq = item.first; seq <= item.last; ++seq) {
          EXPECT_TRUE(model_.accepted.count(seq) == 0 || model_.excused.count(seq) == 1)
              << seq << " was accepted and is missing";
        }
        handed_ = item.last;
        return true;
      case Reader::Kind::record:
        EXPECT_GT(item.seq, handed_);
        handed_ = item.seq;
        model_.delivered.insert(item.seq);
        EXPECT_EQ(model_.given.count(item.seq), 1U) << "invented " << item.seq;
        EXPECT_EQ(model_.given[item.seq], item.payload) << item.seq;
        return true;
    }
    return false;
  }

  void acknowledge() {
    if (handed_ <= model_.done) return;
    const std::uint64_t position = model_.done + 1 + random_() % (handed_ - model_.done);
    const Outcome stored = cursor_->store(position);
    tried_.insert(position);
    if (!stored || disk_.dead) return;
    model_.done = position;
    tried_.clear();
  }

  /// The next calls fail, or the disk gets full.
  void disk_trouble() {
    disk_.room = pick(3) == 0 ? pick(30'000) : SIZE_MAX;
    const int error = pick(2) == 0 ? EIO : ENOSPC;
    const std::uint32_t rate = pick(3) == 0 ? 0 : 2 + pick(10);
    disk_.fail = [this, error, rate](FaultyDisk::Call call, const std::string&) {
      const bool fails = rate != 0 && call != FaultyDisk::Call::unlink && pick(rate) == 0;
      return fails ? error : 0;
    };
  }

  void kill_soon() {
    disk_.room = SIZE_MAX;
    disk_.fail = [this, left = pick(12)](FaultyDisk::Call, const std::string&) mutable {
      if (left-- == 0) disk_.dead = true;
      return 0;
    };
  }

  void damage() {
    auto files = segment_files(spool());
    // A reader that outlives the writer remembers numbers that damage can free again if it makes
    // the last record look torn: only that combination is not promised.
    if (reader_survives_ && !files.empty()) files.pop_back();
    if (files.empty() || pick(3) != 0) return;
    const std::string& file = files[pick(static_cast<std::uint32_t>(files.size()))];
    std::string bytes = read_bytes(file);
    if (bytes.empty()) return;
    const std::size_t begin = random_() % bytes.size();
    const std::size_t end = pick(2) == 0 ? begin + 1 : std::min(begin + 64, bytes.size());
    const Identity identity = Directory::open(spool()).identity();
    SegmentScan scan(identity, bytes);
    using Part = SegmentScan::Part;
    for (Part part = scan.next(); part.kind != Part::Kind::end; part = scan.next()) {
      const bool hit = part.offset < end && begin < part.offset + part.size;
      if (hit && part.kind == Part::Kind::record) model_.excused.insert(part.seq);
    }
    std::string change(end - begin, '\0');
    if (change.size() == 1) change[0] = static_cast<char>(bytes[begin] ^ (1 << pick(8)));
    disk_.damage(file, begin, change);
  }

  void restart(bool power_cut) {
    ++restarts_;
    disk_.fail = nullptr;
    disk_.room = SIZE_MAX;
    if (power_cut || !reader_survives_) reader_.reset();
    cursor_.reset();
    writer_.reset();
    disk_.dead = false;
    if (power_cut) disk_.power_cut(random_);
    start();
    ASSERT_TRUE(cursor_->position() == model_.done || tried_.count(cursor_->position()) == 1)
        << "the cursor went from " << model_.done << " to " << cursor_->position();
    model_.done = cursor_->position();
    tried_.clear();
    std::uint64_t least = model_.done;
    for (const std::uint64_t seq : model_.accepted) {
      if (model_.excused.count(seq) == 0) least = std::max(least, seq);
    }
    if (reader_) least = std::max(least, handed_);
    ASSERT_GE(writer_->last(), least) << "numbers would be given again";
    model_.given.erase(model_.given.upper_bound(writer_->last()), model_.given.end());
  }

  /// Everything promised must come out, first through this reader, then from the cursor on.
  void finish() {
    if (testing::Test::HasFatalFailure()) return;
    for (int tries = 0; tries < 40 && writer_->accepted() < writer_->last(); ++tries)
      commit();
    ASSERT_EQ(writer_->accepted(), writer_->last());
    while (take(reader_->next())) {
    }
    open_reader();
    while (take(reader_->next(writer_->accepted()))) {
    }
    for (const std::uint64_t seq : model_.accepted) {
      ASSERT_TRUE(model_.delivered.count(seq) == 1 || model_.excused.count(seq) == 1)
          << seq << " was accepted and never delivered";
    }
    ASSERT_TRUE(cursor_->store(writer_->last()));
    writer_->remove_done();
    ASSERT_LE(segment_files(spool()).size(), 1U);
  }

  std::mt19937 random_;
  bool reader_survives_;
  Scratch scratch_;
  FaultyDisk disk_;
  Model model_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Cursor> cursor_;
  std::unique_ptr<Directory> reader_directory_;
  std::unique_ptr<Reader> reader_;
  std::uint64_t handed_ = 0;
  std::set<std::uint64_t> tried_;  ///< positions whose storing failed: one of them may stand there
  std::size_t restarts_ = 0;
};

std::uint32_t from_environment(const char* name, std::uint32_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

void run_seeds(bool reader_survives) {
  const std::uint32_t one = from_environment("TBGW_SEED", 0);
  const std::uint32_t count = from_environment("TBGW_SEEDS", 250);
  std::size_t accepted = 0;
  std::size_t restarts = 0;
  for (std::uint32_t seed = one != 0 ? one : 1; seed <= (one != 0 ? one : count); ++seed) {
    SCOPED_TRACE("TBGW_SEED=" + std::to_string(seed));
    World world(seed, reader_survives);
    world.run(150);
    accepted += world.accepted();
    restarts += world.restarts();
    if (testing::Test::HasFailure()) return;
  }
  if (one != 0) return;
  EXPECT_GT(accepted, std::size_t{count} * 20) << "the test tests nothing any more";
  EXPECT_GT(restarts, std::size_t{count});
}

TEST(Model, NothingAcceptedIsLostWithAConsumerThatDiesWithTheWriter) {
  run_seeds(false);
}

TEST(Model, NothingAcceptedIsLostWithAConsumerThatOutlivesTheWriter) {
  run_seeds(true);
}

}  // namespace
}  // namespace tbgw::spool::test
