// SPDX-License-Identifier: Apache-2.0
// What the bytes of a segment are, piece by piece. Pure: no descriptor, any bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "spool/format.hpp"

namespace tbgw::spool {

struct Piece {
  enum class Kind {
    more,    ///< cannot be told without more bytes
    record,  ///< a valid record; seq 0 = a note (the first one is the segment's header)
    damage,  ///< no record: up to the next RS, or all there is but NULs at the end
    torn,    ///< the beginning of a record that ends in NULs or at the end of the file
    nuls,    ///< NULs: unused if they reach to the end of the file, else damage
  };
  Kind kind = Kind::more;
  std::size_t size = 0;
  std::uint64_t seq = 0;
  std::string_view payload;
};

/// The first piece of `bytes`, which begin at a place where a piece begins. `whole`: the file ends
/// with them (then never `more`, unless they are empty).
Piece first_piece(const Identity& identity, std::string_view bytes, bool whole);

/// All of a segment in memory, told with damage in whole spans: bytes that are neither record nor
/// unused, from one valid record to the next. Every byte belongs to exactly one part.
class SegmentScan {
 public:
  SegmentScan(const Identity& identity, std::string_view bytes)
      : identity_(identity), bytes_(bytes) {}

  struct Part {
    enum class Kind { record, note, damage, unused, end };
    Kind kind = Kind::end;
    std::size_t offset = 0;
    std::size_t size = 0;
    std::uint64_t seq = 0;
    std::string_view payload;
    /// In damage: pieces that look like whole records with one wrong byte somewhere (RS … LF), so
    /// that their numbers are not used again.
    std::size_t broken_records = 0;
  };
  Part next();

 private:
  const Identity& identity_;
  std::string_view bytes_;
  std::size_t at_ = 0;
  Piece ahead_;
  bool has_ahead_ = false;
};

}  // namespace tbgw::spool
