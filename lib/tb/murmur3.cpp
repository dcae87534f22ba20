// SPDX-License-Identifier: Apache-2.0
#include "tb/murmur3.hpp"

#include <bit>

namespace tbgw::tb {
namespace {

/// Little endian, whatever the machine is; up to sizeof(Word) bytes.
template <typename Word>
Word load(const char* bytes, std::size_t count = sizeof(Word)) {
  Word word = 0;
  for (std::size_t i = count; i > 0; --i)
    word = static_cast<Word>(word << 8U) | static_cast<unsigned char>(bytes[i - 1]);
  return word;
}

template <typename Word>
void store(std::string& out, Word word) {
  for (std::size_t i = 0; i < sizeof word; ++i)
    out.push_back(static_cast<char>((word >> (8 * i)) & 0xFFU));
}

/// Hands out whole blocks of what was given so far; what is left stays in `rest`.
template <std::size_t kBlock, typename Mix>
void in_blocks(std::string& rest, std::string_view bytes, const Mix& mix) {
  rest.append(bytes);
  std::size_t at = 0;
  for (; rest.size() - at >= kBlock; at += kBlock)
    mix(rest.data() + at);
  rest.erase(0, at);
}

std::uint32_t scramble(std::uint32_t k) {
  return std::rotl(k * 0xcc9e2d51U, 15) * 0x1b873593U;
}

constexpr std::uint64_t kC1 = 0x87c37b91114253d5U;
constexpr std::uint64_t kC2 = 0x4cf5ad432745937fU;

std::uint64_t scramble_first(std::uint64_t k) {
  return std::rotl(k * kC1, 31) * kC2;
}
std::uint64_t scramble_second(std::uint64_t k) {
  return std::rotl(k * kC2, 33) * kC1;
}

std::uint64_t avalanche(std::uint64_t k) {
  k = (k ^ (k >> 33U)) * 0xff51afd7ed558ccdU;
  k = (k ^ (k >> 33U)) * 0xc4ceb9fe1a85ec53U;
  return k ^ (k >> 33U);
}

}  // namespace

void Murmur3x32::add(std::string_view bytes) {
  size_ += bytes.size();
  in_blocks<4>(rest_, bytes, [this](const char* block) { mix(block); });
}

void Murmur3x32::mix(const char* block) {
  hash_ ^= scramble(load<std::uint32_t>(block));
  hash_ = std::rotl(hash_, 13) * 5 + 0xe6546b64U;
}

std::string Murmur3x32::finish() {
  hash_ ^= scramble(load<std::uint32_t>(rest_.data(), rest_.size()));
  hash_ ^= static_cast<std::uint32_t>(size_);
  hash_ = (hash_ ^ (hash_ >> 16U)) * 0x85ebca6bU;
  hash_ = (hash_ ^ (hash_ >> 13U)) * 0xc2b2ae35U;
  hash_ ^= hash_ >> 16U;
  std::string out;
  store(out, hash_);
  return out;
}

void Murmur3x128::add(std::string_view bytes) {
  size_ += bytes.size();
  in_blocks<16>(rest_, bytes, [this](const char* block) { mix(block); });
}

void Murmur3x128::mix(const char* block) {
  first_ ^= scramble_first(load<std::uint64_t>(block));
  first_ = (std::rotl(first_, 27) + second_) * 5 + 0x52dce729U;
  second_ ^= scramble_second(load<std::uint64_t>(block + 8));
  second_ = (std::rotl(second_, 31) + first_) * 5 + 0x38495ab5U;
}

std::string Murmur3x128::finish() {
  rest_.resize(16, '\0');  // a scrambled zero is zero
  first_ ^= scramble_first(load<std::uint64_t>(rest_.data()));
  second_ ^= scramble_second(load<std::uint64_t>(rest_.data() + 8));
  first_ ^= size_;
  second_ ^= size_;
  first_ += second_;
  second_ += first_;
  first_ = avalanche(first_);
  second_ = avalanche(second_);
  first_ += second_;
  second_ += first_;
  std::string out;
  store(out, first_);
  store(out, second_);
  return out;
}

}  // namespace tbgw::tb
