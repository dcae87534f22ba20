// SPDX-License-Identifier: Apache-2.0
// Input that can be held back: nothing lost, nothing spun, an end that is noticed.
#include "core/line_input.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/loop.hpp"

namespace tbgw {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

class LineInputTest : public testing::Test {
 protected:
  void write(const std::string& text) { ASSERT_TRUE(write_all(pipe_.write.get(), text)); }
  /// A few turns, none of which waits long.
  void turn(int times = 5) {
    for (int i = 0; i < times; ++i) {
      input_.resume();
      loop_.turn(1ms);
    }
  }

  Pipe pipe_ = make_pipe();
  Loop loop_;
  Texts lines_;
  std::size_t most_ = 1000;
  LineInput input_{loop_,
                   pipe_.read.get(),
                   1000,
                   {[this](const Line& line) { lines_.emplace_back(line.text); },
                    [this] { return lines_.size() >= most_; }}};
};

TEST_F(LineInputTest, LinesComeAsTheyAre) {
  write("a\nb\nc");
  turn();
  EXPECT_EQ(lines_, (Texts{"a", "b"}));
  EXPECT_FALSE(input_.ended());
  pipe_.write.reset();
  turn();
  EXPECT_EQ(lines_, (Texts{"a", "b", "c"}));
  EXPECT_TRUE(input_.ended());
}

TEST_F(LineInputTest, NothingIsReadOrLostWhileItIsFull) {
  most_ = 2;
  write("a\nb\nc\nd\n");
  turn();
  EXPECT_EQ(lines_, (Texts{"a", "b"}));
  EXPECT_TRUE(input_.is_held());
  most_ = 3;
  turn();
  EXPECT_EQ(lines_, (Texts{"a", "b", "c"}));
  most_ = 1000;
  turn();
  EXPECT_EQ(lines_, (Texts{"a", "b", "c", "d"}));
  write("e\n");
  turn();
  EXPECT_EQ(lines_.back(), "e");
}

TEST_F(LineInputTest, TheEndIsNotReportedWhileLinesAreHeld) {
  most_ = 1;
  write("a\nb\n");
  pipe_.write.reset();
  turn();
  EXPECT_FALSE(input_.ended());
  most_ = 1000;
  turn();
  EXPECT_EQ(lines_, (Texts{"a", "b"}));
  EXPECT_TRUE(input_.ended());
}

TEST_F(LineInputTest, AHungUpPipeThatIsNotReadDoesNotSpinTheLoop) {
  most_ = 1;
  write("a\nb\n");
  turn();
  pipe_.write.reset();
  const auto start = Loop::Clock::now();
  loop_.turn(50ms);
  EXPECT_GE(Loop::Clock::now() - start, 49ms);
}

TEST_F(LineInputTest, AfterAStopItEndsAtSilenceAndNotBefore) {
  write("a\n");
  input_.end_at_silence();
  const auto start = Loop::Clock::now();
  turn(2);
  EXPECT_EQ(lines_, Texts{"a"});
  write("b\n");
  while (!input_.ended() && Loop::Clock::now() - start < 20s)
    loop_.turn(1000ms);
  EXPECT_TRUE(input_.ended());
  EXPECT_GE(Loop::Clock::now() - start, 190ms);
  EXPECT_EQ(lines_, (Texts{"a", "b"}));
}

TEST_F(LineInputTest, ALineNowAndThenIsATrickleAndAStreamIsNot) {
  write("a\n");
  turn();
  EXPECT_TRUE(input_.is_trickle());
  std::string many;
  for (int i = 0; i < 3000; ++i)
    many += "line\n";
  most_ = 100'000;
  write(many);
  turn();
  EXPECT_FALSE(input_.is_trickle());
  write("a\n");
  turn();
  EXPECT_TRUE(input_.is_trickle());
}

}  // namespace
}  // namespace tbgw
