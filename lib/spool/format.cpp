// SPDX-License-Identifier: Apache-2.0
#include "spool/format.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/status.hpp"
#include "core/text.hpp"
#include "spool/crc32c.hpp"

namespace tbgw::spool {
namespace {

constexpr std::string_view kFormatStart = "tbgw-spool ";
constexpr std::string_view kSuffix = ".log";
constexpr std::size_t kNameDigits = 20;

/// Of a hex digit as we write it; 16 for every other character.
constexpr std::array<std::uint8_t, 256> kHexValues = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(16);
  for (std::uint8_t digit = 0; digit < 16; ++digit)
    table[static_cast<unsigned char>("0123456789abcdef"[digit])] = digit;
  return table;
}();

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Digits only, no overflow.
std::optional<std::uint64_t> parse_digits(std::string_view text) {
  if (!is_digits(text)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

bool is_id(std::string_view text) {
  return text.size() == kIdSize && parse_hex_digits(text.substr(0, kIdSize / 2)) &&
         parse_hex_digits(text.substr(kIdSize / 2));
}

}  // namespace

Identity::Identity(std::string text) : id(std::move(text)), seed(crc32c(0, id)) {}

Identity Identity::random() {
  std::array<char, kIdSize / 2> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw_errno(Status::software, "cannot get random numbers");
  }
  return Identity(to_hex({bytes.data(), bytes.size()}));
}

std::string format_line(const Identity& identity) {
  std::string line{kFormatStart};
  line += std::to_string(kFormatVersion) + " " + identity.id;
  const std::uint32_t crc = crc32c(0, line);
  line += ' ';
  append_hex(line, crc, 8);
  line += '\n';
  return line;
}

std::optional<FormatFile> parse_format_line(std::string_view text) {
  // "tbgw-spool V ID CRC\n", from behind: only V may vary in length.
  constexpr std::size_t kCrcPart = 1 + 8 + 1;
  if (text.substr(0, kFormatStart.size()) != kFormatStart) return std::nullopt;
  if (text.size() < kFormatStart.size() + 2 + kIdSize + kCrcPart || text.back() != '\n') {
    return std::nullopt;
  }
  const std::string_view line = text.substr(0, text.size() - kCrcPart);
  const auto crc = parse_hex_digits(text.substr(line.size() + 1, 8));
  if (text[line.size()] != ' ' || !crc || *crc != crc32c(0, line)) return std::nullopt;
  const std::string_view id = line.substr(line.size() - kIdSize);
  const std::string_view version =
      line.substr(kFormatStart.size(), line.size() - kFormatStart.size() - kIdSize - 1);
  const auto number = parse_digits(version);
  if (!number || *number > 1000 || !is_id(id)) return std::nullopt;
  return FormatFile{static_cast<int>(*number), Identity(std::string{id})};
}

std::string SegmentName::text() const {
  const std::string digits = std::to_string(first);
  std::string name(kNameDigits - digits.size(), '0');
  name += digits;
  if (rewrite > 0) name += ".r" + std::to_string(rewrite);
  return name.append(kSuffix);
}

std::optional<SegmentName> SegmentName::parse(std::string_view file) {
  if (file.size() < kNameDigits + kSuffix.size()) return std::nullopt;
  if (file.substr(file.size() - kSuffix.size()) != kSuffix) return std::nullopt;
  SegmentName name;
  const auto first = parse_digits(file.substr(0, kNameDigits));
  if (!first || *first == 0 || *first > kMostSeq) return std::nullopt;
  name.first = *first;
  std::string_view rest = file.substr(kNameDigits);
  rest.remove_suffix(kSuffix.size());
  if (!rest.empty()) {
    const auto rewrite = rest.substr(0, 2) == ".r" ? parse_digits(rest.substr(2)) : std::nullopt;
    if (!rewrite || *rewrite > UINT32_MAX) return std::nullopt;
    name.rewrite = static_cast<std::uint32_t>(*rewrite);
  }
  return name.text() == file ? std::optional(name) : std::nullopt;
}

void append_record(std::string& out, const Identity& identity, std::uint64_t seq,
                   std::string_view payload) {
  out += kRecordStart;
  const std::size_t digits = out.size();
  append_hex(out, seq, 16);
  std::uint32_t crc = crc32c(identity.seed, std::string_view{out}.substr(digits));
  crc = crc32c(crc, payload);
  out += ' ';
  append_hex(out, crc, 8);
  out += ' ';
  out.append(payload) += kRecordEnd;
}

void append_hex(std::string& out, std::uint64_t value, int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out += kDigits[value >> static_cast<unsigned>(shift) & 15U];
  }
}

std::optional<std::uint64_t> parse_hex_digits(std::string_view text) {
  if (text.empty() || text.size() > 16) return std::nullopt;
  std::uint64_t value = 0;
  unsigned wrong = 0;
  for (const char c : text) {
    const unsigned digit = kHexValues[static_cast<unsigned char>(c)];
    wrong |= digit;
    value = value << 4U | (digit & 15U);
  }
  return wrong > 15 ? std::nullopt : std::optional(value);
}

}  // namespace tbgw::spool
