// SPDX-License-Identifier: Apache-2.0
// Frames: each kind by example.
#include <gtest/gtest.h>

#include "framing_testing.hpp"

namespace tbgw::serial {
namespace {

TEST(Delimiter, StaysInTheData) {
  EXPECT_EQ(split(lines(), "48\r2430947595\n"), Texts{"48\r2430947595\n"});
}

TEST(Delimiter, StripRemovesItAndFramesOfNothingElse) {
  EXPECT_EQ(split(delimited({"\r\n"}, true), "a\r\n\r\nb\r\n"), (Texts{"a", "b"}));
}

TEST(Delimiter, EmptyLineIsAFrame) {
  EXPECT_EQ(split(lines(), "\n\n"), (Texts{"\n", "\n"}));
}

TEST(Delimiter, UnterminatedLastLineIsStillALine) {
  EXPECT_EQ(split(lines(), "a\nb"), (Texts{"a\n", "b"}));
}

TEST(Delimiter, SplitOverTwoReadsIsStillFound) {
  Framer framer(delimited({"\r\n"}));
  std::vector<Frame> frames;
  framer.feed("a\r", at(0), frames);
  EXPECT_TRUE(frames.empty());
  framer.feed("\nb", at(1), frames);
  EXPECT_EQ(texts(frames), Texts{"a\r\n"});
}

TEST(Delimiter, TheOneThatIsCompleteFirstEndsTheFrame) {
  EXPECT_EQ(split(delimited({";", "\r\n"}), "a;b\r\nc;"), (Texts{"a;", "b\r\n", "c;"}));
}

TEST(Delimiter, LongestIsStrippedWhenTwoEndTogether) {
  EXPECT_EQ(split(delimited({"\n", "\r\n"}, true), "a\r\nb\n"), (Texts{"a", "b"}));
}

TEST(Delimiter, NulBytesAreOrdinary) {
  const std::string bytes("a\0b\0\0", 5);
  EXPECT_EQ(split(delimited({std::string(1, '\0')}), bytes),
            (Texts{std::string("a\0", 2), std::string("b\0", 2), std::string(1, '\0')}));
}

TEST(Delimiter, FrameOfExactlyTheMaximumIsKept) {
  FrameSettings settings = lines();
  settings.max_frame = 4;
  FrameCounts counts;
  EXPECT_EQ(split(settings, "abc\nabcd\nab\n", &counts), (Texts{"abc\n", "ab\n"}));
  EXPECT_EQ(counts.too_long, 1U);
}

TEST(Delimiter, TooLongFrameCostsOnlyItselfAndNoMemory) {
  FrameSettings settings = lines();
  settings.max_frame = 16;
  Framer framer(settings);
  std::vector<Frame> frames;
  const std::string junk(1000, 'x');
  for (int i = 0; i < 1000; ++i)
    framer.feed(junk, at(i), frames);
  framer.feed("\nok\n", at(2000), frames);
  EXPECT_EQ(texts(frames), Texts{"ok\n"});
  EXPECT_EQ(framer.counts().too_long, 1U);
  EXPECT_EQ(framer.counts().discarded, 0U);
}

TEST(FirstByte, IsTheTimeOfTheFrameHoweverLateItsEnd) {
  Framer framer(lines());
  std::vector<Frame> frames;
  framer.feed("a", at(10), frames);
  framer.feed("b", at(20), frames);
  framer.feed("c\nd", at(30), frames);
  framer.feed("\ne\n", at(40), frames);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames[0].first, at(10));
  EXPECT_EQ(frames[1].first, at(30));
  EXPECT_EQ(frames[2].first, at(40));
}

TEST(FirstByte, OfAStartThatCameInPiecesIsItsOwn) {
  Framer framer(started("ABC", "\n"));
  std::vector<Frame> frames;
  framer.feed("noise A", at(10), frames);
  framer.feed("B", at(20), frames);
  framer.feed("C1\n", at(30), frames);
  ASSERT_EQ(texts(frames), Texts{"ABC1\n"});
  EXPECT_EQ(frames[0].first, at(10));
}

TEST(Skip, DiscardsUpToTheFirstBoundaryAndCountsIt) {
  Framer framer(lines());
  std::vector<Frame> frames;
  framer.skip(at(0));
  framer.feed("or", at(1), frames);
  framer.feed("n\nwhole\n", at(2), frames);
  EXPECT_EQ(texts(frames), Texts{"whole\n"});
  EXPECT_EQ(framer.counts().discarded, 1U);
}

TEST(Skip, FindsABoundarySplitOverTwoReads) {
  Framer framer(delimited({"\r\n"}));
  std::vector<Frame> frames;
  framer.skip(at(0));
  framer.feed("torn\r", at(1), frames);
  framer.feed("\nwhole\r\n", at(2), frames);
  EXPECT_EQ(texts(frames), Texts{"whole\r\n"});
}

TEST(Skip, OfBytesWithoutBoundaryWaitsForSilence) {
  Framer framer(fixed(2));
  std::vector<Frame> frames;
  framer.skip(at(0));
  framer.feed("xyz", at(10), frames);
  ASSERT_EQ(framer.deadline(), at(60));
  framer.expire(at(59), frames);
  framer.feed("q", at(59), frames);
  framer.expire(at(60), frames);  // the last byte came 1 ms ago
  framer.expire(at(109), frames);
  framer.feed("abcd", at(200), frames);
  EXPECT_EQ(texts(frames), (Texts{"ab", "cd"}));
  EXPECT_EQ(framer.counts().discarded, 1U);
}

TEST(Skip, InTheMiddleOfAFrameCountsOnePiece) {
  Framer framer(lines());
  std::vector<Frame> frames;
  framer.feed("ab", at(0), frames);
  framer.skip(at(1));
  framer.feed("cd\nok\n", at(2), frames);
  EXPECT_EQ(texts(frames), Texts{"ok\n"});
  EXPECT_EQ(framer.counts().discarded, 1U);
}

TEST(Reset, TornFrameIsNotJoinedToTheNextLife) {
  Framer framer(lines());
  std::vector<Frame> frames;
  framer.feed("21.", at(0), frames);
  framer.reset();
  framer.feed("7\n", at(9), frames);
  EXPECT_EQ(texts(frames), Texts{"7\n"});
  EXPECT_EQ(framer.counts().discarded, 1U);
}

TEST(FixedLength, IncompleteLastFrameIsTorn) {
  FrameCounts counts;
  EXPECT_EQ(split(fixed(3), "abcdefgh", &counts), (Texts{"abc", "def"}));
  EXPECT_EQ(counts.discarded, 1U);
}

TEST(FixedLength, GapInsideAFrameFindsItsFeetAgain) {
  FrameSettings settings = fixed(3);
  settings.gap = milliseconds{20};
  Framer framer(settings);
  std::vector<Frame> frames;
  framer.feed("ab", at(0), frames);
  framer.expire(at(20), frames);
  framer.feed("abc", at(30), frames);
  EXPECT_EQ(texts(frames), Texts{"abc"});
  EXPECT_EQ(framer.counts().discarded, 1U);
}

TEST(Gap, SilenceEndsAFrame) {
  FrameSettings settings = of_kind(FrameKind::gap);
  settings.gap = milliseconds{20};
  Framer framer(settings);
  std::vector<Frame> frames;
  EXPECT_EQ(framer.deadline(), std::nullopt);
  framer.feed("a", at(0), frames);
  framer.feed("b", at(15), frames);
  EXPECT_EQ(framer.deadline(), at(35));
  framer.expire(at(34), frames);
  EXPECT_TRUE(frames.empty());
  framer.expire(at(35), frames);
  EXPECT_EQ(texts(frames), Texts{"ab"});
  EXPECT_EQ(framer.deadline(), std::nullopt);
}

TEST(Gap, TooLongIsDiscardedUpToTheNextSilence) {
  FrameSettings settings = of_kind(FrameKind::gap);
  settings.gap = milliseconds{20};
  settings.max_frame = 4;
  Framer framer(settings);
  std::vector<Frame> frames;
  framer.feed("abcd", at(0), frames);
  framer.feed("e", at(1), frames);
  framer.feed("f", at(2), frames);
  framer.expire(at(22), frames);
  framer.feed("abcd", at(30), frames);
  framer.expire(at(50), frames);
  EXPECT_EQ(texts(frames), Texts{"abcd"});
  EXPECT_EQ(framer.counts().too_long, 1U);
}

TEST(LengthPrefix, CountsWhatFollowsIt) {
  EXPECT_EQ(split(prefixed({1, 1, true, 0}), "A\x02xyB\x01z"), (Texts{"A\x02xy", "B\x01z"}));
}

TEST(LengthPrefix, ByteOrderAndAdjustment) {
  const std::string little("\x03\x00xyCRC", 7);
  EXPECT_EQ(split(prefixed({0, 2, false, 2}), little), Texts{little});
  const std::string whole("\x00\x00\x05x!", 5);  // the length counts the whole frame
  EXPECT_EQ(split(prefixed({0, 3, true, -3}), whole), Texts{whole});
}

TEST(LengthPrefix, LengthPastTheMaximumWaitsForSilence) {
  Framer framer(prefixed({0, 4, true, 0}));
  std::vector<Frame> frames;
  framer.feed("\xff\xff\xff\xff", at(0), frames);
  framer.feed(std::string_view{"\0\0\0\1a", 5}, at(10), frames);  // who knows what these are
  framer.expire(at(60), frames);
  framer.feed(std::string_view{"\0\0\0\1b", 5}, at(70), frames);
  EXPECT_EQ(texts(frames), Texts{std::string("\0\0\0\1b", 5)});
  EXPECT_EQ(framer.counts().too_long, 1U);
}

TEST(LengthPrefix, LengthSmallerThanItsOwnHeaderIsNonsense) {
  Framer framer(prefixed({0, 1, true, -4}));
  std::vector<Frame> frames;
  framer.feed("\x01zzz", at(0), frames);
  EXPECT_TRUE(frames.empty());
  EXPECT_EQ(framer.counts().discarded, 1U);
}

TEST(StartStop, NoiseBetweenFramesIsLeftOut) {
  EXPECT_EQ(split(started("\x02", "\x03"), "??\x02one\x03..\x02two\x03"),
            (Texts{"\x02one\x03", "\x02two\x03"}));
}

TEST(StartStop, StartInsideAFrameMeansItsEndWasLost) {
  FrameCounts counts;
  EXPECT_EQ(split(started("$", "\r\n"), "$GP,1$GP,2\r\n", &counts), Texts{"$GP,2\r\n"});
  EXPECT_EQ(counts.discarded, 1U);
}

TEST(StartStop, StripLeavesTheInside) {
  EXPECT_EQ(split(started("<<", ">>", true), "<<a>><<b>>"), (Texts{"a", "b"}));
}

TEST(StartStop, UnterminatedLastFrameIsTorn) {
  EXPECT_EQ(split(started("$", "\n"), "$a\n$b"), Texts{"$a\n"});
}

TEST(StartOnly, AFrameEndsWhereTheNextBegins) {
  EXPECT_EQ(split(started("##", ""), "x##a##b##c"), (Texts{"##a", "##b", "##c"}));
}

TEST(StartOnly, GapEndsTheLastOfABurst) {
  FrameSettings settings = started("#", "");
  settings.gap = milliseconds{20};
  Framer framer(settings);
  std::vector<Frame> frames;
  framer.feed("#a#b", at(0), frames);
  EXPECT_EQ(texts(frames), Texts{"#a"});
  framer.expire(at(20), frames);
  EXPECT_EQ(texts(frames), (Texts{"#a", "#b"}));
}

TEST(Slip, GarbledFrameCostsOnlyItself) {
  FrameCounts counts;
  EXPECT_EQ(split(of_kind(FrameKind::slip), "\xc0one\xc0t\xdb\x01o\xc0thr\xdb\xdc\xc0", &counts),
            (Texts{"one", "thr\xc0"}));
  EXPECT_EQ(counts.discarded, 1U);
}

TEST(Cobs, FramesAreDecoded) {
  const std::string bytes(
      "\x03"
      "11\x02"
      "2\0\x01\x01\0\x09zz\0",
      14);
  EXPECT_EQ(split(of_kind(FrameKind::cobs), bytes), (Texts{std::string("11\0"
                                                                       "2",
                                                                       4),
                                                           std::string("\0", 1)}));
}

TEST(Check, WhatCannotWorkIsRefused) {
  EXPECT_TRUE(check(lines()));
  EXPECT_TRUE(check(delimited({"\n", "\r\n"})));
  const auto never = check(delimited({"\r", "\r\n"}));
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().text,
            "the delimiter '\\r\\n' can never end a frame, because '\\r' ends it before");
  EXPECT_FALSE(check(delimited({""})));
  EXPECT_FALSE(check(fixed(0)));
  EXPECT_FALSE(check(fixed(std::size_t{1} << 20)));
  EXPECT_FALSE(check(of_kind(FrameKind::gap)));
  EXPECT_FALSE(check(started("", "\n")));
  EXPECT_FALSE(check(started("x", "x")));
  FrameSettings gap = lines();
  gap.gap = milliseconds{5};
  EXPECT_FALSE(check(gap));
}

}  // namespace
}  // namespace tbgw::serial
