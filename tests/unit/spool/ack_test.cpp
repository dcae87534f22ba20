// SPDX-License-Identifier: Apache-2.0
// What may go wrong with acknowledgements as text and with the FIFO they come through: torn lines,
// garbage, consumers that come and go.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/status.hpp"
#include "scratch.hpp"
#include "spool/ack_channel.hpp"
#include "spool/ack_line.hpp"

namespace tbgw::spool {
namespace {

struct Heard {
  std::vector<std::string> lines;
  void operator()(const AckLine& ack) {
    lines.push_back(std::string{ack.run} + (ack.dead ? " dead " : " ack ") +
                    std::to_string(ack.number) + (ack.dead ? " " + std::string{ack.reason} : ""));
  }
};

std::vector<std::string> heard(std::string_view bytes, std::uint64_t garbled = 0) {
  AckLines lines;
  Heard heard;
  lines.feed(bytes, [&heard](const AckLine& ack) { heard(ack); });
  EXPECT_EQ(lines.garbled(), garbled) << bytes;
  return heard.lines;
}

TEST(AckLines, BothFormsInAnyOrderOfMembers) {
  EXPECT_EQ(heard("{\"run\":\"r\",\"ack\":17}\n"), std::vector<std::string>{"r ack 17"});
  EXPECT_EQ(heard("{ \"ack\" : 17 , \"run\" : \"r\" }\n"), std::vector<std::string>{"r ack 17"});
  EXPECT_EQ(heard("{\"run\":\"r\",\"dead\":3,\"reason\":\"no \\\"way\\\"\"}\n"),
            std::vector<std::string>{"r dead 3 no \"way\""});
  EXPECT_EQ(heard("{\"run\":\"r\",\"dead\":3}\n"), std::vector<std::string>{"r dead 3 "});
}

TEST(AckLines, LinesTornByReadsAreWhole) {
  const std::string text = "{\"run\":\"r\",\"ack\":1}\n{\"run\":\"r\",\"ack\":22}\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    AckLines lines;
    Heard all;
    const auto on_line = [&all](const AckLine& ack) { all(ack); };
    lines.feed(std::string_view{text}.substr(0, cut), on_line);
    lines.feed(std::string_view{text}.substr(cut), on_line);
    EXPECT_EQ(all.lines, (std::vector<std::string>{"r ack 1", "r ack 22"})) << cut;
  }
}

TEST(AckLines, GarbageIsCountedAndCostsOnlyItself) {
  for (const char* bad :
       {"", "17", "ack 17", "{\"ack\":17}", "{\"run\":1,\"ack\":17}", "{\"run\":\"r\"}",
        "{\"run\":\"r\",\"ack\":\"17\"}", "{\"run\":\"r\",\"ack\":1.5}",
        "{\"run\":\"r\",\"ack\":-1}", "{\"run\":\"r\",\"ack\":99999999999999999999}",
        "{\"run\":\"r\",\"ack\":17", "\xff\xfe{}"}) {
    EXPECT_EQ(heard(std::string{bad} + "\n{\"run\":\"r\",\"ack\":2}\n", 1),
              std::vector<std::string>{"r ack 2"})
        << bad;
  }
}

TEST(AckLines, AnEndlessLineTakesNoMemoryAndCountsOnce) {
  AckLines lines;
  Heard all;
  const auto on_line = [&all](const AckLine& ack) { all(ack); };
  for (int i = 0; i < 100; ++i)
    lines.feed(std::string(10'000, 'x'), on_line);
  lines.feed("\n{\"run\":\"r\",\"ack\":2}\n", on_line);
  EXPECT_EQ(lines.garbled(), 1U);
  EXPECT_EQ(all.lines, std::vector<std::string>{"r ack 2"});
}

TEST(AckLines, HalfALineOfADeadWriterDoesNotSpoilTheNextWriters) {
  AckLines lines;
  Heard all;
  const auto on_line = [&all](const AckLine& ack) { all(ack); };
  lines.feed("{\"run\":\"r\",\"ack\":1", on_line);
  lines.restart();
  lines.feed("{\"run\":\"r\",\"ack\":2}\n", on_line);
  EXPECT_EQ(all.lines, std::vector<std::string>{"r ack 2"});
}

/// A channel on a fresh FIFO, what came through it, and how often its writers went.
struct Listening {
  explicit Listening(const std::string& path)
      : channel(
            loop, path, [this](const AckLine& ack) { heard(ack); }, [this] { ++closed; }) {}
  void turn() {
    for (int i = 0; i < 5; ++i)
      loop.turn(std::chrono::milliseconds{0});
  }
  Loop loop;
  Heard heard;
  int closed = 0;
  AckChannel channel;
};

Fd open_writer(const std::string& path) {
  return Fd{::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
}

void say(const Fd& fd, std::uint64_t n) {
  ASSERT_TRUE(write_all(fd.get(), "{\"run\":\"r\",\"ack\":" + std::to_string(n) + "}\n"));
}

TEST(AckChannel, MakesAFifoThatOnlyItsOwnerMayUse) {
  const test::Scratch scratch;
  const Listening listening(scratch / "ack");
  struct stat info {};
  ASSERT_EQ(::stat((scratch / "ack").c_str(), &info), 0);
  EXPECT_TRUE(S_ISFIFO(info.st_mode));
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(AckChannel, HoldsNoWriteEndSoThatAConsumerCanTellWhetherItLives) {
  const test::Scratch scratch;
  {
    const Listening listening(scratch / "ack");
    EXPECT_TRUE(open_writer(scratch / "ack"));
  }
  EXPECT_FALSE(open_writer(scratch / "ack"));
  EXPECT_EQ(errno, ENXIO);
}

TEST(AckChannel, ConsumersComeAndGoAndNothingIsLostBetweenThem) {
  const test::Scratch scratch;
  Listening listening(scratch / "ack");
  listening.turn();
  EXPECT_EQ(listening.closed, 0);  // nobody came yet: that is not "gone"
  for (std::uint64_t n = 1; n <= 3; ++n) {
    Fd writer = open_writer(scratch / "ack");
    say(writer, n);
    writer.reset();
    listening.turn();
    EXPECT_EQ(listening.closed, static_cast<int>(n));
  }
  EXPECT_EQ(listening.heard.lines, (std::vector<std::string>{"r ack 1", "r ack 2", "r ack 3"}));
}

TEST(AckChannel, WhileAnotherWriterLivesTheChannelIsNotClosed) {
  const test::Scratch scratch;
  Listening listening(scratch / "ack");
  const Fd old = open_writer(scratch / "ack");
  Fd fresh = open_writer(scratch / "ack");
  say(fresh, 1);
  fresh.reset();
  listening.turn();
  EXPECT_EQ(listening.closed, 0);
  EXPECT_EQ(listening.heard.lines.size(), 1U);
}

TEST(AckChannel, AClosedChannelDoesNotWakeTheLoopForEver) {
  const test::Scratch scratch;
  Listening listening(scratch / "ack");
  open_writer(scratch / "ack").reset();
  listening.turn();
  const auto start = Loop::Clock::now();
  listening.loop.turn(std::chrono::milliseconds{50});
  EXPECT_GE(Loop::Clock::now() - start, std::chrono::milliseconds{45});
}

TEST(AckChannel, RefusesWhatIsNoFifo) {
  const test::Scratch scratch;
  test::write_bytes(scratch / "file", "precious");
  ASSERT_EQ(::symlink("/dev/null", (scratch / "link").c_str()), 0);
  for (const char* name : {"file", "link"}) {
    try {
      const Listening listening(scratch / name);
      ADD_FAILURE() << name << " was taken";
    } catch (const Fatal& fatal) {
      EXPECT_EQ(fatal.status, Status::cannot_create);
      EXPECT_NE(std::string{fatal.what()}.find(name), std::string::npos);
    }
  }
  EXPECT_EQ(test::read_bytes(scratch / "file"), "precious");
}

TEST(AckChannel, HelloNamesTheRunAndTheChannel) {
  EXPECT_EQ(hello_with_path("00ff", "/q/ack"),
            "{\"spool\":1,\"run\":\"00ff\",\"ack\":\"/q/ack\"}\n");
  EXPECT_EQ(hello_with_fd("00ff", 3), "{\"spool\":1,\"run\":\"00ff\",\"ack_fd\":3}\n");
  const std::string id = new_run_id();
  EXPECT_EQ(id.size(), 16U);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(id, new_run_id());
}

}  // namespace
}  // namespace tbgw::spool
