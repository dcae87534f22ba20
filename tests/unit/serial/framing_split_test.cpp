// SPDX-License-Identifier: Apache-2.0
// For all kinds of framing: however the stream is cut into reads, frames and counts are the same.
#include <gtest/gtest.h>

#include <random>

#include "framing_testing.hpp"

namespace tbgw::serial {
namespace {

FrameSettings small(FrameSettings settings) {
  settings.max_frame = 12;
  return settings;
}

class AnySplit : public testing::TestWithParam<FrameSettings> {};

struct Seen {
  Texts frames;
  std::uint64_t discarded;
  std::uint64_t too_long;
  bool operator==(const Seen&) const = default;
};

template <class Random>
Seen feed_in_pieces(const FrameSettings& settings, std::string_view bytes, Random& random,
                    std::size_t longest, bool skip) {
  Framer framer(settings);
  std::vector<Frame> frames;
  if (skip) framer.skip(at(0));
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + random() % longest);
    framer.feed(bytes.substr(0, size), at(1), frames);
    bytes.remove_prefix(size);
  }
  framer.end(frames);
  return {texts(frames), framer.counts().discarded, framer.counts().too_long};
}

TEST_P(AnySplit, GivesTheSameFrames) {
  std::minstd_rand random(7);
  // Few different bytes, those that mean something to one kind or another.
  const std::string alphabet("aA$#\n\r\x01\x02\x03\xc0\xdb\xdc\xdd\0", 14);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    const std::size_t size = random() % 60;
    for (std::size_t i = 0; i < size; ++i)
      bytes += alphabet[random() % alphabet.size()];
    const bool skip = round % 3 == 0;
    const Seen whole = feed_in_pieces(GetParam(), bytes, random, 1000000, skip);
    const Seen single = feed_in_pieces(GetParam(), bytes, random, 1, skip);
    const Seen mixed = feed_in_pieces(GetParam(), bytes, random, 7, skip);
    ASSERT_EQ(whole.frames, single.frames) << testing::PrintToString(bytes);
    ASSERT_EQ(whole.frames, mixed.frames) << testing::PrintToString(bytes);
    ASSERT_EQ(whole.discarded, single.discarded) << testing::PrintToString(bytes);
    ASSERT_EQ(whole.too_long, single.too_long) << testing::PrintToString(bytes);
    ASSERT_EQ(whole, mixed) << testing::PrintToString(bytes);
  }
}

INSTANTIATE_TEST_SUITE_P(
    AllKinds, AnySplit,
    testing::Values(small(lines()), small(delimited({"\r\n"})), small(delimited({"a\n", "$#"})),
                    small(delimited({"\n", "\r\n", "aa"}, true)), small(fixed(5)),
                    small(prefixed({0, 1, true, 0})), small(prefixed({1, 2, false, -1})),
                    small(started("$", "\n")), small(started("aA", "A\n")),
                    small(started("a$a", "")), small(started("aa", "a\n", true)),
                    small(of_kind(FrameKind::slip)), small(of_kind(FrameKind::cobs))));

}  // namespace
}  // namespace tbgw::serial
