// SPDX-License-Identifier: Apache-2.0
#include "core/output.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>

#include "core/fd.hpp"
#include "core/status.hpp"

namespace tbgw {
namespace {

std::string read_available(int fd) {
  std::string text;
  std::array<char, 65536> block{};
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  ssize_t got = 0;
  while ((got = ::read(fd, block.data(), block.size())) > 0) {
    text.append(block.data(), static_cast<std::size_t>(got));
  }
  return text;
}

void settle(Loop& loop) {
  for (int i = 0; i < 200; ++i)
    loop.turn(Loop::Duration{0});
}

TEST(Output, OldestDroppableRecordMakesRoomAndIsCounted) {
  Loop loop;
  Pipe pipe = make_pipe();
  Output out(loop, pipe.write.get(), 10);
  out.push("aaaa", true);
  out.push("bbbb", true);
  out.push("cccc", true);
  EXPECT_EQ(out.dropped(), 1U);
  settle(loop);
  EXPECT_EQ(read_available(pipe.read.get()), "bbbb\ncccc\n");
  EXPECT_EQ(out.written(), 2U);
}

TEST(Output, AnswersAreNeverDropped) {
  Loop loop;
  Pipe pipe = make_pipe();
  Output out(loop, pipe.write.get(), 10);
  out.push("answer", false);
  out.push("frame1", true);
  out.push("answer2", false);
  EXPECT_EQ(out.dropped(), 1U);
  settle(loop);
  EXPECT_EQ(read_available(pipe.read.get()), "answer\nanswer2\n");
}

TEST(Output, WhatWasNotBegunIsTakenBack) {
  Loop loop;
  Pipe pipe = make_pipe();
  Output out(loop, pipe.write.get(), 10);
  for (const char* const record : {"a1", "b1", "a2"})
    out.push(record, false);
  EXPECT_EQ(out.withdraw("a"), 2U);
  EXPECT_EQ(out.waiting_bytes(), 3U);
  settle(loop);
  EXPECT_EQ(read_available(pipe.read.get()), "b1\n");
  out.push("a" + std::string(100'000, 'x'), false);  // more than the pipe takes
  settle(loop);
  EXPECT_EQ(out.withdraw("a"), 0U);
}

TEST(Output, BlockedReaderNeverTearsARecord) {
  Loop loop;
  Pipe pipe = make_pipe();
  ::fcntl(pipe.write.get(), F_SETPIPE_SZ, 4096);
  Output out(loop, pipe.write.get(), 100'000);
  std::string sent;
  std::string received;
  for (int i = 0; i < 3000; ++i) {
    const std::string record =
        std::to_string(i) + std::string(static_cast<std::size_t>(i % 90), 'x');
    out.push(record, true);
    if (i % 100 == 99) {
      settle(loop);
      received += read_available(pipe.read.get());
    }
  }
  while (!out.empty()) {
    settle(loop);
    received += read_available(pipe.read.get());
  }
  received += read_available(pipe.read.get());
  std::size_t at = 0;
  std::uint64_t records = 0;
  int last = -1;
  while (at < received.size()) {
    const std::size_t stop = received.find('\n', at);
    ASSERT_NE(stop, std::string::npos);
    const int number = std::stoi(received.substr(at, stop - at));
    EXPECT_GT(number, last);
    EXPECT_EQ(stop - at, std::to_string(number).size() + static_cast<std::size_t>(number % 90));
    last = number;
    ++records;
    at = stop + 1;
  }
  EXPECT_EQ(records + out.dropped(), 3000U);
}

TEST(Output, LongRecordGoesOutWhole) {
  Loop loop;
  Pipe pipe = make_pipe();
  Output out(loop, pipe.write.get(), 1 << 20);
  const std::string record(50'000, 'y');
  out.push(record, false);
  settle(loop);
  EXPECT_EQ(read_available(pipe.read.get()), record + "\n");
}

TEST(Output, ReaderThatIsGoneIsNoticedWithNothingToWrite) {
  Loop loop;
  Pipe pipe = make_pipe();
  const Output out(loop, pipe.write.get(), 100);
  loop.turn(Loop::Duration{0});
  pipe.read.reset();
  EXPECT_THROW(loop.turn(Loop::Duration{0}), ConsumerGone);
}

TEST(Output, DrainGivesUpAtItsDeadline) {
  Loop loop;
  Pipe pipe = make_pipe();
  Output out(loop, pipe.write.get(), 1 << 20);
  for (int i = 0; i < 10; ++i)
    out.push(std::string(20'000, 'z'), false);
  EXPECT_FALSE(out.drain(Loop::Clock::now() + Loop::Duration{50}));
  EXPECT_FALSE(out.empty());
}

TEST(LineWriter, LinesPastTheDeadlineAreCounted) {
  Pipe pipe = make_pipe();
  LineWriter out(pipe.write.get());
  out.set_deadline(Loop::Clock::now());
  for (int i = 0; i < 1000; ++i)
    out.line(std::string(99, 'l'));
  out.flush();
  const std::string received = read_available(pipe.read.get());
  EXPECT_GT(out.lost_lines(), 0U);
  EXPECT_LE(out.lost_lines() * 100 + received.size(), 100'000U + 99U);
  EXPECT_GE(out.lost_lines() * 100 + received.size(), 100'000U - 99U);
}

}  // namespace
}  // namespace tbgw
