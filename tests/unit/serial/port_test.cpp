// SPDX-License-Identifier: Apache-2.0
// A real descriptor, as far as a pty goes: settings, locks, bytes as they come, loss.
#include "serial/port.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>

#include "serial/holder.hpp"

namespace tbgw::serial {
namespace {

class PortTest : public testing::Test {
 protected:
  void SetUp() override {
    int master = -1;
    int slave = -1;
    std::array<char, 256> name{};
    ASSERT_EQ(::openpty(&master, &slave, name.data(), nullptr, nullptr), 0);
    master_ = Fd{master};
    slave_ = Fd{slave};
    path_ = name.data();
  }

  std::variant<Port, PortError> open(const LineSettings& line = {}) const {
    return Port::open(path_, line);
  }
  /// What the port reads, once there is something.
  static std::string read(Port& port) {
    pollfd polled{port.fd(), POLLIN, 0};
    EXPECT_EQ(::poll(&polled, 1, 10000), 1);
    std::array<char, 256> block{};
    const auto got = port.read(block);
    return got ? std::string(block.data(), *got) : "lost: " + got.error().text;
  }
  void send(std::string_view bytes) const { ASSERT_TRUE(write_all(master_.get(), bytes)); }

  Fd master_;
  Fd slave_;
  std::string path_;
};

TEST_F(PortTest, BytesComeAsTheyAreAndMarkedLikeFf) {
  auto opened = open();
  ASSERT_TRUE(std::holds_alternative<Port>(opened));
  Port& port = std::get<Port>(opened);
  send(std::string("\0\r\n\x03\x11\x13\x1a\x7f\xff", 9));
  EXPECT_EQ(read(port), std::string("\0\r\n\x03\x11\x13\x1a\x7f\xff\xff", 10));
  std::array<char, 16> block{};
  EXPECT_EQ(*port.read(block), 0U) << "nothing there must not look like the end";
}

TEST_F(PortTest, WritesLeaveUnchanged) {
  auto opened = open();
  Port& port = std::get<Port>(opened);
  EXPECT_EQ(*port.write("a\nb\r"), 4U);
  std::array<char, 16> block{};
  const ssize_t got = ::read(master_.get(), block.data(), block.size());
  EXPECT_EQ(std::string(block.data(), static_cast<std::size_t>(got)), "a\nb\r");
}

TEST_F(PortTest, AnyBaudRateAPtyTakes) {
  LineSettings line;
  line.baud = 250000;
  auto opened = open(line);
  EXPECT_TRUE(std::holds_alternative<Port>(opened));
}

TEST_F(PortTest, PtyMayKeepEightBitsButSaysSo) {
  LineSettings line;
  line.data_bits = 7;
  line.parity = Parity::even;
  auto opened = open(line);
  ASSERT_TRUE(std::holds_alternative<Port>(opened));
  ASSERT_EQ(std::get<Port>(opened).notes().size(), 1U);
  EXPECT_EQ(std::get<Port>(opened).notes()[0], "is a pty: 9600 7E1 means nothing to it");
}

TEST_F(PortTest, OldSettingsComeBackAtTheEnd) {
  termios before{};
  ASSERT_EQ(::tcgetattr(slave_.get(), &before), 0);
  ASSERT_NE(before.c_lflag & ECHO, 0U);
  {
    auto opened = open();
    termios during{};
    ASSERT_EQ(::tcgetattr(slave_.get(), &during), 0);
    EXPECT_EQ(during.c_lflag & ECHO, 0U);
    EXPECT_EQ(during.c_cc[VMIN], 1);
    EXPECT_EQ(during.c_cc[VTIME], 0);
  }
  termios after{};
  ASSERT_EQ(::tcgetattr(slave_.get(), &after), 0);
  EXPECT_EQ(after.c_lflag, before.c_lflag);
  EXPECT_EQ(after.c_iflag, before.c_iflag);
  EXPECT_EQ(::cfgetospeed(&after), ::cfgetospeed(&before));
}

TEST_F(PortTest, HeldPortNamesItsHolder) {
  auto first = open();
  const auto second = open();
  ASSERT_TRUE(std::holds_alternative<PortError>(second));
  const PortError& error = std::get<PortError>(second);
  EXPECT_EQ(error.why, PortError::Why::busy);
  EXPECT_NE(error.text.find("(pid " + std::to_string(::getpid()) + ")"), std::string::npos)
      << error.text;
}

TEST_F(PortTest, SharedOnRequestAndFreeAfterwards) {
  LineSettings shared;
  shared.lock = false;
  auto first = open(shared);
  EXPECT_TRUE(std::holds_alternative<Port>(open(shared)));
  first = PortError{};
  EXPECT_TRUE(std::holds_alternative<Port>(open()));
  EXPECT_TRUE(std::holds_alternative<Port>(open()));
}

TEST_F(PortTest, HangUpIsALoss) {
  auto opened = open();
  send("last");
  slave_.reset();
  EXPECT_EQ(read(std::get<Port>(opened)), "last");
  master_.reset();
  EXPECT_EQ(read(std::get<Port>(opened)).rfind("lost: ", 0), 0U);
}

TEST(PortOpen, WhatIsNoPortIsNamed) {
  const auto why = [](const std::string& path) {
    const auto opened = Port::open(path, {});
    return std::get<PortError>(opened).why;
  };
  EXPECT_EQ(why("/dev/no-such-port"), PortError::Why::absent);
  EXPECT_EQ(why("/dev/null"), PortError::Why::unsuitable);
  EXPECT_EQ(why("/proc/self/exe"), PortError::Why::unsuitable);
  EXPECT_EQ(why("/dev"), PortError::Why::unsuitable);
}

TEST(Holders, RemediesForTheUsualOnes) {
  EXPECT_EQ(holder_remedy({{9, "ModemManager"}}, "/dev/ttyUSB0"),
            "sudo systemctl stop ModemManager");
  EXPECT_EQ(holder_remedy({{9, "agetty"}}, "/dev/ttyS0"), "sudo systemctl stop serial-getty@ttyS0");
  EXPECT_EQ(holder_remedy({{9, "brltty"}}, "/dev/ttyUSB0"), "sudo apt remove brltty");
  EXPECT_EQ(holder_remedy({{9, "minicom"}}, "/dev/ttyUSB0"), "end it, or wait for it with --wait");
  EXPECT_NE(holder_remedy({}, "/dev/ttyUSB0").find("ModemManager, brltty or a getty"),
            std::string::npos);
  EXPECT_EQ(name_holders({{1, "a"}, {2, "b"}}), "a (pid 1), b (pid 2)");
}

}  // namespace
}  // namespace tbgw::serial
