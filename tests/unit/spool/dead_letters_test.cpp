// SPDX-License-Identifier: Apache-2.0
// A refused record that cannot be found again, or not as it was.
#include "spool/dead_letters.hpp"

#include <cerrno>

#include "core/text.hpp"
#include "faulty_disk.hpp"
#include "scratch.hpp"

namespace tbgw::spool::test {
namespace {

DeadLetter letter(std::string record, std::optional<std::uint64_t> seq = 17) {
  return {1790000000123, "too large", seq, std::move(record), false};
}

TEST(DeadLetters, ComeBackAsTheyWere) {
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte)
    all_bytes += static_cast<char>(byte);
  for (const std::string& record :
       {std::string{"{\"a\":\"\\u00e4 \\\" \\\\\"}"}, std::string{}, std::string{"no object"},
        std::string{"tab\tand\rreturn"}, std::string{"ä"}, std::string{"\xe4"}, all_bytes}) {
    const DeadLetter before = letter(record);
    const std::string text = dead_payload(before);
    EXPECT_EQ(text.find_first_of("\n\x1e\r"), text.npos);
    EXPECT_TRUE(is_utf8(text));
    const auto after = parse_dead(text);
    ASSERT_TRUE(after);
    EXPECT_EQ(after->record, record);
    EXPECT_EQ(after->reason, "too large");
    EXPECT_EQ(after->seq, 17U);
    EXPECT_EQ(after->time, 1790000000123);
    EXPECT_FALSE(after->cut);
  }
}

TEST(DeadLetters, TheMembersAreThoseOfTheManual) {
  EXPECT_EQ(dead_payload(letter("{}")),
            R"({"t":1790000000123,"reason":"too large","seq":17,"record":"{}"})");
  EXPECT_EQ(dead_payload(letter("\xff", std::nullopt)),
            R"({"t":1790000000123,"reason":"too large","encoding":"base64","record":"/w=="})");
}

TEST(DeadLetters, TheLongestLinesFitAndLongerOnesAreCut) {
  for (const char* fill : {"x", "\"", "\x01", "\xff"}) {
    std::string record;
    while (record.size() < 300'000)
      record += fill;
    const std::string text = dead_payload(letter(record));
    EXPECT_LE(text.size(), kMostPayload);
    EXPECT_EQ(parse_dead(text)->record, record) << "what a reader takes is kept whole";
    while (record.size() < 5'000'000)
      record += record;
    const std::string cut = dead_payload(letter(record));
    EXPECT_LE(cut.size(), kMostPayload);
    EXPECT_TRUE(parse_dead(cut)->cut);
    EXPECT_EQ(parse_dead(cut)->record, record.substr(0, parse_dead(cut)->record.size()));
  }
}

TEST(DeadLetters, WhatIsNoneIsRefused) {
  EXPECT_FALSE(parse_dead("[]"));
  EXPECT_FALSE(parse_dead("{"));
  EXPECT_FALSE(parse_dead(R"({"record":"?","encoding":"base64"})"));
  EXPECT_TRUE(parse_dead("{}"));
}

TEST(DeadLetters, NothingIsMadeBeforeTheFirst) {
  const Scratch scratch;
  const auto writer = open_writer(scratch / "q");
  DeadLetters dead(scratch / "q", "main", true);
  ASSERT_TRUE(dead.retry());
  EXPECT_FALSE(std::filesystem::exists(scratch / "q/dead"));
  ASSERT_TRUE(dead.file(letter("{}")));
  EXPECT_EQ(read_all(scratch / "q/dead").records.size(), 1U);
  EXPECT_EQ(dead.filed(), 1U);
  EXPECT_EQ(dead_folder("b"), "dead.b");
}

TEST(DeadLetters, ALetterIsKeptWhileTheDiskRefusesIt) {
  const Scratch scratch;
  FaultyDisk disk(scratch.path());
  DeadLetters dead(scratch.path(), "main", true);
  ASSERT_TRUE(dead.file(letter("{\"n\":1}")));
  disk.fail = [](FaultyDisk::Call, const std::string&) { return ENOSPC; };
  EXPECT_EQ(dead.file(letter("{\"n\":2}")).trouble, Trouble::full);
  EXPECT_EQ(dead.retry().trouble, Trouble::full);
  disk.fail = nullptr;
  ASSERT_TRUE(dead.retry());
  EXPECT_EQ(read_all(scratch / "dead").records.size(), 2U);
}

TEST(DeadLetters, TheOldestGoBeyondTheBound) {
  const Scratch scratch;
  DeadLetters dead(scratch.path(), "main", false);
  const std::string record = payload(1, 200'000);
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(dead.file(letter(record)));
  std::uint64_t bytes = 0;
  for (const std::string& file : segment_files(scratch / "dead")) {
    bytes += std::filesystem::file_size(file);
  }
  EXPECT_LE(bytes, kDeadBytes);
  EXPECT_GT(bytes, kDeadBytes / 2);
  EXPECT_EQ(dead.dropped() + read_all(scratch / "dead").records.size(), 100U);
}

}  // namespace
}  // namespace tbgw::spool::test
