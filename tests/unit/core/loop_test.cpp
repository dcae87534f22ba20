// SPDX-License-Identifier: Apache-2.0
#include "core/loop.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/fd.hpp"

namespace tbgw {
namespace {

TEST(Loop, TimersFireInTheOrderTheyAreDue) {
  Loop loop;
  std::string order;
  const auto now = Loop::Clock::now();
  static_cast<void>(loop.at(now + Loop::Duration{3}, [&] {
    order += "c";
    loop.quit();
  }));
  static_cast<void>(loop.at(now + Loop::Duration{1}, [&] { order += "a"; }));
  static_cast<void>(loop.at(now + Loop::Duration{2}, [&] { order += "b"; }));
  loop.run();
  EXPECT_EQ(order, "abc");
}

TEST(Loop, CancelledTimerNeverFiresAlsoFromAnotherTimer) {
  Loop loop;
  bool fired = false;
  const auto now = Loop::Clock::now();
  Loop::Timer victim;
  static_cast<void>(loop.at(now, [&] { loop.cancel(victim); }));
  victim = loop.at(now, [&] { fired = true; });
  static_cast<void>(loop.at(now, [&] { loop.quit(); }));
  loop.run();
  EXPECT_FALSE(fired);
  EXPECT_FALSE(victim);
}

TEST(Loop, TimerThatSetsItselfAgainDoesNotStarveTheRest) {
  Loop loop;
  int ticks = 0;
  std::function<void()> tick = [&] {
    ++ticks;
    static_cast<void>(loop.at(Loop::Clock::now() - Loop::Duration{5}, tick));
  };
  static_cast<void>(loop.at(Loop::Clock::now(), tick));
  Pipe pipe = make_pipe();
  ASSERT_TRUE(write_all(pipe.write.get(), "x"));
  bool read = false;
  loop.watch(pipe.read.get(), POLLIN, [&](short) {
    read = true;
    loop.forget(pipe.read.get());
  });
  for (int i = 0; i < 3; ++i)
    loop.turn();
  EXPECT_TRUE(read);
  EXPECT_EQ(ticks, 3);
}

TEST(Loop, HandlerMayForgetAnotherReadyDescriptor) {
  Loop loop;
  Pipe a = make_pipe();
  Pipe b = make_pipe();
  ASSERT_TRUE(write_all(a.write.get(), "x"));
  ASSERT_TRUE(write_all(b.write.get(), "x"));
  int calls = 0;
  const auto handler = [&](short) {
    ++calls;
    loop.forget(a.read.get());
    loop.forget(b.read.get());
  };
  loop.watch(a.read.get(), POLLIN, handler);
  loop.watch(b.read.get(), POLLIN, handler);
  loop.turn(Loop::Duration{0});
  EXPECT_EQ(calls, 1);
}

TEST(Loop, HandlerMayForgetItself) {
  Loop loop;
  Pipe a = make_pipe();
  ASSERT_TRUE(write_all(a.write.get(), "x"));
  std::string text(100, 'k');  // lives in the handler: must survive forget()
  int seen = 0;
  loop.watch(a.read.get(), POLLIN, [&loop, &seen, &a, text](short) {
    loop.forget(a.read.get());
    seen = static_cast<int>(text.size());
  });
  loop.turn(Loop::Duration{0});
  EXPECT_EQ(seen, 100);
}

}  // namespace
}  // namespace tbgw
