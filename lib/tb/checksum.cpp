// SPDX-License-Identifier: Apache-2.0
#include "tb/checksum.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/fd.hpp"
#include "core/status.hpp"
#include "core/text.hpp"
#include "tb/murmur3.hpp"

namespace tbgw::tb {
namespace {

using Take = std::function<void(std::string_view block)>;

Result<void> read_all(const std::string& path, const Take& take) {
  const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) return Error{path + ": " + errno_text(errno)};
  std::array<char, 65536> block{};
  while (true) {
    const ssize_t got = ::read(fd.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error{path + ": " + errno_text(errno)};
    if (got == 0) return {};
    take({block.data(), static_cast<std::size_t>(got)});
  }
}

Result<std::string> digest(const std::string& path, const EVP_MD* kind) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> context{::EVP_MD_CTX_new(),
                                                                          &::EVP_MD_CTX_free};
  if (!context || EVP_DigestInit_ex(context.get(), kind, nullptr) != 1) {
    return Error{"this checksum cannot be made here"};
  }
  const auto read = read_all(path, [&](std::string_view block) {
    EVP_DigestUpdate(context.get(), block.data(), block.size());
  });
  if (!read) return read.error();
  std::array<char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size);
  return std::string{bytes.data(), size};
}

/// The polynomial of zlib and Ethernet, bit by bit: an image is checked once.
Result<std::string> crc32(const std::string& path) {
  constexpr std::uint32_t kPolynomial = 0xEDB88320U;
  std::uint32_t crc = 0xFFFFFFFFU;
  const auto read = read_all(path, [&](std::string_view block) {
    for (const char c : block) {
      crc ^= static_cast<unsigned char>(c);
      for (int bit = 0; bit < 8; ++bit)
        crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
    }
  });
  if (!read) return read.error();
  crc = ~crc;
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<char>((crc >> static_cast<unsigned>(shift)) & 0xFFU));
  return bytes;
}

template <typename Hash>
Result<std::string> murmur3(const std::string& path) {
  Hash hash;
  const auto read = read_all(path, [&](std::string_view block) { hash.add(block); });
  if (!read) return read.error();
  return hash.finish();
}

std::string lower_case(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

Result<bool> has_checksum(const std::string& path, std::string_view algorithm,
                          std::string_view hex) {
  const std::string name = lower_case(algorithm);
  Result<std::string> found =
      Error{"the checksum algorithm " + in_quotes(algorithm) +
            " is not one of MD5, SHA256, SHA384, SHA512, CRC32, MURMUR3_32, "
            "MURMUR3_128"};
  if (name == "md5") found = digest(path, EVP_md5());
  if (name == "sha256") found = digest(path, EVP_sha256());
  if (name == "sha384") found = digest(path, EVP_sha384());
  if (name == "sha512") found = digest(path, EVP_sha512());
  if (name == "crc32") found = crc32(path);
  if (name == "murmur3_32") found = murmur3<Murmur3x32>(path);
  if (name == "murmur3_128") found = murmur3<Murmur3x128>(path);
  if (!found) return found.error();
  const std::string wanted = lower_case(hex);
  if (to_hex(*found) == wanted) return true;
  if (name != "crc32" && name != "murmur3_32") return false;
  std::reverse(found->begin(), found->end());
  return to_hex(*found) == wanted;
}

}  // namespace tbgw::tb
