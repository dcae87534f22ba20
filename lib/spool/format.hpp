// SPDX-License-Identifier: Apache-2.0
// The on-disk format of a spool, tbgw-spool(5) in code: names, the identity, the record.
// Pure: text in, text out.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tbgw::spool {

inline constexpr int kFormatVersion = 1;
inline constexpr char kRecordStart = '\x1e';  ///< RS: no payload can hold it
inline constexpr char kRecordEnd = '\n';
inline constexpr std::size_t kIdSize = 32;
/// RS, 16 digits, blank, 8 digits, blank before the payload; LF behind it.
inline constexpr std::size_t kPayloadOffset = 27;
inline constexpr std::size_t kRecordOverhead = kPayloadOffset + 1;
/// No payload is longer, whatever --max-record says: the longest dead letter, a line of 1 MiB
/// written as JSON text, fits.
inline constexpr std::size_t kMostPayload = std::size_t{2} << 20;
/// No spool gets that far; a number above is none.
inline constexpr std::uint64_t kMostSeq = UINT64_MAX / 2;
inline constexpr std::uint64_t kSegmentBytes = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kLeastSegmentBytes = std::uint64_t{8} << 10;
inline constexpr std::uint64_t kMostSegmentBytes = std::uint64_t{64} << 20;

/// Who a spool is: 32 hex digits from the kernel's random numbers. Part of every checksum, so that
/// a record of another spool is never taken for one of ours.
struct Identity {
  std::string id;
  /// The checksum of the id alone, which every other one goes on from.
  std::uint32_t seed = 0;

  Identity() = default;
  explicit Identity(std::string text);
  static Identity random();
  bool operator==(const Identity&) const = default;
};

/// The content of the file FORMAT: "tbgw-spool 1 ID CRC\n".
std::string format_line(const Identity& identity);
struct FormatFile {
  int version = 0;
  Identity identity;
};
/// nullopt: damaged (not of that form, or its checksum is wrong).
std::optional<FormatFile> parse_format_line(std::string_view text);

/// The name of a segment: its first sequence number, and for a rewrite after a failed write which
/// one it is. "00000000000000000421.log", "00000000000000000421.r1.log". A rewrite may repeat
/// records of the segments before it.
struct SegmentName {
  std::uint64_t first = 0;
  std::uint32_t rewrite = 0;  ///< 0 = no rewrite

  [[nodiscard]] std::string text() const;
  static std::optional<SegmentName> parse(std::string_view file);
  auto operator<=>(const SegmentName&) const = default;
};

/// Appends `RS seq SP crc SP payload LF`. The payload must be an object without control bytes but
/// TAB, at most kMostPayload bytes.
void append_record(std::string& out, const Identity& identity, std::uint64_t seq,
                   std::string_view payload);

/// Lower-case hex digits, as many as asked for.
void append_hex(std::string& out, std::uint64_t value, int digits);
/// Strict: lower case, at most 16, and nothing else.
std::optional<std::uint64_t> parse_hex_digits(std::string_view text);

}  // namespace tbgw::spool
