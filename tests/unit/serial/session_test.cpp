// SPDX-License-Identifier: Apache-2.0
// One port's life with injected times: the first 50 ms, bad bytes, loss and return.
#include "serial/session.hpp"

#include <gtest/gtest.h>

namespace tbgw::serial {
namespace {

using std::chrono::milliseconds;
using Words = std::vector<std::string>;

Time at(int ms) {
  return Time{} + milliseconds{ms};
}

class SessionTest : public testing::Test {
 protected:
  explicit SessionTest(SessionSettings settings = {}) : session_(settings) {}

  void open(int now) { session_.opened(at(now), out_); }
  void bytes(std::string_view text, int now, std::vector<std::size_t> bad = {}) {
    session_.received(text, bad, at(now), out_);
  }
  void advance(int now, bool silent = true) { session_.advance(at(now), silent, true, out_); }
  Words outcomes() {
    Words words;
    for (const Outcome& outcome : out_) {
      if (const auto* up = std::get_if<Up>(&outcome)) {
        words.push_back(up->was_busy ? "up, was busy" : "up");
      } else if (const auto* reading = std::get_if<Reading>(&outcome)) {
        words.push_back(reading->frame.data);
      } else if (const auto* failed = std::get_if<Failed>(&outcome)) {
        words.push_back("failed: " + failed->why);
      } else {
        words.push_back("other");
      }
    }
    out_.clear();
    return words;
  }

  Session session_;
  Outcomes out_;
};

TEST_F(SessionTest, SilentLineIsUpAfter50msAndItsFirstFrameKept) {
  open(0);
  advance(49);
  EXPECT_EQ(outcomes(), Words{});
  EXPECT_EQ(session_.deadline(), at(50));
  advance(50);
  bytes("first\n", 60);
  EXPECT_EQ(outcomes(), (Words{"up", "first\n"}));
  EXPECT_EQ(session_.frame_counts().discarded, 0U);
}

TEST_F(SessionTest, BusyLineLosesItsTornFirstFrameOnly) {
  open(0);
  bytes("rn\nwhole\n", 10);
  EXPECT_EQ(outcomes(), Words{}) << "not before it is up";
  advance(50);
  bytes("next\n", 60);
  EXPECT_EQ(outcomes(), (Words{"up, was busy", "whole\n", "next\n"}));
  EXPECT_EQ(session_.frame_counts().discarded, 1U);
}

TEST_F(SessionTest, FloodWhileWatchingDoesNotPileUp) {
  open(0);
  std::string flood;
  for (int i = 0; i < 5000; ++i)
    flood += "x\n";
  bytes(flood, 1);
  const Words words = outcomes();
  ASSERT_EQ(words.size(), 5000U);
  EXPECT_EQ(words.front(), "up, was busy");
}

TEST_F(SessionTest, BadByteCostsItsFrameOnly) {
  open(0);
  advance(50);
  bytes("good\nbd\nfine\n", 60, {6});  // b?d
  EXPECT_EQ(outcomes(), (Words{"up", "good\n", "fine\n"}));
  EXPECT_EQ(session_.bad_bytes(), 1U);
  EXPECT_EQ(session_.frame_counts().discarded, 1U);
}

TEST_F(SessionTest, BadDelimiterDoesNotJoinTwoFrames) {
  open(0);
  advance(50);
  bytes("one", 60);
  bytes("two\nthree\n", 61, {0});
  EXPECT_EQ(outcomes(), (Words{"up", "three\n"}));
}

TEST_F(SessionTest, LossTearsTheFrameAndTheNextLifeIsWatchedAgain) {
  open(0);
  advance(50);
  bytes("21.", 60);
  session_.closed("the port was lost", out_);
  open(1000);
  advance(1050);
  bytes("7\n", 1060);
  EXPECT_EQ(outcomes(), (Words{"up", "up", "7\n"}));
}

class GapSession : public SessionTest {
 protected:
  GapSession() : SessionTest(settings()) {}
  static SessionSettings settings() {
    SessionSettings settings;
    settings.frames.kind = FrameKind::gap;
    settings.frames.gap = milliseconds{20};
    return settings;
  }
};

TEST_F(GapSession, BytesWaitingToBeReadAreNotSilence) {
  open(0);
  advance(50);
  bytes("a", 60);
  EXPECT_EQ(session_.deadline(), at(80));
  EXPECT_FALSE(session_.silence_due(at(79)));
  EXPECT_TRUE(session_.silence_due(at(200)));
  advance(200, false);
  bytes("b", 200);
  advance(220, true);
  EXPECT_EQ(outcomes(), (Words{"up", "ab"}));
}

class KeepSession : public SessionTest {
 protected:
  KeepSession() : SessionTest(with(First::keep)) {}
  static SessionSettings with(First first) {
    SessionSettings settings;
    settings.first = first;
    return settings;
  }
};

TEST_F(KeepSession, IsUpAtOnce) {
  open(0);
  bytes("a\n", 0);
  EXPECT_EQ(outcomes(), (Words{"up", "a\n"}));
}

class DropSession : public SessionTest {
 protected:
  DropSession() : SessionTest(settings()) {}
  static SessionSettings settings() {
    SessionSettings settings;
    settings.first = First::drop;
    return settings;
  }
};

TEST_F(DropSession, FirstFrameGoesEvenOnASilentLine) {
  open(0);
  bytes("a\nb\n", 500);
  EXPECT_EQ(outcomes(), (Words{"up", "b\n"}));
  EXPECT_EQ(session_.frame_counts().discarded, 1U);
}

}  // namespace
}  // namespace tbgw::serial
