// SPDX-License-Identifier: Apache-2.0
#include "run/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/fd.hpp"
#include "core/ready.hpp"

namespace tbgw::run {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Notify, TheWatchdogIsOursOnlyIfItSaysSo) {
  EXPECT_EQ(watchdog_interval("3000000", nullptr, 7), microseconds{3'000'000});
  EXPECT_EQ(watchdog_interval("3000000", "7", 7), microseconds{3'000'000});
  EXPECT_EQ(watchdog_interval("3000000", "8", 7), std::nullopt);
  EXPECT_EQ(watchdog_interval(nullptr, nullptr, 7), std::nullopt);
  for (const char* bad : {"", "0", "-1", "x", "3s", "99999999999999999999"})
    EXPECT_EQ(watchdog_interval(bad, nullptr, 7), std::nullopt) << bad;
  EXPECT_EQ(watchdog_interval("1", "x", 7), std::nullopt);
}

TEST(Notify, ASignOfLifeEveryHalfIntervalAndStatusOnlyWhenItChanges) {
  ServiceNotes notes(microseconds{10'000'000});
  Loop::Time now{std::chrono::hours(1)};
  EXPECT_EQ(notes.take(now), "WATCHDOG=1");
  EXPECT_EQ(notes.take(now), "");
  EXPECT_EQ(notes.next_tick(), now + seconds(5));
  notes.set_status("3 pipelines\nrun");
  EXPECT_EQ(notes.take(now), "STATUS=3 pipelines run");
  notes.set_status("2 pipelines");
  EXPECT_EQ(notes.next_tick(), now + seconds(1));
  EXPECT_EQ(notes.take(now + milliseconds(900)), "");
  EXPECT_EQ(notes.take(now + seconds(5)), "WATCHDOG=1\nSTATUS=2 pipelines");
}

TEST(Notify, WithoutAWatchdogThereIsNoWakeUp) {
  ServiceNotes notes{std::nullopt};
  EXPECT_EQ(notes.next_tick(), Loop::Time::max());
  EXPECT_EQ(notes.take(Loop::Time{}), "");
}

/// What is sent there arrives, under a path as well as under an abstract name.
TEST(Notify, ArrivesAtPathsAndAbstractNames) {
  const std::string path = "/tmp/tbgw-notify-" + std::to_string(::getpid());
  for (const std::string& name : {path, "@" + path}) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const Fd fd{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    ServiceNotes notes(microseconds{1});
    notes.tick(Loop::Clock::now());
    std::array<char, 100> text{};
    EXPECT_EQ(::recv(fd.get(), text.data(), text.size(), MSG_DONTWAIT), 10) << name;
    EXPECT_EQ(std::string(text.data()), "WATCHDOG=1");
  }
  ::unsetenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe)
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace tbgw::run
