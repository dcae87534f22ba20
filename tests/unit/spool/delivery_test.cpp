// SPDX-License-Identifier: Apache-2.0
// What the delivering half may get wrong: more out than the window, an acknowledgement taken for
// another run's, a dead letter that counts before it is filed, a position that runs ahead.
#include "spool/delivery.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tbgw::spool {
namespace {

/// A backlog of `size` records {"r":SEQ}, and what was asked of it.
struct FakeBacklog : Backlog {
  explicit FakeBacklog(std::uint64_t size) : size_(size) {}
  std::optional<Record> next() override {
    if (position + 1 > size_) return std::nullopt;
    text = "{\"r\":" + std::to_string(++position) + "}";
    return Record{position, text};
  }
  void rewind() override { position = done_seq; }
  void done(std::uint64_t seq) override { done_seq = seq; }
  Outcome save(bool sync) override {
    saved.emplace_back(done_seq, sync);
    return {};
  }
  std::optional<std::string> fetch(std::uint64_t seq) override {
    if (gone) return std::nullopt;
    return "{\"r\":" + std::to_string(seq) + "}";
  }
  Outcome file_dead(const DeadLetter& letter) override {
    letters.push_back(letter.record + " " + letter.reason);
    return file_waiting();
  }
  Outcome file_waiting() override { return full ? Outcome{Trouble::full, "no room"} : Outcome{}; }
  [[nodiscard]] std::uint64_t waiting_records() const override { return size_ - position; }
  [[nodiscard]] std::uint64_t waiting_bytes() const override { return 0; }
  void add_counters(Counters&) const override {}

  std::uint64_t size_;
  std::uint64_t position = 0;
  std::uint64_t done_seq = 0;
  std::string text;
  bool full = false;
  bool gone = false;
  std::vector<std::string> letters;
  std::vector<std::pair<std::uint64_t, bool>> saved;
};

struct Bench {
  explicit Bench(std::uint64_t size, const Delivery::Options& options = {})
      : backlog(size), delivery(loop, backlog, live, options, hooks()) {
    delivery.begin_run("run", "hello\n");
  }
  Delivery::Hooks hooks() {
    return {[this](std::uint64_t seq) { done = seq; }, [] {}, [this] { ++nonsense; }};
  }
  std::string next() {
    std::string out;
    const auto number = delivery.next(out);
    return number ? out.substr(0, out.size() - 1) : "none";
  }
  int take(int most) {
    int count = 0;
    while (count < most && next() != "none")
      ++count;
    return count;
  }
  void ack(std::uint64_t n, std::string_view run = "run") {
    delivery.acknowledge({run, n, false, {}});
  }
  void dead(std::uint64_t n, std::string_view why) { delivery.acknowledge({"run", n, true, why}); }
  std::uint64_t counter(std::string_view name) const {
    Counters counters;
    delivery.add_counters(counters);
    for (const auto& [key, value] : counters) {
      if (key == name) return value;
    }
    return UINT64_MAX;
  }

  Loop loop;
  LiveLines live;
  FakeBacklog backlog;
  Delivery delivery;
  std::uint64_t done = 0;
  int nonsense = 0;
};

TEST(Delivery, HelloGoesFirstThenNumberedRecords) {
  Bench bench(2);
  EXPECT_EQ(bench.next(), "hello");
  EXPECT_EQ(bench.next(), "{\"_n\":1,\"r\":1}");
  EXPECT_EQ(bench.next(), "{\"_n\":2,\"r\":2}");
  EXPECT_EQ(bench.next(), "none");
}

TEST(Delivery, LiveLinesOvertakeTheBacklogButNotHello) {
  Bench bench(2);
  bench.live.push("{\"live\":1}", false, Loop::Clock::now());
  EXPECT_EQ(bench.next(), "hello");
  EXPECT_EQ(bench.next(), "{\"live\":1}");
  EXPECT_EQ(bench.next(), "{\"_n\":1,\"r\":1}");
}

TEST(Delivery, LiveLinesGoOutWhileTheWindowIsFull) {
  Delivery::Options options;
  options.window_records = 1;
  Bench bench(5, options);
  EXPECT_EQ(bench.take(10), 2);
  bench.live.push("{\"live\":1}", false, Loop::Clock::now());
  EXPECT_EQ(bench.next(), "{\"live\":1}");
  EXPECT_EQ(bench.next(), "none");
}

TEST(Delivery, NeverMoreThanTheWindowIsOut) {
  Delivery::Options options;
  options.window_records = 3;
  Bench bench(100, options);
  EXPECT_EQ(bench.take(100), 1 + 3);
  bench.ack(2);
  EXPECT_EQ(bench.take(100), 2);
  EXPECT_EQ(bench.delivery.undone(), 3U);
}

TEST(Delivery, ARecordThatDidNotFitIsTheNextOneNotALostOne) {
  Delivery::Options options;
  options.window_bytes = 15;  // two records of 7 bytes
  Bench bench(3, options);
  EXPECT_EQ(bench.take(10), 1 + 2);
  EXPECT_EQ(bench.delivery.left(), 3U);
  bench.ack(1);
  EXPECT_EQ(bench.next(), "{\"_n\":3,\"r\":3}");
}

TEST(Delivery, AnotherRunsAcknowledgementIsIgnoredAndCounted) {
  Bench bench(3);
  bench.take(4);
  bench.ack(3, "other");
  EXPECT_EQ(bench.delivery.undone(), 3U);
  EXPECT_EQ(bench.backlog.done_seq, 0U);
  EXPECT_EQ(bench.counter("otherRunAcks"), 1U);
  EXPECT_FALSE(bench.delivery.run_acknowledged());
}

TEST(Delivery, AcknowledgingTooMuchIsNonsenseAndChangesNothing) {
  Bench bench(3);
  bench.take(3);
  bench.ack(9);
  EXPECT_EQ(bench.nonsense, 1);
  EXPECT_EQ(bench.delivery.undone(), 2U);
  EXPECT_EQ(bench.backlog.done_seq, 0U);
  bench.ack(2);
  EXPECT_EQ(bench.done, 2U);
}

TEST(Delivery, ANewRunGetsTheUndoneAgainUnderNewNumbers) {
  Bench bench(4);
  bench.take(5);
  bench.ack(2);
  bench.delivery.begin_run("next", "");
  EXPECT_EQ(bench.next(), "{\"_n\":1,\"r\":3}");
  EXPECT_EQ(bench.next(), "{\"_n\":2,\"r\":4}");
  bench.ack(2);  // the old run's consumer speaks again
  EXPECT_EQ(bench.delivery.undone(), 2U);
  bench.ack(2, "next");
  EXPECT_EQ(bench.backlog.done_seq, 4U);
  EXPECT_EQ(bench.counter("delivered"), 4U);
}

TEST(Delivery, ADeadRecordIsFiledWithItsReasonAndIsDone) {
  Bench bench(3);
  bench.take(4);
  bench.dead(1, "too hot");
  EXPECT_EQ(bench.backlog.letters, std::vector<std::string>{"{\"r\":1} too hot"});
  EXPECT_EQ(bench.backlog.done_seq, 1U);
  EXPECT_EQ(bench.delivery.undone(), 2U);
}

TEST(Delivery, ADeadRecordIsNotDoneBeforeItsLetterIsDurable) {
  Bench bench(3);
  bench.take(4);
  bench.backlog.full = true;
  bench.dead(1, "x");
  bench.dead(2, "y");
  EXPECT_EQ(bench.backlog.done_seq, 0U);
  bench.ack(3);  // everything up to 3 is done, says the consumer
  bench.dead(1, "once more");
  EXPECT_EQ(bench.backlog.done_seq, 0U);
  EXPECT_EQ(bench.delivery.undone(), 3U);
  EXPECT_TRUE(bench.delivery.letters_waiting());
  bench.backlog.full = false;
  bench.delivery.save();
  EXPECT_EQ(bench.backlog.done_seq, 3U);
  EXPECT_FALSE(bench.delivery.letters_waiting());
  EXPECT_EQ(bench.backlog.letters.size(), 2U);
}

TEST(Delivery, ADeadRecordThatWasDroppedMeanwhileIsJustDone) {
  Bench bench(1);
  bench.take(2);
  bench.backlog.gone = true;
  bench.dead(1, "x");
  EXPECT_TRUE(bench.backlog.letters.empty());
  EXPECT_EQ(bench.backlog.done_seq, 1U);
}

TEST(Delivery, ThePositionIsWrittenDownAtLeastEveryThousandRecords) {
  Delivery::Options options;
  options.window_records = 5000;
  Bench bench(3000, options);
  bench.take(3001);
  for (std::uint64_t n = 1; n <= 3000; ++n)
    bench.ack(n);
  ASSERT_EQ(bench.backlog.saved.size(), 3U);
  EXPECT_EQ(bench.backlog.saved[0], (std::pair<std::uint64_t, bool>{1000, false}));
  EXPECT_EQ(bench.backlog.saved[2], (std::pair<std::uint64_t, bool>{3000, false}));
  bench.delivery.save();
  EXPECT_EQ(bench.backlog.saved.back(), (std::pair<std::uint64_t, bool>{3000, true}));
}

TEST(Delivery, WithAckWriteLinesAreBareAndDoneWhenWritten) {
  Delivery::Options options;
  options.numbered = false;
  Bench bench(2, options);
  bench.delivery.begin_run("run", "");
  EXPECT_EQ(bench.next(), "{\"r\":1}");
  EXPECT_EQ(bench.backlog.done_seq, 0U);
  bench.delivery.written(1);
  EXPECT_EQ(bench.backlog.done_seq, 1U);
}

TEST(Delivery, WithAcknowledgementsWrittenIsNotDone) {
  Bench bench(2);
  bench.take(3);
  bench.delivery.written(2);
  EXPECT_EQ(bench.backlog.done_seq, 0U);
}

TEST(Delivery, AfterStopOnlyLiveLinesGoOut) {
  Bench bench(5);
  bench.take(2);
  bench.delivery.stop_records();
  bench.live.push("{\"live\":1}", false, Loop::Clock::now());
  EXPECT_EQ(bench.next(), "{\"live\":1}");
  EXPECT_EQ(bench.next(), "none");
}

}  // namespace
}  // namespace tbgw::spool
