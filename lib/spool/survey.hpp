// SPDX-License-Identifier: Apache-2.0
// What a spool on disk holds and what is wrong with it, found by reading all of it: for verify and
// repair. Reads only, needs no lock. Says the same as a Reader that reads everything.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "spool/cursor.hpp"
#include "spool/directory.hpp"

namespace tbgw::spool {

/// Bytes [offset, offset + bytes) of a segment that are no record and not unused.
struct DamagedSpan {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::size_t broken_records = 0;  ///< records that look whole but for a wrong byte
  bool operator==(const DamagedSpan&) const = default;
};

/// Numbers that no record has, though a later one is there.
struct MissingNumbers {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool done = false;  ///< every cursor has passed them: nobody misses them
  bool operator==(const MissingNumbers&) const = default;
};

struct SegmentSurvey {
  SegmentName name;
  std::uint64_t bytes = 0;  ///< size of the file
  std::uint64_t used = 0;   ///< without the unused space at the end
  EpochMs begun = 0;        ///< as its header says; 0 = unknown
  EpochMs modified = 0;
  int error = 0;  ///< errno: not (or not wholly) readable
  std::uint64_t records = 0;
  std::uint64_t first = 0;  ///< lowest and highest number of its records; 0 = none
  std::uint64_t last = 0;
  std::optional<std::uint64_t> dropped;  ///< as its newest note says
  std::optional<std::uint64_t> damaged;
  std::uint64_t disordered = 0;  ///< records behind a later one: readers skip them, repair mends it
  std::vector<DamagedSpan> damage;
  std::vector<MissingNumbers> missing;  ///< before or between its records

  [[nodiscard]] bool sound() const;
};

/// Goes from segment to segment, in order.
class Surveyor {
 public:
  /// `passed`: the least position of all cursors; nullopt = there is none.
  explicit Surveyor(std::optional<std::uint64_t> passed) : passed_(passed) {}

  /// `next` = the segment behind this one, if any.
  SegmentSurvey look(const Identity& identity, const SegmentName& name,
                     const std::optional<SegmentName>& next, std::string_view bytes);
  /// The number expected next: behind the last record so far; 0 = none yet.
  [[nodiscard]] std::uint64_t expected() const { return expected_; }

 private:
  void take_record(std::uint64_t seq, SegmentSurvey& found);
  void expect(std::uint64_t first, std::uint64_t beyond, SegmentSurvey& found);

  std::optional<std::uint64_t> passed_;
  std::uint64_t expected_ = 0;
};

struct Survey {
  std::string path;
  bool format_damaged = false;
  std::vector<SegmentSurvey> segments;
  std::vector<CursorState> cursors;

  [[nodiscard]] std::uint64_t records() const;
  [[nodiscard]] std::uint64_t damaged_spans() const;
  [[nodiscard]] std::uint64_t damaged_bytes() const;
  [[nodiscard]] std::uint64_t missing() const;  ///< numbers that somebody misses
  /// Nothing to report, nothing to repair.
  [[nodiscard]] bool sound() const;
};
/// Reads all segments, one at a time. What looks torn at the end of the newest segment is looked at
/// again after this time, as it may just be written.
Survey survey(const Directory& directory,
              std::chrono::milliseconds write_time = std::chrono::milliseconds{200});

/// The least position of the cursors; nullopt = there is none.
std::optional<std::uint64_t> least_position(const std::vector<CursorState>& cursors);

/// The folders of dead letters in the spool, by name.
std::vector<std::string> dead_folders(const Directory& directory);

}  // namespace tbgw::spool
