// SPDX-License-Identifier: Apache-2.0
#include "convert/slice.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace tbgw::convert {
namespace {

Slice delimited(std::string from, std::string until) {
  Slice slice;
  slice.by = Slice::By::delimiters;
  slice.from_delimiter = std::move(from);
  slice.until_delimiter = std::move(until);
  return slice;
}

Slice positioned(std::int64_t from, std::optional<std::int64_t> to) {
  Slice slice;
  slice.by = Slice::By::positions;
  slice.from_byte = from;
  slice.to_byte = to;
  return slice;
}

/// The bytes, or "!" and the reason.
std::string ours(const Slice& slice, std::string_view record) {
  const auto bytes = cut(slice, record, false);
  return bytes ? std::string{*bytes} : "!" + bytes.error().text;
}

std::string theirs(const Slice& slice, std::string_view record) {
  return std::string{*cut(slice, record, true)};
}

TEST(Slice, FromDelimiterIsNotPartOfTheValue) {
  EXPECT_EQ(ours(delimited("T=", ";"), "T=21.5;H=40;"), "21.5");
}

TEST(Slice, UntilDelimiterIsSearchedBehindFromDelimiter) {
  EXPECT_EQ(ours(delimited("H=", ";"), "T=21.5;H=40;"), "40");
}

TEST(Slice, UntilAloneCountsFromTheStart) {
  EXPECT_EQ(ours(delimited("", "\r"), "48\r2430947595\n"), "48");
}

TEST(Slice, FromAloneReachesToTheEnd) {
  EXPECT_EQ(ours(delimited("=", ""), "a=b=c\n"), "b=c\n");
}

TEST(Slice, MissingDelimiterIsNoValue) {
  EXPECT_EQ(ours(delimited("X=", ";"), "T=21.5;"), "!no delimiter 'X=' in 'T=21.5;'");
  EXPECT_EQ(ours(delimited("T=", "\r"), "T=21.5;\n"), "!no delimiter '\\r' in '21.5;\\n'");
}

TEST(Slice, EmptyPieceBetweenDelimitersIsEmpty) {
  EXPECT_EQ(ours(delimited("a", "b"), "xaby"), "");
}

TEST(Slice, DelimiterOfSeveralBytesIsFoundWhole) {
  EXPECT_EQ(ours(delimited("\r\n", "\r\n"), "a\rb\r\nc\r\n"), "c");
}

TEST(Slice, PositionsCountFromZeroAndTheLastIsNotTaken) {
  EXPECT_EQ(ours(positioned(2, 5), "0123456789"), "234");
  EXPECT_EQ(ours(positioned(0, 1), "0123456789"), "0");
  EXPECT_EQ(ours(positioned(9, 10), "0123456789"), "9");
}

TEST(Slice, MinusOneIsWithoutTheLastByte) {
  EXPECT_EQ(ours(positioned(3, -1), "48\r2430947595\n"), "2430947595");
  EXPECT_EQ(ours(positioned(0, -1), "\n"), "");
}

TEST(Slice, NegativeFromCountsFromTheEnd) {
  EXPECT_EQ(ours(positioned(-4, std::nullopt), "0123456789"), "6789");
  EXPECT_EQ(ours(positioned(-4, -1), "0123456789"), "678");
}

TEST(Slice, ToByteBehindTheEndMeansTheEnd) {
  EXPECT_EQ(ours(positioned(2, 99), "012345"), "2345");
}

TEST(Slice, PositionTheRecordDoesNotReachIsNoValue) {
  EXPECT_EQ(ours(positioned(3, std::nullopt), "012"), "!the record has 3 bytes, fromByte is 3");
  EXPECT_EQ(ours(positioned(-4, std::nullopt), "012"), "!the record has 3 bytes, fromByte is -4");
  EXPECT_EQ(ours(positioned(2, -2), "012"), "!the record has 3 bytes, toByte is -2");
  EXPECT_EQ(ours(positioned(3, -1), ""), "!the record has 0 bytes, fromByte is 3");
}

// What the reference's converter gave for the same (its Python, run).
TEST(SliceCompat, FromDelimiterIsKept) {
  EXPECT_EQ(theirs(delimited("T=", ";"), "T=21.5;H=40"), "T=21.5");
}

TEST(SliceCompat, UntilBeforeFromIsIgnored) {
  EXPECT_EQ(theirs(delimited("H=", ";"), "T=21.5;H=40"), "H=40");
}

TEST(SliceCompat, MissingDelimiterGivesOtherBytes) {
  EXPECT_EQ(theirs(delimited("X=", ";"), "T=21.5;H=40"), "T=21.5");
  EXPECT_EQ(theirs(delimited("", "|"), "T=21.5"), "T=21.5");
  EXPECT_EQ(theirs(delimited("X=", "|"), "T=21.5"), "T=21.5");
}

TEST(SliceCompat, TwoPositionsInOrderGiveNothing) {
  EXPECT_EQ(theirs(positioned(2, 5), "0123456789"), "");
}

TEST(SliceCompat, TwoPositionsInAShortRecordGiveTheRest) {
  EXPECT_EQ(theirs(positioned(2, 5), "01234"), "234");
}

TEST(SliceCompat, ToByteCountsFromFromByteWhenItIsSmaller) {
  EXPECT_EQ(theirs(positioned(5, 3), "0123456789"), "567");
}

TEST(SliceCompat, FromBehindTheEndGivesTheWholeRecord) {
  EXPECT_EQ(theirs(positioned(9, std::nullopt), "0123"), "0123");
}

TEST(SliceCompat, MinusOneAndNegativesWorkAsInPython) {
  EXPECT_EQ(theirs(positioned(3, -1), "48\r2430947595\n"), "2430947595");
  EXPECT_EQ(theirs(positioned(-4, std::nullopt), "0123456789"), "6789");
  EXPECT_EQ(theirs(positioned(-4, std::nullopt), "01"), "01");
  EXPECT_EQ(theirs(positioned(0, -1), ""), "");
}

TEST(Slice, WholeRecordIsTheWholeRecord) {
  EXPECT_EQ(ours(Slice{}, std::string_view{"a\0b", 3}), std::string("a\0b", 3));
  EXPECT_EQ(theirs(Slice{}, ""), "");
}

}  // namespace
}  // namespace tbgw::convert
