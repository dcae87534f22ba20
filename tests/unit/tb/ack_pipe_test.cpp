// SPDX-License-Identifier: Apache-2.0
// The way back to a spool: real FIFOs, and what may be in their place.
#include "tb/ack_pipe.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/status.hpp"

namespace tbgw::tb {
namespace {

class AckPipeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    std::string folder = ::testing::TempDir() + "tbgw-ack.XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
    path_ = folder + "/ack";
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void spool_reads() { reader_ = Fd{::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)}; }
  SpoolHello hello(const std::string& run = "r1") { return {"1", run, path_, -1}; }
  /// What the spool finds.
  std::string got() {
    std::string out;
    std::array<char, 4096> block{};
    ssize_t size = 0;
    while ((size = ::read(reader_.get(), block.data(), block.size())) > 0)
      out.append(block.data(), static_cast<std::size_t>(size));
    return out;
  }
  /// The status that opening ends with.
  Status refusal(SpoolHello hello) {
    try {
      const AckPipe pipe(loop_, std::move(hello));
      return Status::ok;
    } catch (const Fatal& fatal) {
      why_ = fatal.what();
      return fatal.status;
    }
  }

  Loop loop_;
  std::string folder_;
  std::string path_;
  std::string why_;
  Fd reader_;
};

TEST_F(AckPipeTest, SaysWhatASpoolUnderstandsTheDeadFirst) {
  spool_reads();
  AckPipe pipe(loop_, hello());
  pipe.say({17, ""});
  pipe.say({18, "bad \"name\""});
  pipe.say({19, ""});
  pipe.flush();
  EXPECT_EQ(got(),
            "{\"run\":\"r1\",\"dead\":18,\"reason\":\"bad \\\"name\\\"\"}\n"
            "{\"run\":\"r1\",\"ack\":19}\n");
  EXPECT_TRUE(pipe.idle());
  EXPECT_EQ(pipe.told_done(), 19U);
  EXPECT_EQ(pipe.told_dead(), 1U);
}

TEST_F(AckPipeTest, NobodyReadingMeansThatTheSpoolIsGone) {
  EXPECT_EQ(refusal(hello()), Status::try_again);
  EXPECT_EQ(why_, path_ + ": the spool that said hello is gone");
}

TEST_F(AckPipeTest, WhatIsNoFifoOrCannotBeReachedIsAConfigurationErrorWithTheRemedy) {
  SpoolHello absent = hello();
  absent.ack += "-absent";
  SpoolHello file = hello();
  file.ack = folder_ + "/file";
  ASSERT_TRUE(Fd{::open(file.ack.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)});
  SpoolHello link = hello();
  link.ack = folder_ + "/link";
  std::filesystem::create_symlink(path_, link.ack);
  spool_reads();
  for (const SpoolHello& bad : {absent, file, link, SpoolHello{"1", "r1", "", 999},
                                SpoolHello{"2", "r1", path_, -1}, SpoolHello{"1", "", path_, -1}}) {
    EXPECT_EQ(refusal(bad), Status::config) << bad.ack;
  }
  EXPECT_EQ(refusal(file), Status::config);
  EXPECT_NE(why_.find("tbgw-spool --ack write"), std::string::npos) << why_;
}

TEST_F(AckPipeTest, AFullPipeNeverBlocksAndKeepsOnlyTheNewestAcknowledgement) {
  spool_reads();
  AckPipe pipe(loop_, hello());
  std::uint64_t number = 0;
  while (pipe.idle()) {
    pipe.say({++number, ""});
    pipe.flush();
  }
  for (int i = 0; i < 1000; ++i) {
    pipe.say({++number, ""});
    pipe.flush();
  }
  got();
  loop_.turn(std::chrono::seconds{5});  // writable again
  EXPECT_EQ(got(), "{\"run\":\"r1\",\"ack\":" + std::to_string(number) + "}\n");
  EXPECT_TRUE(pipe.idle());
}

TEST_F(AckPipeTest, ALongReasonIsCutSoThatALineIsNeverTorn) {
  spool_reads();
  AckPipe pipe(loop_, hello());
  std::string reason = "x";
  for (int i = 0; i < 3000; ++i)
    reason += "\xc3\xa9";
  pipe.say({1, reason});
  pipe.flush();
  const std::string line = got();
  EXPECT_LE(line.size(), 4096U);
  EXPECT_EQ(line.substr(line.size() - 4), "\xa9\"}\n");
  pipe.say({2, std::string(3000, '\x01')});
  pipe.flush();
  EXPECT_LE(got().size(), 4096U);
}

TEST_F(AckPipeTest, ASpoolThatEndsIsNoticedAndDoesNotSpin) {
  spool_reads();
  AckPipe pipe(loop_, hello());
  reader_.reset();
  pipe.say({1, ""});
  pipe.flush();
  EXPECT_TRUE(pipe.gone());
  pipe.say({2, ""});
  pipe.flush();
  pipe.drain(Loop::Clock::now() + std::chrono::seconds{60});
}

TEST_F(AckPipeTest, ASpoolThatIsStartedAnewIsToldInItsName) {
  spool_reads();
  AckPipe pipe(loop_, hello());
  reader_.reset();
  spool_reads();
  pipe.restart(hello("r2"));
  pipe.say({1, ""});
  pipe.flush();
  EXPECT_EQ(got(), "{\"run\":\"r2\",\"ack\":1}\n");
}

TEST_F(AckPipeTest, AnInheritedDescriptorIsTakenOver) {
  Pipe inherited = make_pipe();
  ::fcntl(inherited.read.get(), F_SETFL, O_NONBLOCK);
  {
    AckPipe pipe(loop_, {"1", "r1", "", inherited.write.release()});
    pipe.say({5, ""});
    pipe.flush();
  }
  reader_ = std::move(inherited.read);
  EXPECT_EQ(got(), "{\"run\":\"r1\",\"ack\":5}\n");
  char byte = 0;
  EXPECT_EQ(::read(reader_.get(), &byte, 1), 0);  // and closed at the end
}

TEST_F(AckPipeTest, ADescriptorForReadingIsNone) {
  const Pipe wrong = make_pipe();
  EXPECT_EQ(refusal({"1", "r1", "", wrong.read.get()}), Status::config);
  EXPECT_GE(::fcntl(wrong.read.get(), F_GETFD), 0);  // it was not closed
}

}  // namespace
}  // namespace tbgw::tb
