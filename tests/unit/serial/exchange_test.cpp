// SPDX-License-Identifier: Apache-2.0
// Commands and polls with times of our own making: what is written, when, and whose a frame is.
#include "serial/exchange.hpp"

#include <gtest/gtest.h>

namespace tbgw::serial {
namespace {

using std::chrono::milliseconds;

Time at(int ms) {
  return Time{} + milliseconds{ms};
}

Command command(const std::string& bytes, std::optional<int> timeout = {},
                const std::string& rpc = "{\"id\":1}") {
  Command out;
  out.device = "D";
  out.bytes = bytes;
  out.rpc = rpc;
  if (timeout) out.answer = milliseconds{*timeout};
  return out;
}

/// One port with a clock that only moves when told.
class ExchangeTest : public testing::Test {
 protected:
  ExchangeTest() { restart({}); }

  void restart(Poll poll) {
    exchange_ = Exchange(std::move(poll), milliseconds{5000});
    exchange_.open();
    exchange_.start(at(0));
  }
  void submit(Command what) { exchange_.submit(std::move(what), out_); }
  void frame(const std::string& data, int first, int now) {
    exchange_.frame({data, at(first)}, at(now), out_);
  }
  void advance(int now, bool may_poll = true) { exchange_.advance(at(now), may_poll, out_); }
  /// What is written at this time; it leaves the line `line` ms later.
  std::string write(int now, int line = 0) {
    advance(now);
    const std::string bytes{exchange_.to_write()};
    if (!bytes.empty()) exchange_.wrote(bytes.size(), at(now), at(now + line), out_);
    return bytes;
  }
  /// The outcomes since the last call, one word each.
  std::vector<std::string> outcomes() {
    std::vector<std::string> words;
    for (const Outcome& outcome : out_) {
      if (const auto* reading = std::get_if<Reading>(&outcome)) {
        words.push_back("reading " + reading->frame.data);
      } else if (const auto* answer = std::get_if<Answer>(&outcome)) {
        words.push_back("answer " + answer->frame.data + " to " + answer->command.bytes);
      } else if (const auto* sent = std::get_if<Sent>(&outcome)) {
        words.push_back("sent " + sent->command.bytes);
      } else if (const auto* failed = std::get_if<Failed>(&outcome)) {
        words.push_back("failed " + failed->command.bytes + ": " + failed->why);
      } else if (const auto* fault = std::get_if<PollFault>(&outcome)) {
        words.push_back(fault->answers ? "polls answered" : "polls unanswered");
      }
    }
    out_.clear();
    return words;
  }
  using Words = std::vector<std::string>;

  Exchange exchange_{Poll{}, milliseconds{5000}};
  Outcomes out_;
};

TEST_F(ExchangeTest, CommandWithoutAnswerIsDoneWhenWritten) {
  submit(command("a"));
  EXPECT_EQ(write(1), "a");
  EXPECT_EQ(outcomes(), Words{"sent a"});
  EXPECT_EQ(exchange_.deadline(), std::nullopt);
}

TEST_F(ExchangeTest, AnswerIsTheFirstFrameThatBeganAfterTheCommandWasOut) {
  submit(command("ask", 1000));
  EXPECT_EQ(write(10, 5), "ask");
  frame("before", 9, 12);
  frame("during", 14, 16);  // began while the command was still on the line
  frame("answer", 16, 20);
  frame("after", 21, 22);
  EXPECT_EQ(outcomes(),
            (Words{"reading before", "reading during", "answer answer to ask", "reading after"}));
  EXPECT_EQ(exchange_.counts().answers, 1U);
}

TEST_F(ExchangeTest, PartOfAWriteIsContinued) {
  submit(command("abcdef"));
  advance(0);
  exchange_.wrote(2, at(0), at(0), out_);
  EXPECT_EQ(exchange_.to_write(), "cdef");
  EXPECT_TRUE(outcomes().empty());
  exchange_.wrote(4, at(1), at(1), out_);
  EXPECT_EQ(outcomes(), Words{"sent abcdef"});
}

TEST_F(ExchangeTest, OneAtATimeInOrder) {
  submit(command("one", 100));
  submit(command("two"));
  EXPECT_EQ(write(0), "one");
  EXPECT_EQ(write(1), "");
  frame("1", 2, 2);
  EXPECT_EQ(write(2), "two");
  EXPECT_EQ(outcomes(), (Words{"answer 1 to one", "sent two"}));
}

TEST_F(ExchangeTest, SilentDeviceFailsTheCommandInTime) {
  submit(command("ask", 100));
  write(0, 10);
  EXPECT_EQ(exchange_.deadline(), at(110));
  advance(109);
  EXPECT_TRUE(outcomes().empty());
  advance(110);
  EXPECT_EQ(outcomes(), Words{"failed ask: timeout"});
  EXPECT_EQ(exchange_.counts().timeouts, 1U);
}

TEST_F(ExchangeTest, LateAnswerIsNeitherAReadingNorTheNextCommandsAnswer) {
  submit(command("one", 100));
  write(0);
  advance(100);
  submit(command("two", 100));
  EXPECT_EQ(write(120), "") << "sent while the first answer may still come";
  frame("late", 150, 150);
  EXPECT_EQ(write(150), "two");
  frame("2", 160, 160);
  EXPECT_EQ(outcomes(), (Words{"failed one: timeout", "answer 2 to two"}));
  EXPECT_EQ(exchange_.counts().late_answers, 1U);
}

TEST_F(ExchangeTest, LateAnswerThatOnlyBeganInTimeIsStillLate) {
  submit(command("one", 100));
  write(0);
  advance(100);
  EXPECT_EQ(exchange_.deadline(), std::nullopt);
  submit(command("two", 100));
  EXPECT_EQ(exchange_.deadline(), at(200));
  EXPECT_EQ(write(200), "two");
  frame("late", 199, 210);
  frame("2", 220, 220);
  EXPECT_EQ(outcomes(), (Words{"failed one: timeout", "answer 2 to two"}));
}

TEST_F(ExchangeTest, FrameAfterTheGraceIsAReadingAgain) {
  submit(command("one", 100));
  write(0);
  advance(100);
  frame("much later", 200, 201);
  EXPECT_EQ(outcomes(), (Words{"failed one: timeout", "reading much later"}));
}

TEST_F(ExchangeTest, GraceIsNoLongerThanASecond) {
  submit(command("one", 5000));
  write(0);
  advance(5000);
  submit(command("two", 100));
  EXPECT_EQ(write(5999), "");
  EXPECT_EQ(write(6000), "two");
}

TEST_F(ExchangeTest, CommandWithoutAnswerDoesNotWaitForTheGrace) {
  submit(command("one", 100));
  write(0);
  advance(100);
  submit(command("two"));
  EXPECT_EQ(write(101), "two");
}

TEST_F(ExchangeTest, AnswerNobodyAskedTheNameOfIsNoReading) {
  submit(command("ask", 100, ""));
  write(0);
  frame("ok", 1, 1);
  EXPECT_TRUE(outcomes().empty());
  EXPECT_EQ(exchange_.counts().answers, 1U);
}

TEST_F(ExchangeTest, QueueIsBoundedAndSaysBusy) {
  submit(command("first", 1000));
  EXPECT_EQ(write(0), "first");
  for (std::size_t i = 0; i < kMostCommands; ++i)
    submit(command("more"));
  EXPECT_TRUE(outcomes().empty());
  submit(command("last"));
  EXPECT_EQ(outcomes(), Words{"failed last: busy"});
  EXPECT_EQ(exchange_.counts().rejected, 1U);
}

TEST_F(ExchangeTest, WithoutAPortCommandsFailAtOnce) {
  submit(command("one", 100));
  submit(command("two"));
  write(0);
  exchange_.stop("the port was lost", out_);
  submit(command("three"));
  EXPECT_EQ(outcomes(), (Words{"failed one: the port was lost", "failed two: the port was lost",
                               "failed three: port is not open"}));
  EXPECT_EQ(exchange_.to_write(), "");
}

TEST_F(ExchangeTest, CommandsWaitWhileTheLineIsWatched) {
  exchange_.stop("", out_);
  exchange_.open();
  submit(command("early"));
  EXPECT_EQ(write(10), "");
  exchange_.start(at(50));
  EXPECT_EQ(write(50), "early");
}

TEST_F(ExchangeTest, BytesNobodyTakesAreGivenUp) {
  submit(command("abc"));
  advance(0);
  exchange_.wrote(1, at(0), at(0), out_);
  EXPECT_FALSE(exchange_.take_discard());
  advance(5000);
  EXPECT_EQ(outcomes(), Words{"failed abc: the port took only 1 of 3 bytes in 5s"});
  EXPECT_TRUE(exchange_.take_discard());
  EXPECT_FALSE(exchange_.take_discard());
}

class PollTest : public ExchangeTest {
 protected:
  PollTest() { restart(every_second()); }
  static Poll every_second(std::uint32_t retries = 0) {
    return {"?\n", milliseconds{1000}, milliseconds{100}, retries};
  }
};

TEST_F(PollTest, AnswerIsAReadingAndTheNextPollComesInTime) {
  EXPECT_EQ(write(0), "?\n");
  frame("21.5", 5, 6);
  EXPECT_EQ(exchange_.deadline(), at(1000));
  EXPECT_EQ(write(999), "");
  EXPECT_EQ(write(1003), "?\n");
  frame("21.6", 1005, 1006);
  EXPECT_EQ(exchange_.deadline(), at(2000)) << "late polls must not push the schedule";
  EXPECT_EQ(outcomes(), (Words{"reading 21.5", "reading 21.6"}));
}

TEST_F(PollTest, CommandsGoBeforePolls) {
  write(0);
  frame("1", 1, 1);
  submit(command("set"));
  EXPECT_EQ(write(1000), "set");
  EXPECT_EQ(write(1000), "?\n");
}

TEST_F(PollTest, FaultIsTheChangeNotEachMiss) {
  for (int second = 0; second < 3; ++second) {
    EXPECT_EQ(write(second * 1000), "?\n");
    advance(second * 1000 + 100);
  }
  EXPECT_EQ(outcomes(), Words{"polls unanswered"});
  EXPECT_EQ(exchange_.counts().poll_misses, 3U);
  write(3000);
  frame("1", 3001, 3001);
  EXPECT_EQ(outcomes(), (Words{"polls answered", "reading 1"}));
}

TEST_F(PollTest, RetriesBeforeItIsAMiss) {
  restart(every_second(1));
  write(0);
  EXPECT_EQ(write(100), "") << "the late answer would pass for the retry's";
  EXPECT_EQ(write(200), "?\n");
  frame("1", 210, 210);
  EXPECT_EQ(exchange_.counts().poll_misses, 0U);
  EXPECT_EQ(exchange_.counts().polls, 2U);
  EXPECT_EQ(exchange_.deadline(), at(1000));
}

TEST_F(PollTest, LateAnswerIsAReadingAndNotTheCommandsAnswer) {
  write(0);
  advance(100);
  submit(command("ask", 100));
  EXPECT_EQ(write(110), "");
  frame("late", 120, 120);
  EXPECT_EQ(write(120), "ask");
  frame("mine", 130, 130);
  EXPECT_EQ(outcomes(), (Words{"polls unanswered", "reading late", "answer mine to ask"}));
}

TEST_F(PollTest, SkippedAndCountedWhileStdoutTakesNothing) {
  advance(0, false);
  EXPECT_EQ(exchange_.to_write(), "");
  EXPECT_EQ(exchange_.deadline(), at(1000));
  EXPECT_EQ(exchange_.counts().polls_skipped, 1U);
  submit(command("set"));
  advance(10, false);
  EXPECT_EQ(exchange_.to_write(), "set") << "commands are not polls";
}

TEST_F(PollTest, PollsThatFellBehindAreNotMadeUpFor) {
  write(0);
  frame("1", 3500, 3500);  // the process was stopped meanwhile
  EXPECT_EQ(write(3500), "?\n");
  frame("2", 3501, 3501);
  EXPECT_EQ(exchange_.deadline(), at(4500));
}

}  // namespace
}  // namespace tbgw::serial
