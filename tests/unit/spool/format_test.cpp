// SPDX-License-Identifier: Apache-2.0
// The format is what tbgw-spool(5) says, to the byte.
#include "spool/format.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "spool/cursor.hpp"
#include "spool/note.hpp"
#include "spool/segment.hpp"

namespace tbgw::spool {
namespace {

const Identity kOurs{"00112233445566778899aabbccddeeff"};

std::string record(std::uint64_t seq, std::string_view payload, const Identity& identity = kOurs) {
  std::string out;
  append_record(out, identity, seq, payload);
  return out;
}

// The worked example of tbgw-spool(5). Its checksums were computed by another program.
TEST(Format, TheExampleOfTheManualIsTrue) {
  EXPECT_EQ(format_line(kOurs), "tbgw-spool 1 00112233445566778899aabbccddeeff 93d263b9\n");
  Note header;
  header.id = kOurs.id;
  header.first = 1;
  header.time = 1790000000123;
  header.dropped = 0;
  header.damaged = 0;
  EXPECT_EQ(record(0, note_payload(header)),
            "\x1e"
            "0000000000000000 0f1bb9fd {\"v\":1,\"id\":\"00112233445566778899aabbccddeeff\","
            "\"first\":1,\"t\":1790000000123,\"dropped\":0,\"damaged\":0}\n");
  EXPECT_EQ(record(1, R"({"_t":1790000000130,"deviceName":"D","telemetry":)"
                      R"([{"t":21.5}]})"),
            "\x1e"
            "0000000000000001 fb82f1ee {\"_t\":1790000000130,\"deviceName\":\"D\",\"telemetry\":"
            "[{\"t\":21.5}]}\n");
  EXPECT_EQ(record(2, "{}"),
            "\x1e"
            "0000000000000002 cfd5c005 {}\n");
  EXPECT_EQ(cursor_slot(kOurs, 2, 1), "0000000000000002 0000000000000001 8c0bb6ec\n");
  EXPECT_EQ(cursor_slot(kOurs, 3, 2), "0000000000000003 0000000000000002 c0bf9947\n");
}

TEST(Format, EveryBitOfTheFormatFileIsGuarded) {
  const std::string line = format_line(kOurs);
  ASSERT_TRUE(parse_format_line(line));
  EXPECT_EQ(parse_format_line(line)->identity, kOurs);
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      std::string damaged = line;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
      EXPECT_FALSE(parse_format_line(damaged)) << at << " " << bit;
    }
    EXPECT_FALSE(parse_format_line(line.substr(0, at)));
  }
  EXPECT_FALSE(parse_format_line(line + "\n"));
}

TEST(Format, IdentitiesAreDrawn) {
  EXPECT_EQ(Identity::random().id.size(), kIdSize);
  EXPECT_NE(Identity::random(), Identity::random());
}

TEST(Format, SegmentNamesAreReadAsTheyAreWritten) {
  for (const SegmentName name : {SegmentName{1, 0}, SegmentName{421, 0}, SegmentName{421, 12},
                                 SegmentName{kMostSeq, UINT32_MAX}}) {
    EXPECT_EQ(SegmentName::parse(name.text()), name);
  }
  EXPECT_EQ((SegmentName{421, 1}).text(), "00000000000000000421.r1.log");
}

TEST(Format, OtherFilesAreNoSegments) {
  for (const char* name :
       {"", "FORMAT", "00000000000000000000.log", "421.log", "00000000000000000421.log~",
        "00000000000000000421.r0.log", "00000000000000000421.r01.log", "00000000000000000421.r.log",
        "00000000000000000421.x1.log", "99999999999999999999.log", "0000000000000000042a.log",
        "00000000000000000421.r99999999999.log", "00000000000000000421.log.tmp",
        "+0000000000000000421.log"}) {
    EXPECT_FALSE(SegmentName::parse(name)) << name;
  }
}

TEST(Format, SegmentsSortByNumberAndThenByRewrite) {
  std::vector<SegmentName> names{{421, 2}, {1000, 0}, {421, 0}, {9, 0}, {421, 10}, {421, 1}};
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names,
            (std::vector<SegmentName>{{9, 0}, {421, 0}, {421, 1}, {421, 2}, {421, 10}, {1000, 0}}));
}

TEST(Format, HexIsStrict) {
  EXPECT_EQ(parse_hex_digits("00ff"), 255U);
  EXPECT_EQ(parse_hex_digits("ffffffffffffffff"), UINT64_MAX);
  for (const char* text : {"", "00FF", "0x1", " 1", "1 ", "g", "00000000000000000"})
    EXPECT_FALSE(parse_hex_digits(text)) << text;
}

TEST(Note, ComesBackAsItWasWritten) {
  Note note;
  note.id = kOurs.id;
  note.first = 421;
  note.time = 1790000000123;
  note.dropped = 7;
  note.damaged = 0;
  note.gone.emplace(3, 9);
  EXPECT_EQ(parse_note(note_payload(note)), note);
}

TEST(Note, WhatIsNotOfTheFormIsLeftOut) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"first":-1,"t":1e300,"dropped":"7","gone":[1],"id":9})",
        R"({"gone":[1,-2]})", R"({"gone":{"1":2}})"}) {
    const Note note = parse_note(text);
    EXPECT_EQ(note.first, 0U);
    EXPECT_FALSE(note.dropped);
    EXPECT_FALSE(note.gone);
    EXPECT_EQ(note.id, "");
  }
  EXPECT_EQ(parse_note(std::string(10'000, '[')), Note{});
}

TEST(Note, AHeaderProvesTheIdentity) {
  Note header;
  header.id = kOurs.id;
  header.first = 1;
  const std::string good = record(0, note_payload(header));
  EXPECT_EQ(identity_in_header(good + record(1, "{}")), kOurs);
  EXPECT_EQ(identity_in_header(record(0, note_payload(header), Identity::random())), std::nullopt)
      << "it names another than it was made with";
  EXPECT_EQ(identity_in_header(record(1, R"({"id":"00112233445566778899aabbccddeeff"})")),
            std::nullopt)
      << "a record is no header";
  EXPECT_EQ(identity_in_header(""), std::nullopt);
  EXPECT_EQ(identity_in_header("\"id\":\"00"), std::nullopt);
}

}  // namespace
}  // namespace tbgw::spool
