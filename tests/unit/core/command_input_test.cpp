// SPDX-License-Identifier: Apache-2.0
// A connector's stdin: what is a command, what is copied, ignored or rejected, and when stdin is
// not read at all.
#include "core/command_input.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/status.hpp"

namespace tbgw {
namespace {

class CommandInputTest : public testing::Test {
 protected:
  void send(const std::string& text) { ASSERT_TRUE(write_all(pipe_.write.get(), text)); }
  void turn() {
    for (int i = 0; i < 20; ++i)
      loop_.turn(Loop::Duration{0});
  }
  CommandHooks hooks() {
    CommandHooks hooks;
    hooks.command = [this](const Line&, CommandHooks::Members members) -> Result<void> {
      const std::string bytes{find(members, "send")->text};
      if (bytes == "bad") return Error{"bad"};
      seen_.push_back("command " + bytes);
      return {};
    };
    hooks.event = [this](std::string_view event, const Line&, CommandHooks::Members) {
      seen_.push_back("event " + std::string{event});
      return Result<void>{};
    };
    hooks.copy = [this](std::string_view line) { seen_.push_back("copy " + std::string{line}); };
    return hooks;
  }
  using Words = std::vector<std::string>;

  Loop loop_;
  Pipe pipe_ = make_pipe();
  Words seen_;
};

TEST_F(CommandInputTest, EachKindOfLineGoesWhereItBelongs) {
  CommandInput input(loop_, pipe_.read.get(), kMaxRecord, hooks());
  send(
      "{\"spool\":1,\"run\":\"x\"}\n"
      "{\"device\":\"D\",\"send\":\"a\"}\n"
      "{\"event\":\"attributes\",\"data\":{}}\n"
      "{\"event\":\"rpc\",\"data\":{}}\n"
      "{\"event\":\"rpc-reply\", \"id\":1}\n"
      "{\"event\":\"stats\"}\n{\"event\":\"fault\"}\n{\"event\":\"platform-up\"}\n"
      "{\"event\":\"something-new\"}\n");
  turn();
  EXPECT_EQ(seen_, (Words{"command a", "event attributes", "event rpc",
                          "copy {\"event\":\"rpc-reply\", \"id\":1}"}));
  EXPECT_EQ(input.counts().lines, 9U);
  EXPECT_EQ(input.counts().rejected, 0U);
  EXPECT_EQ(input.counts().ignored, 5U);
  EXPECT_EQ(input.counts().copied, 1U);
}

TEST_F(CommandInputTest, BadLinesCostOnlyThemselves) {
  testing::internal::CaptureStderr();
  CommandInput input(loop_, pipe_.read.get(), 100, hooks());
  send("nonsense\n\n{\"a\":1}\n{\"send\":\"bad\"}\n{\"event\":5}\n" + std::string(2000, 'x') +
       "\n{\"send\":\"good\"}\n");
  turn();
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(seen_, Words{"command good"});
  EXPECT_EQ(input.counts().rejected, 6U);
  for (const char* place : {"stdin:1: ", "stdin:2: ", "stdin:3: ", "stdin:4: bad",
                            "stdin:5: ", "stdin:6: the line is longer than --max-record"}) {
    EXPECT_NE(said.find(place), std::string::npos) << place;
  }
}

TEST_F(CommandInputTest, UnterminatedLastCommandIsStillACommand) {
  CommandInput input(loop_, pipe_.read.get(), kMaxRecord, hooks());
  send("{\"send\":\"last\"}");
  pipe_.write.reset();
  turn();
  EXPECT_EQ(seen_, Words{"command last"});
}

TEST_F(CommandInputTest, AfterItsEndNothingIsWaitedFor) {
  const CommandInput input(loop_, pipe_.read.get(), kMaxRecord, hooks());
  pipe_.write.reset();
  turn();
  const auto before = Loop::Clock::now();
  loop_.turn(Loop::Duration{30});  // a watched end would return at once, for ever
  EXPECT_GE(Loop::Clock::now() - before, Loop::Duration{29});
}

TEST_F(CommandInputTest, PausedLinesStayInThePipe) {
  CommandInput input(loop_, pipe_.read.get(), kMaxRecord, hooks());
  input.set_paused(true);
  send("{\"send\":\"a\"}\n");
  turn();
  EXPECT_TRUE(seen_.empty());
  input.set_paused(false);
  turn();
  EXPECT_EQ(seen_, Words{"command a"});
}

TEST_F(CommandInputTest, StopInsideAHookIsTheLastLine) {
  CommandInput* self = nullptr;
  CommandHooks hooks;
  hooks.command = [&](const Line&, CommandHooks::Members) {
    seen_.push_back("command");
    self->stop();
    return Result<void>{};
  };
  CommandInput input(loop_, pipe_.read.get(), kMaxRecord, std::move(hooks));
  self = &input;
  send("{\"send\":\"a\"}\n{\"send\":\"b\"}\n");
  turn();
  EXPECT_EQ(seen_, Words{"command"});
}

TEST(CarriesCommands, PipesAndSocketsOnly) {
  const Pipe pipe = make_pipe();
  EXPECT_TRUE(carries_commands(pipe.read.get()));
  std::array<int, 2> sockets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets.data()), 0);
  const Fd one{sockets[0]};
  const Fd two{sockets[1]};
  EXPECT_TRUE(carries_commands(one.get()));
  const Fd null{::open("/dev/null", O_RDONLY)};
  EXPECT_FALSE(carries_commands(null.get()));
}

TEST(CarriesCommands, PlainFileIsLeftAloneButReadWriteIsAMistake) {
  std::array<char, 32> name{"/tmp/tbgw-command-input.XXXXXX"};
  const Fd both{::mkstemp(name.data())};
  const Fd reading{::open(name.data(), O_RDONLY)};
  ::unlink(name.data());
  EXPECT_FALSE(carries_commands(reading.get()));
  try {
    static_cast<void>(carries_commands(both.get()));
    FAIL() << "a plain file opened read-write was taken";
  } catch (const Fatal& fatal) {
    EXPECT_EQ(fatal.status, Status::usage);
    EXPECT_NE(std::string{fatal.what()}.find("mkfifo"), std::string::npos);
  }
}

}  // namespace
}  // namespace tbgw
