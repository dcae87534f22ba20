// SPDX-License-Identifier: Apache-2.0
// Bytes taken for a record that is none, a record lost next to damage, bytes that belong to
// nothing, and damage that takes for ever to read.
#include "spool/segment.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace tbgw::spool {
namespace {

using Part = SegmentScan::Part;

const Identity kOurs{"00112233445566778899aabbccddeeff"};

std::string record(std::uint64_t seq, std::string_view payload = "{\"v\":1}") {
  std::string out;
  append_record(out, kOurs, seq, payload);
  return out;
}

/// The parts as one text: n = note, a number = record, dN = N bytes of damage, uN = unused.
std::string parts(const std::string& bytes) {
  SegmentScan scan(kOurs, bytes);
  std::string out;
  std::size_t at = 0;
  for (Part part = scan.next(); part.kind != Part::Kind::end; part = scan.next()) {
    EXPECT_EQ(part.offset, at) << "a byte belongs to nothing, or to two";
    EXPECT_GT(part.size, 0U);
    at += part.size;
    if (!out.empty()) out += ' ';
    switch (part.kind) {
      case Part::Kind::record:
        out += std::to_string(part.seq);
        break;
      case Part::Kind::note:
        out += 'n';
        break;
      case Part::Kind::damage:
        out += "d" + std::to_string(part.size);
        break;
      case Part::Kind::unused:
        out += "u" + std::to_string(part.size);
        break;
      case Part::Kind::end:
        break;
    }
  }
  EXPECT_EQ(at, bytes.size());
  return out;
}

TEST(Segment, RecordsNotesAndUnusedSpace) {
  EXPECT_EQ(parts(""), "");
  EXPECT_EQ(parts(record(0) + record(1) + record(2)), "n 1 2");
  EXPECT_EQ(parts(record(1) + std::string(100, '\0')), "1 u100");
  EXPECT_EQ(parts(std::string(5000, '\0')), "u5000");
}

TEST(Segment, NulsBeforeARecordAreDamage) {
  EXPECT_EQ(parts(std::string(64, '\0') + record(1)), "d64 1");
  EXPECT_EQ(parts(record(1) + std::string(64, '\0') + record(3)), "1 d64 3");
}

TEST(Segment, ATornRecordIsDamageAndTheNulsBehindItAreUnused) {
  const std::string whole = record(2);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const std::string torn = whole.substr(0, size);
    EXPECT_EQ(parts(record(1) + torn), "1 d" + std::to_string(size));
    EXPECT_EQ(parts(record(1) + torn + std::string(500, '\0')),
              "1 d" + std::to_string(size) + " u500");
    EXPECT_EQ(parts(record(1) + torn + record(3)), "1 d" + std::to_string(size) + " 3");
  }
}

TEST(Segment, OneSpanReachesFromGoodToGood) {
  EXPECT_EQ(parts("garbage" + record(1)), "d7 1");
  EXPECT_EQ(parts(record(1) + "\x1e\x1e\x1e" + record(2)), "1 d3 2");
  EXPECT_EQ(
      parts(record(1) + "a" + std::string(9, '\0') + "b\n" + std::string(9, '\0') + record(2)),
      "1 d21 2");
  EXPECT_EQ(parts(record(1) + "a\n" + std::string(9, '\0')), "1 d2 u9");
}

TEST(Segment, ARecordOfAnotherSpoolIsDamage) {
  std::string foreign;
  append_record(foreign, Identity("ffeeddccbbaa99887766554433221100"), 2, "{}");
  EXPECT_EQ(parts(record(1) + foreign + record(3)), "1 d" + std::to_string(foreign.size()) + " 3");
}

TEST(Segment, WhatIsNoObjectIsNoRecordWhateverItsChecksumSays) {
  for (const char* text : {"[]", "{", "}", "1", "{]", ""}) {
    std::string bytes;
    append_record(bytes, kOurs, 1, text);
    EXPECT_EQ(parts(bytes), "d" + std::to_string(bytes.size())) << text;
  }
  std::string bytes;
  append_record(bytes, kOurs, kMostSeq + 1, "{}");
  EXPECT_EQ(parts(bytes), "d" + std::to_string(bytes.size()));
}

TEST(Segment, UpperCaseDigitsAreDamage) {
  std::string bytes;
  std::uint64_t seq = 0xabcdef;
  append_record(bytes, kOurs, seq, "{}");
  for (char& c : bytes) {
    if (c < 'a' || c > 'f') continue;
    const char good = std::exchange(c, static_cast<char>(c - 'a' + 'A'));
    EXPECT_EQ(parts(bytes), "d" + std::to_string(bytes.size()));
    c = good;
  }
  EXPECT_EQ(parts(bytes), std::to_string(seq));
}

TEST(Segment, WholeButBrokenRecordsAreCountedSoThatTheirNumbersStayTheirs) {
  const auto broken = [](const std::string& bytes) {
    SegmentScan scan(kOurs, bytes);
    std::size_t sum = 0;
    for (Part part = scan.next(); part.kind != Part::Kind::end; part = scan.next())
      sum += part.broken_records;
    return sum;
  };
  const auto flipped = [](std::string bytes, std::size_t at) {
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    return bytes;
  };
  const std::string two = record(1) + record(2);
  EXPECT_EQ(broken(two), 0U);
  for (std::size_t at = 0; at + 1 < two.size(); ++at)
    EXPECT_EQ(broken(flipped(two, at)), 1U) << at;
  EXPECT_EQ(broken(record(1) + record(2).substr(0, 20)), 0U) << "torn: it was never whole";
  EXPECT_EQ(broken(flipped(record(1), 30) + flipped(record(2), 30)), 2U);
}

TEST(Segment, MoreBytesAreAskedForOnlyWhereTheyCanMatter) {
  const std::string whole = record(7, "{\"long\":\"" + std::string(300, 'x') + "\"}");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(first_piece(kOurs, whole.substr(0, size), false).kind, Piece::Kind::more) << size;
  }
  EXPECT_EQ(first_piece(kOurs, whole, false).kind, Piece::Kind::record);
  EXPECT_EQ(first_piece(kOurs, whole.substr(0, 50) + '\0', false).kind, Piece::Kind::torn);
  EXPECT_EQ(first_piece(kOurs, whole.substr(0, 50) + '\x1e', false).kind, Piece::Kind::damage);
  const std::string endless = "\x1e" + std::string(kMostPayload + kRecordOverhead, 'x');
  EXPECT_EQ(first_piece(kOurs, endless, false).kind, Piece::Kind::damage);
}

TEST(Segment, AnyBytesTakeLinearTime) {
  std::vector<std::string> nasty(4, std::string(std::size_t{4} << 20, '\x1e'));
  for (std::size_t i = 0; i < nasty[1].size(); i += 2)
    nasty[1][i] = '\0';
  for (std::size_t i = 0; i < nasty[2].size(); ++i)
    nasty[2][i] = i % 2 == 0 ? 'x' : '\0';
  for (std::size_t i = 0; i < nasty[3].size(); ++i)
    nasty[3][i] = i % 2 == 0 ? '\n' : 'x';
  for (const std::string& bytes : nasty) {
    const auto start = std::chrono::steady_clock::now();
    parts(bytes);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  }
}

}  // namespace
}  // namespace tbgw::spool
