// SPDX-License-Identifier: Apache-2.0
#include "spool/segment.hpp"

#include <algorithm>
#include <cstring>

#include "spool/crc32c.hpp"

namespace tbgw::spool {
namespace {

constexpr std::size_t kSeqOffset = 1;
constexpr std::size_t kCrcOffset = 18;
constexpr std::size_t kMostRecord = kMostPayload + kRecordOverhead;

/// Where the first `wanted` byte stands at or behind `from`; bytes.size() = nowhere.
std::size_t find_byte(std::string_view bytes, char wanted, std::size_t from) {
  return std::min(bytes.find(wanted, from), bytes.size());
}

std::size_t count_nuls(std::string_view bytes) {
  std::size_t at = 0;
  std::uint64_t word = 0;
  for (; at + sizeof word <= bytes.size(); at += sizeof word) {
    std::memcpy(&word, bytes.data() + at, sizeof word);
    if (word != 0) break;
  }
  while (at < bytes.size() && bytes[at] == '\0')
    ++at;
  return at;
}

/// `record` is RS … LF. Everything of it is checked: fixed bytes, checksum, the payload's ends.
bool take_record(const Identity& identity, std::string_view record, Piece& piece) {
  if (record.size() < kRecordOverhead + 2 || record.size() > kMostRecord) return false;
  if (record[kCrcOffset - 1] != ' ' || record[kPayloadOffset - 1] != ' ') return false;
  const std::string_view digits = record.substr(kSeqOffset, 16);
  const auto seq = parse_hex_digits(digits);
  const auto crc = parse_hex_digits(record.substr(kCrcOffset, 8));
  if (!seq || *seq > kMostSeq || !crc) return false;
  const std::string_view payload = record.substr(kPayloadOffset, record.size() - kRecordOverhead);
  if (payload.front() != '{' || payload.back() != '}') return false;
  if (crc32c(crc32c(identity.seed, digits), payload) != *crc) return false;
  piece = {Piece::Kind::record, record.size(), *seq, payload};
  return true;
}

std::size_t count_broken_records(std::string_view damage) {
  const auto ends = static_cast<std::size_t>(std::count(damage.begin(), damage.end(), kRecordEnd));
  return damage.front() == kRecordStart ? std::max<std::size_t>(ends, 1) : ends;
}

}  // namespace

Piece first_piece(const Identity& identity, std::string_view bytes, bool whole) {
  using Kind = Piece::Kind;
  if (bytes.empty()) return {};
  if (bytes[0] == '\0') return {Kind::nuls, count_nuls(bytes), 0, {}};
  Piece piece;
  const bool starts = bytes[0] == kRecordStart;
  // Nothing is looked for beyond the next RS, so that any bytes take linear time.
  const std::size_t next = find_byte(bytes, kRecordStart, 1);
  const std::size_t line_end = find_byte(bytes.substr(0, next), kRecordEnd, 1);
  if (starts && line_end < next && take_record(identity, bytes.substr(0, line_end + 1), piece)) {
    return piece;
  }
  piece.kind = Kind::damage;
  piece.size = next;
  if (next < bytes.size()) return piece;
  // Nothing here to go on from; NULs at the end may be unused space.
  piece.size = bytes.find_last_not_of('\0') + 1;
  const std::size_t nul = find_byte(bytes, '\0', 1);
  if (!starts || line_end < nul) return piece;
  // A beginning without end, and what could have been behind it is not there (yet).
  if (nul == bytes.size() && !whole) {
    if (bytes.size() < kMostRecord) return {};
    return piece;
  }
  piece.kind = Kind::torn;
  return piece;
}

SegmentScan::Part SegmentScan::next() {
  using Kind = Part::Kind;
  Part part;
  part.offset = at_;
  std::size_t damage_end = at_;
  while (at_ < bytes_.size()) {
    const Piece piece = has_ahead_ ? ahead_ : first_piece(identity_, bytes_.substr(at_), true);
    has_ahead_ = false;
    if (piece.kind == Piece::Kind::record) {
      if (at_ > part.offset) {  // closes a span, NULs in front of it included
        ahead_ = piece;
        has_ahead_ = true;
        damage_end = at_;
        break;
      }
      at_ += piece.size;
      part.kind = piece.seq == 0 ? Kind::note : Kind::record;
      part.size = piece.size;
      part.seq = piece.seq;
      part.payload = piece.payload;
      return part;
    }
    if (piece.kind == Piece::Kind::damage) {
      part.broken_records += count_broken_records(bytes_.substr(at_, piece.size));
    }
    at_ += piece.size;
    if (piece.kind != Piece::Kind::nuls) damage_end = at_;
  }
  if (at_ == part.offset) return part;
  part.kind = damage_end > part.offset ? Kind::damage : Kind::unused;
  if (part.kind == Kind::damage) at_ = damage_end;
  part.size = at_ - part.offset;
  return part;
}

}  // namespace tbgw::spool
