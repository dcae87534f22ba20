// SPDX-License-Identifier: Apache-2.0
// MurmurHash3 with seed 0 (Austin Appleby, public domain), in the two widths that ThingsBoard has
// for images. For what is broken by accident, not for what is broken on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tbgw::tb {

/// x86, 32 bits.
class Murmur3x32 {
 public:
  void add(std::string_view bytes);
  /// The hash, least significant byte first, as Guava and so ThingsBoard write it. Once.
  std::string finish();

 private:
  void mix(const char* block);

  std::uint32_t hash_ = 0;
  std::uint64_t size_ = 0;
  std::string rest_;  ///< less than a block
};

/// x64, 128 bits.
class Murmur3x128 {
 public:
  void add(std::string_view bytes);
  /// Both halves, each least significant byte first. Once.
  std::string finish();

 private:
  void mix(const char* block);

  std::uint64_t first_ = 0;
  std::uint64_t second_ = 0;
  std::uint64_t size_ = 0;
  std::string rest_;
};

}  // namespace tbgw::tb
