// SPDX-License-Identifier: Apache-2.0
// What the accepting half may get wrong: saying "accepted" too early, a policy that drops what it
// should not or forgets to count, giving up too soon or never.
#include "spool/accepter.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/status.hpp"

namespace tbgw::spool {
namespace {

/// A store whose disk does what a test says.
struct FakeStore : Store {
  std::uint64_t append(std::string_view payload) override {
    waiting.emplace_back(payload);
    return ++last;
  }
  Outcome write() override {
    ++writes;
    return trouble;
  }
  Outcome commit() override {
    ++commits;
    if (!trouble) return trouble;
    for (std::string& record : waiting)
      accepted.push_back(std::move(record));
    waiting.clear();
    letters_waiting = 0;
    return {};
  }
  [[nodiscard]] std::size_t pending_bytes() const override {
    std::size_t sum = 0;
    for (const std::string& record : waiting)
      sum += record.size();
    return sum;
  }
  [[nodiscard]] std::size_t pending_records() const override { return waiting.size(); }
  [[nodiscard]] bool pending() const override { return !waiting.empty() || letters_waiting > 0; }
  void file(const DeadLetter& letter) override {
    letters.push_back(letter);
    ++letters_waiting;
  }
  [[nodiscard]] bool can_file() const override { return true; }
  std::optional<std::uint64_t> drop_oldest() override {
    if (accepted.empty()) return std::nullopt;
    accepted.erase(accepted.begin());
    trouble = {};
    return 1;
  }
  std::uint64_t drop_newest() override {
    const std::uint64_t dropped = waiting.size();
    waiting.clear();
    trouble = {};
    return dropped;
  }
  std::size_t discard(std::uint64_t done) override {
    std::size_t gone = 0;
    while (!waiting.empty() && last - waiting.size() + 1 <= done) {
      waiting.erase(waiting.begin());
      ++gone;
    }
    return gone;
  }
  [[nodiscard]] std::string slowest() const override { return "cursor 'x'"; }
  void tidy() override {}
  void add_counters(Counters&) const override {}

  Outcome trouble;
  std::vector<std::string> waiting;
  std::vector<std::string> accepted;
  std::vector<DeadLetter> letters;
  int letters_waiting = 0;
  std::uint64_t last = 0;
  int writes = 0;
  int commits = 0;
};

struct Bench {
  explicit Bench(Accepter::Options options) : pipe(make_pipe()) {
    ::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK);
    options.accept_fd = pipe.write.get();
    accepter.emplace(loop, store, live, options,
                     Accepter::Hooks{[] {}, [this] { ++room; }, [this] { ++settled; }});
  }
  void take(const std::string& line) {
    text = line + std::string(kLinePadding, '\0');
    accepter->take({std::string_view{text}.substr(0, line.size()), ++lines, false});
  }
  void turn(int ms = 0) { loop.turn(std::chrono::milliseconds{ms}); }
  void turn_until_accepted(std::size_t count) {
    for (int i = 0; i < 100 && store.accepted.size() < count; ++i)
      turn(20);
  }
  /// What --accept-fd said so far, newest last, without newlines between.
  std::string reports() {
    std::array<char, 4096> block{};
    const ssize_t got = ::read(pipe.read.get(), block.data(), block.size());
    return got > 0 ? std::string(block.data(), static_cast<std::size_t>(got)) : "";
  }

  Loop loop;
  FakeStore store;
  LiveLines live;
  Pipe pipe;
  std::optional<Accepter> accepter;
  std::string text;
  std::uint64_t lines = 0;
  int room = 0;
  int settled = 0;
};

Accepter::Options every(int ms, WhenFull when_full = WhenFull::block) {
  Accepter::Options options;
  options.sync = std::chrono::milliseconds{ms};
  options.when_full = when_full;
  return options;
}

const Outcome kFull{Trouble::full, "no room"};

TEST(Accepter, ARecordAfterAPauseIsHandedOutAndThenCommittedAtOnce) {
  Bench bench(every(10'000));
  bench.take("{\"a\":1}");
  EXPECT_EQ(bench.reports(), "");
  bench.accepter->end_of_turn();
  EXPECT_EQ(bench.store.writes, 1);
  EXPECT_EQ(bench.store.commits, 0);
  EXPECT_EQ(bench.reports(), "");
  bench.turn_until_accepted(1);
  EXPECT_EQ(bench.store.accepted.size(), 1U);
  EXPECT_EQ(bench.reports(), "{\"accepted\":1}\n");
}

TEST(Accepter, TheNextOneIsVisibleAtOnceAndAcceptedByTime) {
  Bench bench(every(50));
  bench.take("{\"a\":1}");
  bench.accepter->end_of_turn();
  bench.turn_until_accepted(1);
  bench.reports();
  bench.take("{\"a\":2}");
  bench.accepter->end_of_turn();
  EXPECT_EQ(bench.store.writes, 2);
  EXPECT_EQ(bench.reports(), "");
  bench.turn_until_accepted(2);
  EXPECT_EQ(bench.store.commits, 2);
  EXPECT_EQ(bench.reports(), "{\"accepted\":2}\n");
}

TEST(Accepter, SyncAlwaysCommitsEveryTurn) {
  Bench bench(every(0));
  for (int i = 1; i <= 3; ++i) {
    bench.take("{\"a\":1}");
    bench.accepter->end_of_turn();
    EXPECT_EQ(bench.store.commits, i);
  }
}

TEST(Accepter, AMebibyteIsCommittedWhateverTheTime) {
  Bench bench(every(1'000'000));
  bench.take("{}");
  bench.accepter->end_of_turn();
  bench.turn_until_accepted(1);
  const std::string line = "{\"a\":\"" + std::string(100'000, 'x') + "\"}";
  for (int i = 0; i < 10; ++i)
    bench.take(line);
  EXPECT_EQ(bench.store.commits, 1);
  bench.take(line);
  EXPECT_EQ(bench.store.commits, 2);
}

TEST(Accepter, LiveAndRefusedLinesAreDealtWithToo) {
  Bench bench(every(0));
  bench.take("{\"event\":\"rpc-reply\"}");
  bench.take("no object");
  bench.take("{\"event\":\"stats\"}");
  bench.accepter->end_of_turn();
  EXPECT_EQ(bench.reports(), "{\"accepted\":3}\n");
  ASSERT_EQ(bench.store.letters.size(), 1U);
  EXPECT_EQ(bench.store.letters[0].record, "no object");
  EXPECT_FALSE(bench.live.empty());
  EXPECT_TRUE(bench.store.accepted.empty());
  EXPECT_EQ(bench.accepter->refused_lines(), 1U);
}

TEST(Accepter, WhenFullBlocksItTakesNothingAndGoesOnByItself) {
  Bench bench(every(0));
  bench.store.trouble = kFull;
  bench.take("{\"a\":1}");
  bench.accepter->end_of_turn();
  EXPECT_FALSE(bench.accepter->wants_lines());
  EXPECT_EQ(bench.reports(), "");
  bench.store.trouble = {};
  for (int i = 0; i < 100 && !bench.accepter->wants_lines(); ++i)
    bench.turn(50);
  EXPECT_TRUE(bench.accepter->wants_lines());
  EXPECT_EQ(bench.room, 1);
  EXPECT_EQ(bench.store.accepted.size(), 1U);
  EXPECT_EQ(bench.reports(), "{\"accepted\":1}\n");
}

TEST(Accepter, DropNewestDropsTheNewAndSaysHowMany) {
  Bench bench(every(0, WhenFull::drop_newest));
  bench.take("{\"a\":1}");
  bench.accepter->end_of_turn();
  bench.reports();
  bench.store.trouble = kFull;
  bench.take("{\"a\":2}");
  bench.take("{\"a\":3}");
  bench.accepter->end_of_turn();
  EXPECT_TRUE(bench.accepter->wants_lines());
  EXPECT_EQ(bench.store.accepted, std::vector<std::string>{"{\"a\":1}"});
  EXPECT_EQ(bench.reports(), "{\"accepted\":3,\"dropped\":2}\n");
}

TEST(Accepter, DropOldestDropsTheOldAndTakesTheNew) {
  Bench bench(every(0, WhenFull::drop_oldest));
  bench.take("{\"a\":1}");
  bench.accepter->end_of_turn();
  bench.reports();
  bench.store.trouble = kFull;
  bench.take("{\"a\":2}");
  bench.accepter->end_of_turn();
  EXPECT_EQ(bench.store.accepted, std::vector<std::string>{"{\"a\":2}"});
  EXPECT_EQ(bench.reports(), "{\"accepted\":2,\"dropped\":1}\n");
}

TEST(Accepter, DropOldestWithNothingToDropBlocks) {
  Bench bench(every(0, WhenFull::drop_oldest));
  bench.store.trouble = kFull;
  bench.take("{\"a\":1}");
  bench.accepter->end_of_turn();
  EXPECT_FALSE(bench.accepter->wants_lines());
}

TEST(Accepter, WhenFullFailsItEndsWith75) {
  Bench bench(every(0, WhenFull::fail));
  bench.store.trouble = kFull;
  bench.take("{\"a\":1}");
  try {
    bench.accepter->end_of_turn();
    FAIL() << "went on";
  } catch (const Fatal& fatal) {
    EXPECT_EQ(fatal.status, Status::try_again);
  }
}

TEST(Accepter, AReadOnlyDiskBlocksUnderEveryPolicy) {
  for (const WhenFull policy : {WhenFull::block, WhenFull::drop_oldest, WhenFull::drop_newest}) {
    Bench bench(every(0, policy));
    bench.store.trouble = {Trouble::refused, "read-only"};
    bench.take("{\"a\":1}");
    bench.accepter->end_of_turn();
    EXPECT_FALSE(bench.accepter->wants_lines());
    EXPECT_EQ(bench.store.waiting.size(), 1U);
  }
}

TEST(Accepter, AFailingDiskIsTriedThreeTimesMoreThen74) {
  Bench bench(every(0));
  bench.store.trouble = {Trouble::broken, "I/O error"};
  bench.take("{\"a\":1}");
  bench.accepter->end_of_turn();
  for (int i = 0; i < 2; ++i)
    EXPECT_FALSE(bench.accepter->finish());
  try {
    bench.accepter->finish();
    FAIL() << "went on";
  } catch (const Fatal& fatal) {
    EXPECT_EQ(fatal.status, Status::io_error);
  }
  EXPECT_EQ(bench.store.commits, 4);
  EXPECT_EQ(bench.reports(), "");
}

TEST(Accepter, AfterASuccessTheTriesBeginAnew) {
  Bench bench(every(0));
  bench.take("{\"a\":1}");
  for (int round = 0; round < 3; ++round) {
    bench.store.trouble = {Trouble::broken, "I/O error"};
    EXPECT_FALSE(bench.accepter->finish());
    EXPECT_FALSE(bench.accepter->finish());
    bench.store.trouble = {};
    EXPECT_TRUE(bench.accepter->finish());
  }
}

TEST(Accepter, WriteBehindSparesTheDiskWhatIsDoneInTime) {
  Accepter::Options options = every(0);
  options.write_behind = std::chrono::milliseconds{60'000};
  Bench bench(options);
  bench.take("{\"a\":1}");
  bench.take("{\"a\":2}");
  bench.accepter->end_of_turn();
  EXPECT_EQ(bench.store.commits + bench.store.writes, 0);
  EXPECT_EQ(bench.reports(), "");
  bench.accepter->done(1);
  EXPECT_EQ(bench.reports(), "{\"accepted\":1}\n");
  bench.accepter->done(2);
  EXPECT_EQ(bench.reports(), "{\"accepted\":2}\n");
  EXPECT_EQ(bench.store.commits + bench.store.writes, 0);
}

TEST(Accepter, WriteBehindWritesWhatIsNotDoneInTime) {
  Accepter::Options options = every(0);
  options.write_behind = std::chrono::milliseconds{100};
  Bench bench(options);
  bench.take("{\"a\":1}");
  bench.take("{\"a\":2}");
  bench.accepter->end_of_turn();
  bench.accepter->done(1);
  for (int i = 0; i < 100 && bench.store.accepted.empty(); ++i)
    bench.turn(20);
  EXPECT_EQ(bench.store.accepted, std::vector<std::string>{"{\"a\":2}"});
}

TEST(Accepter, ASlowReaderOfReportsGetsTheNewestNotAll) {
  Bench bench(every(0));
  ::fcntl(bench.pipe.write.get(), F_SETPIPE_SZ, 4096);
  for (int i = 0; i < 2000; ++i) {
    bench.take("{}");
    bench.accepter->end_of_turn();
  }
  std::string all;
  for (int i = 0; i < 10; ++i) {
    all += bench.reports();
    bench.turn();
  }
  EXPECT_LT(all.size(), 10'000U);
  EXPECT_NE(all.find("{\"accepted\":2000}\n"), std::string::npos);
}

}  // namespace
}  // namespace tbgw::spool
