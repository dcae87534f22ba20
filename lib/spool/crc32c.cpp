// SPDX-License-Identifier: Apache-2.0
#include "spool/crc32c.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__aarch64__)
#include <arm_acle.h>
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace tbgw::spool {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // reflected 0x1EDC6F41

using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = crc >> 1U ^ ((crc & 1U) != 0 ? kPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t table = 1; table < tables.size(); ++table) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[table - 1][byte];
      tables[table][byte] = before >> 8U ^ tables[0][before & 0xFFU];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

std::uint32_t byte_at(const char* at) {
  return static_cast<unsigned char>(*at);
}

std::uint64_t word_at(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::uint32_t crc, const char* at,
                                                               std::size_t size) {
  std::uint64_t state = crc;
  for (; size >= 8; at += 8, size -= 8)
    state = __builtin_ia32_crc32di(state, word_at(at));
  crc = static_cast<std::uint32_t>(state);
  for (; size > 0; ++at, --size)
    crc = __builtin_ia32_crc32qi(crc, static_cast<unsigned char>(*at));
  return crc;
}

bool has_instruction() {
  static const bool has = __builtin_cpu_supports("sse4.2") != 0;
  return has;
}

#elif defined(__aarch64__)

__attribute__((target("+crc"))) std::uint32_t by_instruction(std::uint32_t crc, const char* at,
                                                             std::size_t size) {
  for (; size >= 8; at += 8, size -= 8)
    crc = __crc32cd(crc, word_at(at));
  for (; size > 0; ++at, --size)
    crc = __crc32cb(crc, static_cast<unsigned char>(*at));
  return crc;
}

bool has_instruction() {
  static const bool has = (::getauxval(AT_HWCAP) & HWCAP_CRC32) != 0;
  return has;
}

#endif

}  // namespace

std::uint32_t crc32c_by_table(std::uint32_t crc, std::string_view bytes) {
  crc = ~crc;
  const char* at = bytes.data();
  std::size_t size = bytes.size();
  for (; size >= 8; at += 8, size -= 8) {
    const std::uint32_t low = crc ^ (byte_at(at) | byte_at(at + 1) << 8U | byte_at(at + 2) << 16U |
                                     byte_at(at + 3) << 24U);
    crc = kTables[7][low & 0xFFU] ^ kTables[6][low >> 8U & 0xFFU] ^ kTables[5][low >> 16U & 0xFFU] ^
          kTables[4][low >> 24U] ^ kTables[3][byte_at(at + 4)] ^ kTables[2][byte_at(at + 5)] ^
          kTables[1][byte_at(at + 6)] ^ kTables[0][byte_at(at + 7)];
  }
  for (; size > 0; ++at, --size)
    crc = crc >> 8U ^ kTables[0][(crc ^ byte_at(at)) & 0xFFU];
  return ~crc;
}

std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes) {
#if defined(__x86_64__) || defined(__aarch64__)
  if (has_instruction()) return ~by_instruction(~crc, bytes.data(), bytes.size());
#endif
  return crc32c_by_table(crc, bytes);
}

}  // namespace tbgw::spool
