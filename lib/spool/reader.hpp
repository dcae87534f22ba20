// SPDX-License-Identifier: Apache-2.0
// Reads a spool in order from a sequence number on, while it is being written, and tells what is
// damaged or missing. Needs no lock, writes nothing. A position is a number, never an offset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "core/fd.hpp"
#include "spool/directory.hpp"
#include "spool/segment.hpp"
#include "spool/segment_window.hpp"

namespace tbgw::spool {

class Reader {
 public:
  enum class End {
    waits,  ///< the newest segment may still grow: what is incomplete there is not yet there
    stops,  ///< take the spool as it stands; what is incomplete at the end is damage
  };

  /// Reads on behind `position` (a cursor's); 0 = from the oldest there is, without reporting what
  /// went before. The directory must outlive the reader.
  Reader(const Directory& directory, std::uint64_t position, End end = End::waits);

  enum class Kind {
    nothing,  ///< no more for now (End::waits) or at all (End::stops)
    record,   ///< seq, payload, stored
    damage,   ///< segment, offset, bytes: not readable; a gap follows if records were in it
    gap,      ///< first..last are not there
  };
  enum class Cause {
    missing,  ///< no trace: the segment was dropped, or removed, or zeroed by the medium
    damaged,  ///< they stood in the damage reported before
    noted,    ///< a note says so: done or dropped before they were written, or repaired
  };
  struct Item {
    Kind kind = Kind::nothing;
    std::uint64_t seq = 0;
    std::string_view payload;  ///< until the next call; kLinePadding readable bytes follow
    std::string_view stored;   ///< the record as it lies on disk
    SegmentName segment;       ///< of records and damage
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    Cause cause = Cause::missing;
  };
  /// The next record, or what went wrong before it. Records above `limit` are left for later, and
  /// what is not there up to it is lost: the accepting process gives Writer::accepted() (or
  /// written()), which also spares looking at the disk when there is nothing. Each number comes
  /// once, in rising order. An I/O error while reading a segment counts as damage to its end; an
  /// unreadable directory: Fatal 74.
  Item next(std::uint64_t limit = kNoLimit);
  static constexpr std::uint64_t kNoLimit = std::numeric_limits<std::uint64_t>::max();

  /// The number next() goes on with; 0 = the oldest, whatever it is, and there was none yet.
  [[nodiscard]] std::uint64_t wanted() const { return wanted_; }
  /// Goes on with `seq`, back (which opens the segment anew) or forth, and reports nothing of what
  /// lies between.
  void seek(std::uint64_t seq);

  /// Where the reader stands, for Writer::bytes_from(). nullopt: in no segment yet.
  struct Place {
    SegmentName segment;
    std::uint64_t offset = 0;
  };
  [[nodiscard]] std::optional<Place> place() const;

  /// A descriptor that is readable after the directory changed (inotify); -1 if the system has
  /// none left: ask every 250 ms instead. When it is readable, call clear_wake(), then next().
  int wake_fd();
  void clear_wake();

 private:
  /// What is left to do after a step: go on, give back `item`, or say that there is nothing.
  enum class Step { again, item, nothing };
  Step open_segment(std::uint64_t limit, Item& item);
  std::optional<SegmentName> choose_segment(const std::vector<SegmentName>& names);
  Step take_record(const Piece& piece, std::uint64_t limit, Item& item);
  Step take_note(const Piece& piece, Item& item);
  Step take_other(const Piece& piece, std::uint64_t limit);
  Step read_more();
  Step at_end(std::uint64_t limit, Item& item);
  Step report_lost(std::uint64_t limit, Item& item);
  Step report_span(Item& item);
  Step report_damage(std::uint64_t begin, std::uint64_t end, Item& item);
  Step report_gap(std::uint64_t upto, Cause cause, Item& item);
  Step wait_for_more();
  bool look_for_later();
  bool was_removed();
  void go_back();

  const Directory& directory_;
  End end_;
  bool from_oldest_;
  std::uint64_t wanted_;

  std::optional<SegmentName> segment_;  ///< being read, or the last one that was
  SegmentWindow window_;
  std::uint64_t bound_ = 0;    ///< numbers from here on belong to later segments; 0 = not known
  bool finished_ = false;      ///< it grows no more: there is a later one, or End::stops
  bool superseded_ = false;    ///< from bound_ on by a rewrite
  bool looked_ahead_ = false;  ///< nothing wanted lay behind its unwritten part when we looked
  bool skipping_ = false;      ///< nothing wanted was found in it yet
  bool at_eof_ = false;        ///< the window reaches to the end of the file
  bool fresh_ = false;         ///< the window was read in this call of next()

  // Bytes behind the last good record that are no record. They are damage once a good one follows
  // or nothing can follow; till then they are read again and again.
  std::optional<std::uint64_t> span_;
  std::uint64_t span_end_ = 0;              ///< behind the last of them that is not NUL
  std::optional<std::uint64_t> confirmed_;  ///< the span that begins here was read twice
  bool after_damage_ = false;

  Fd inotify_;
};

}  // namespace tbgw::spool
