// SPDX-License-Identifier: Apache-2.0
#include "tb/murmur3.hpp"

#include <gtest/gtest.h>

#include "core/text.hpp"

namespace tbgw::tb {
namespace {

constexpr std::string_view kFox = "The quick brown fox jumps over the lazy dog";

template <typename Hash>
std::string hash(std::string_view text, std::size_t piece) {
  Hash hash;
  for (std::size_t at = 0; at < text.size(); at += piece)
    hash.add(text.substr(at, piece));
  return to_hex(hash.finish());
}

// As Guava's Hashing.murmur3_32().hashBytes(…).toString() has them.
TEST(Murmur3, ThirtyTwoBitsAsGuavaWritesThemHoweverReadsCutThem) {
  for (std::size_t piece = 1; piece < 40; piece += 2) {
    EXPECT_EQ(hash<Murmur3x32>("", piece), "00000000");
    EXPECT_EQ(hash<Murmur3x32>("hello", piece), "47fa8b24");
    EXPECT_EQ(hash<Murmur3x32>("hello, world", piece), "7fbb9b14");
    EXPECT_EQ(hash<Murmur3x32>(kFox, piece), "23f74f2e");
  }
}

TEST(Murmur3, OneHundredAndTwentyEightBitsAsGuavaWritesThem) {
  for (std::size_t piece = 1; piece < 40; piece += 5) {
    EXPECT_EQ(hash<Murmur3x128>("", piece), "00000000000000000000000000000000");
    EXPECT_EQ(hash<Murmur3x128>("hello", piece), "029bbd41b3a7d8cb191dae486a901e5b");
    EXPECT_EQ(hash<Murmur3x128>(kFox, piece), "6c1b07bc7bbc4be347939ac4a93c437a");
  }
}

}  // namespace
}  // namespace tbgw::tb
