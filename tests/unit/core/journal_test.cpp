// SPDX-License-Identifier: Apache-2.0
#include "core/journal.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/fd.hpp"

namespace tbgw {
namespace {

class JournalTest : public testing::Test {
 protected:
  JournalTest() {
    std::string name = (std::filesystem::temp_directory_path() / "journal.XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    path_ = folder_ + "/j";
  }
  ~JournalTest() override { std::filesystem::remove_all(folder_); }

  Journal open() {
    lines_.clear();
    auto journal =
        Journal::open(path_, {[this](std::string_view line) { lines_.emplace_back(line); },
                              [this] {
                                std::string all;
                                for (const std::string& line : lines_)
                                  all += line + "\n";
                                return all;
                              }});
    EXPECT_TRUE(journal) << journal.error().text;
    return journal ? std::move(*journal) : Journal{};
  }

  std::string folder_;
  std::string path_;
  std::vector<std::string> lines_;
};

TEST_F(JournalTest, WhatWasAppendedIsThereAgain) {
  Journal journal = open();
  EXPECT_TRUE(journal.append("a\nb\n"));
  EXPECT_TRUE(journal.append("c\n"));
  open();
  EXPECT_EQ(lines_, (std::vector<std::string>{"a", "b", "c"}));
}

TEST_F(JournalTest, ATornLastLineIsLeftOutAndDoesNotSpoilTheNext) {
  std::ofstream(path_) << "whole\n{\"torn";
  Journal journal = open();
  EXPECT_EQ(lines_, (std::vector<std::string>{"whole"}));
  EXPECT_TRUE(journal.append("next\n"));
  open();
  EXPECT_EQ(lines_, (std::vector<std::string>{"whole", "next"}));
}

TEST_F(JournalTest, ItDoesNotGrowForEver) {
  Journal journal = open();
  const std::string line(1000, 'x');
  for (int i = 0; i < 1000; ++i)
    ASSERT_TRUE(journal.append(line + "\n"));
  EXPECT_LT(std::filesystem::file_size(path_), 100'000U);
}

TEST_F(JournalTest, NobodyElseReadsIt) {
  open();
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST_F(JournalTest, AFolderThatIsNotThereIsAnErrorWithItsPath) {
  const auto journal =
      Journal::open(folder_ + "/no/j", {[](std::string_view) {}, [] { return ""; }});
  ASSERT_FALSE(journal);
  EXPECT_NE(journal.error().text.find("/no/j"), std::string::npos);
}

TEST_F(JournalTest, OneThatKeepsNothingTakesEverything) {
  Journal journal;
  EXPECT_FALSE(journal.keeps());
  EXPECT_TRUE(journal.append("a\n"));
}

}  // namespace
}  // namespace tbgw
