// SPDX-License-Identifier: Apache-2.0
#include "core/line_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <random>
#include <string>
#include <thread>

#include "core/fd.hpp"

namespace tbgw {
namespace {

struct Seen {
  std::string text;
  std::uint64_t number;
  bool too_long;
  bool operator==(const Seen&) const = default;
};

/// Everything a reader makes of `input`, written into a pipe in pieces of `piece` bytes.
std::vector<Seen> read_lines(const std::string& input, std::size_t max_line, std::size_t piece) {
  Pipe pipe = make_pipe();
  std::thread writer([&] {
    for (std::size_t at = 0; at < input.size(); at += piece) {
      EXPECT_TRUE(write_all(pipe.write.get(), std::string_view{input}.substr(at, piece)));
    }
    pipe.write.reset();
  });
  LineReader reader(pipe.read.get(), max_line);
  std::vector<Seen> seen;
  bool end = false;
  while (!end) {
    end = reader.fill() == LineReader::Fill::end;
    Line line;
    while (reader.next(line))
      seen.push_back({std::string{line.text}, line.number, line.too_long});
  }
  writer.join();
  return seen;
}

TEST(LineReader, UnterminatedLastLineIsStillALine) {
  EXPECT_EQ(read_lines("a\nb", 10, 100), (std::vector<Seen>{{"a", 1, false}, {"b", 2, false}}));
}

TEST(LineReader, EmptyInputHasNoLine) {
  EXPECT_TRUE(read_lines("", 10, 1).empty());
}

TEST(LineReader, EmptyLinesAndNulBytesCount) {
  EXPECT_EQ(read_lines(std::string("\n\0\n", 3), 10, 1),
            (std::vector<Seen>{{"", 1, false}, {std::string(1, '\0'), 2, false}}));
}

TEST(LineReader, LineOfExactlyTheLimitPasses) {
  const std::string limit(10, 'x');
  EXPECT_EQ(read_lines(limit + "\n" + limit + "y\n" + limit, 10, 3),
            (std::vector<Seen>{{limit, 1, false}, {limit, 2, true}, {limit, 3, false}}));
}

TEST(LineReader, TooLongLineCostsOnlyItselfHoweverLong) {
  const std::string input = "before\n" + std::string(3'000'000, 'x') + "\nafter\n";
  const auto seen = read_lines(input, 262144, 65536);
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].text, "before");
  EXPECT_TRUE(seen[1].too_long);
  EXPECT_EQ(seen[2], (Seen{"after", 3, false}));
}

TEST(LineReader, TooLongUnterminatedLastLineIsReportedOnce) {
  const auto seen = read_lines(std::string(1'000'000, 'x'), 1000, 65536);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_TRUE(seen[0].too_long);
}

TEST(LineReader, SplitReadsNeverChangeTheLines) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    std::string input;
    std::vector<std::string> lines;
    for (int i = 0; i < 300; ++i) {
      lines.emplace_back(random() % 200, static_cast<char>('a' + i % 26));
      input += lines.back() + "\n";
    }
    const auto seen = read_lines(input, 1000, 1 + random() % 700);
    ASSERT_EQ(seen.size(), lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
      ASSERT_EQ(seen[i].text, lines[i]);
  }
}

TEST(LineReader, BigLinesAcrossManyReadsKeepTheirBytes) {
  std::string input;
  std::vector<std::string> lines;
  for (int i = 0; i < 40; ++i) {
    lines.emplace_back(static_cast<std::size_t>(200'000 + i), static_cast<char>('a' + i % 26));
    input += lines.back() + "\n";
  }
  const auto seen = read_lines(input, 262144, 65536);
  ASSERT_EQ(seen.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    EXPECT_EQ(seen[i].text, lines[i]);
}

}  // namespace
}  // namespace tbgw
