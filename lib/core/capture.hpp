// SPDX-License-Identifier: Apache-2.0
// Captured records played again: what a replay must know of a line, which of its bytes it changes,
// and when the line is due. Pure; the tool owns files and clocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_view.hpp"
#include "core/time.hpp"

namespace tbgw {

/// One captured line, looked at. Anything that is not a record has no time and nothing to change.
struct CapturedLine {
  /// Not for the consumer of a replay: a spool's hello line, or a line that says nothing but `_n`.
  bool skip = false;
  /// When it happened: `ts` of a raw record, of the first telemetry entry of a reading, or `_t`.
  std::optional<EpochMs> time;
  /// The least and the greatest stamp of the line; equal unless it holds several.
  EpochMs earliest = 0;
  EpochMs latest = 0;

  /// Bytes [begin, end) of the line to leave out, or to replace by the moved stamp.
  struct Edit {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::optional<EpochMs> stamp;
    bool operator==(const Edit&) const = default;
  };
  /// In order of position. The first kind is always applied, the second when stamps move.
  std::vector<Edit> always;
  std::vector<Edit> when_moved;
};

/// Looks at captured lines. Reuse one object for many lines.
class CaptureParser {
 public:
  /// kLinePadding readable bytes must follow the line. The result lives until the next call.
  const CapturedLine& parse(std::string_view line);

  /// The line surely has neither a `_n` nor a `spool` member: it goes as it is. Much quicker than
  /// parse(); false only means that a look is needed. kLinePadding bytes must follow here too.
  static bool surely_plain(std::string_view line);

 private:
  void take_members(std::string_view line);
  void take_entries(std::string_view line, const JsonMember& data);
  void take_entry(std::string_view line, const JsonMember& entry);
  void take_received(std::string_view line, const JsonMember& received);
  void cut(std::string_view line, const JsonMember* number, const JsonMember* clock);
  void add_stamp(std::string_view line, std::string_view raw, EpochMs stamp);

  CapturedLine result_;
  JsonView line_view_;
  JsonView list_view_;
  JsonView entry_view_;
};

/// Appends the line as it is replayed, with a newline: without `_n`, everything else byte for byte.
/// With `move` every stamp is moved by that many milliseconds, and a `clock` member, which doubts a
/// stamp that is no longer there, goes.
void append_replayed(std::string& out, std::string_view line, const CapturedLine& captured,
                     std::optional<EpochMs> move);

/// When lines are due, told from their own times. A line without a time goes with the one before
/// it; time that goes backwards is no wait; no wait is longer than `max_gap`.
class CaptureSchedule {
 public:
  explicit CaptureSchedule(std::int64_t max_gap_ms) : max_gap_ms_(max_gap_ms) {}
  /// Captured milliseconds between the first line of the replay and this one.
  std::int64_t next(std::optional<EpochMs> time);

 private:
  std::int64_t max_gap_ms_;
  std::optional<EpochMs> last_;
  std::int64_t elapsed_ = 0;
};

/// Moves lines to the present (`--ts now`): the latest stamp of a line becomes the time of sending.
/// Stamps are spread, at most 1 s ahead, so that no two lines share one: the platform stores by
/// (device, key, ts).
class NowStamps {
 public:
  /// By how much to move a line that is sent at `now`.
  EpochMs move(const CapturedLine& line, EpochMs now);
  /// Lines whose stamps could not be kept apart.
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }

 private:
  EpochMs last_ = 0;
  std::uint64_t repeated_ = 0;
};

}  // namespace tbgw
