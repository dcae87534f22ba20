// SPDX-License-Identifier: Apache-2.0
// PARMRK: good bytes come through, bad ones are found wherever a read was cut.
#include "serial/marked_input.hpp"

#include <gtest/gtest.h>

namespace tbgw::serial {
namespace {

struct Clean {
  std::string bytes;
  std::vector<std::size_t> bad;
  bool operator==(const Clean&) const = default;
};

Clean whole(std::string_view marked) {
  MarkedInput input;
  Clean out;
  input.feed(marked, out.bytes, out.bad);
  return out;
}

const std::string kMarked(
    "a\xff\xff"
    "b\xff\0x"
    "c\xff\0\0",
    11);

TEST(MarkedInput, DoubledFfIsOneGoodByte) {
  EXPECT_EQ(whole("\xff\xff\xff\xff"), (Clean{"\xff\xff", {}}));
}

TEST(MarkedInput, BadBytesAreLeftOutAndPlaced) {
  EXPECT_EQ(whole(kMarked), (Clean{"a\xff"
                                   "bc",
                                   {3, 4}}));
}

TEST(MarkedInput, MarksSplitBetweenReadsAreStillMarks) {
  for (std::size_t cut = 0; cut <= kMarked.size(); ++cut) {
    MarkedInput input;
    Clean out;
    input.feed(std::string_view{kMarked}.substr(0, cut), out.bytes, out.bad);
    input.feed(std::string_view{kMarked}.substr(cut), out.bytes, out.bad);
    EXPECT_EQ(out, whole(kMarked)) << cut;
  }
}

TEST(MarkedInput, ResetForgetsHalfAMark) {
  MarkedInput input;
  Clean out;
  input.feed("\xff", out.bytes, out.bad);
  input.reset();
  input.feed(std::string_view{"\0a", 2}, out.bytes, out.bad);
  EXPECT_EQ(out, (Clean{std::string("\0a", 2), {}}));
}

}  // namespace
}  // namespace tbgw::serial
