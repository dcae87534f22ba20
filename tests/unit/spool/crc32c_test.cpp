// SPDX-License-Identifier: Apache-2.0
// Two ways to the same checksum, and that it is the one other programs call CRC-32C.
#include "spool/crc32c.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tbgw::spool {
namespace {

TEST(Crc32c, IsTheOneOfRfc3720) {
  EXPECT_EQ(crc32c(0, ""), 0U);
  EXPECT_EQ(crc32c(0, "123456789"), 0xE3069283U);
  EXPECT_EQ(crc32c(0, std::string(32, '\0')), 0x8A9136AAU);
  EXPECT_EQ(crc32c(0, std::string(32, '\xFF')), 0x62A8AB43U);
}

TEST(Crc32c, TableAndInstructionAgreeOnEveryLengthAndAlignment) {
  std::mt19937 random{1};
  std::string bytes(300, '\0');
  for (char& byte : bytes)
    byte = static_cast<char>(random());
  const std::string_view view = bytes;
  for (std::size_t begin = 0; begin < 9; ++begin) {
    for (std::size_t size = 0; begin + size <= view.size(); ++size) {
      const std::string_view part = view.substr(begin, size);
      ASSERT_EQ(crc32c(0x1234, part), crc32c_by_table(0x1234, part)) << begin << " " << size;
    }
  }
}

TEST(Crc32c, GoesOnFromWhatWasCheckedBefore) {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(crc32c(crc32c(0, text.substr(0, cut)), text.substr(cut)), crc32c(0, text));
  }
}

}  // namespace
}  // namespace tbgw::spool
