// SPDX-License-Identifier: Apache-2.0
// The one writer of a spool: numbers records, writes them into segments, and deletes what every
// consumer is done with. Life of a record:
//
//   append()  it has a number and lies in memory
//   write()   it stands in a segment; other processes can read it
//   commit()  it is on the disk (fdatasync): accepted
//
// What is not accepted stays in memory, so after any trouble the next write() or commit() simply
// goes on. After a failed write or sync the segment is never touched again: everything not accepted
// goes to a new one, NAME.rK.log (a second fsync of the same pages may lie).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "spool/cursor.hpp"
#include "spool/directory.hpp"
#include "spool/outcome.hpp"
#include "spool/segment_file.hpp"

namespace tbgw::spool {

struct WriterOptions {
  /// Of one segment, kLeastSegmentBytes to kMostSegmentBytes; a quarter of max_bytes if that is
  /// less. A longer record has a segment to itself.
  std::uint64_t segment_bytes = kSegmentBytes;
  /// Of all segments together; 0 = no bound. Holds to a segment: trouble `full` before it.
  std::uint64_t max_bytes = std::uint64_t{256} << 20;
  /// What must stay free on the file system.
  std::uint64_t min_free = std::uint64_t{64} << 20;
  /// false: accepted as soon as written, nothing is ever synced (--sync none).
  bool sync = true;
};

/// A segment as the writer knows it.
struct Segment {
  SegmentName name;
  std::uint64_t bytes = 0;  ///< size of the file
  EpochMs modified = 0;     ///< when its newest record was written (wall clock of the file)
};

struct WriterCounters {
  std::uint64_t accepted = 0;        ///< records, since this writer began
  std::uint64_t accepted_bytes = 0;  ///< of their payloads
  std::uint64_t dropped = 0;   ///< by policy, since the spool was made (kept in segment notes)
  std::uint64_t damaged = 0;   ///< records lost by damage and reported, likewise
  std::uint64_t commits = 0;   ///< syncs since this writer began
  std::uint64_t rewrites = 0;  ///< segments begun because of a failed write or sync
  std::chrono::microseconds sync_time{0};  ///< of all commits together
  std::chrono::microseconds worst_sync{0};
};

class Writer {
 public:
  /// Takes a directory made by Directory::create() and finds out where to go on: the next number is
  /// 1 + the highest that a segment, a name, a cursor or a dead letter ever had. Damage never stops
  /// it; notices() says what was found. Never appends to a segment of an earlier writer; removes
  /// segments that hold nothing. I/O errors: Fatal 74.
  Writer(Directory directory, const WriterOptions& options);
  /// Leaves what was written; what was not is gone (it was never accepted). Gives back the unused
  /// end of the segment and notes the counters in it.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] const Directory& directory() const { return directory_; }
  /// What recovery has to tell a person, a line each.
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }

  /// Gives the payload (see append_record()) its number and keeps it in memory.
  std::uint64_t append(std::string_view payload);
  /// Writes what is in memory into segments, without syncing (full segments excepted).
  Outcome write();
  /// write(), then sync: afterwards accepted() == last(). Nothing to do is done at once.
  Outcome commit();

  /// The highest number given; 0 = none ever.
  [[nodiscard]] std::uint64_t last() const { return next_ - 1; }
  /// Everything up to this number is in a segment and readable.
  [[nodiscard]] std::uint64_t written() const { return written_; }
  /// Everything up to this number is accepted: survives a power cut (with sync = false: a crash of
  /// this process).
  [[nodiscard]] std::uint64_t accepted() const { return accepted_; }
  /// Records and record bytes that are not accepted yet.
  [[nodiscard]] std::size_t pending_records() const { return ends_.size(); }
  [[nodiscard]] std::size_t pending_bytes() const { return buffer_.size() - discarded_; }
  /// The payload of a record that is not accepted yet; nullopt if it is, or was discarded. The view
  /// lives until the next call that is not const.
  [[nodiscard]] std::optional<std::string_view> pending(std::uint64_t seq) const;
  /// Forgets records up to `done` as long as none of those pending is written yet: their consumer
  /// is done with them, they need never touch the disk (--write-behind), or they are dropped by
  /// policy. A note tells readers that their numbers are not missing, together with the next record
  /// that is written. Returns how many.
  std::size_t discard(std::uint64_t done);

  /// Unlinks the segments that every registered cursor has passed, after making sure that the
  /// positions are durable. Without any cursor nothing. Returns how many; an error stops it and is
  /// tried again next time.
  std::size_t remove_done();
  /// Unlinks the oldest segment whoever still wants it; records above `done` are counted as
  /// dropped. Returns their number; nullopt: there is none to drop. Only records that are written.
  /// A Reader of this process that stands in it goes on reading it until it is told to seek().
  std::optional<std::uint64_t> drop_oldest(std::uint64_t done);
  /// The least position of all registered cursors, with `own_done` in place of the stored position
  /// of the cursor `own`: what drop_oldest() wants. And whose it is, for messages.
  struct Slowest {
    std::string cursor;
    std::uint64_t position = 0;
  };
  [[nodiscard]] Slowest slowest(std::string_view own, std::uint64_t own_done) const;

  /// Ends the current segment, so that what comes next can age, and be dropped, apart from it.
  /// Nothing happens while records in it are not accepted.
  void roll();

  /// Adds to the counters that are kept in the segments.
  void count_dropped(std::uint64_t records) { counters_.dropped += records; }
  void count_damaged(std::uint64_t records) { counters_.damaged += records; }
  [[nodiscard]] const WriterCounters& counters() const { return counters_; }

  /// Oldest first.
  [[nodiscard]] const std::deque<Segment>& segments() const { return segments_; }
  /// The number of the oldest record there may be; last() + 1 = none.
  [[nodiscard]] std::uint64_t first() const;
  /// The highest number in segments()[index] that no later one holds.
  [[nodiscard]] std::uint64_t last_of(std::size_t index) const;
  /// Bytes of all segments, as max_bytes counts them.
  [[nodiscard]] std::uint64_t bytes() const;
  /// Bytes in segments from the place of a Reader on.
  [[nodiscard]] std::uint64_t bytes_from(const SegmentName& segment, std::uint64_t offset) const;
  /// Free bytes of the file system (for unprivileged users).
  [[nodiscard]] std::uint64_t free_bytes() const;

 private:
  // The batch: records that are not accepted, the first batch_written_ of them stand in segment_.
  [[nodiscard]] std::size_t begin_of(std::size_t index) const;
  [[nodiscard]] std::uint64_t seq_of(std::size_t index) const {
    return next_ - ends_.size() + index;
  }
  void accept_written();
  // Segments.
  Outcome write_batch();
  Outcome write_slice(std::size_t upto);
  Outcome write_gone_note();
  [[nodiscard]] std::size_t fitting() const;
  enum class Bound { kept, passed };
  /// Bound::passed: where --max-bytes leaves no room for a segment, it has just its header.
  Outcome begin_segment(Bound bound);
  [[nodiscard]] bool commits_are_small() const;
  [[nodiscard]] Outcome check_bound(std::uint64_t size) const;
  [[nodiscard]] Outcome check_space(std::uint64_t size) const;
  Outcome sync_segment();
  Outcome give_up_segment(Outcome why);
  void leave_segment();
  void end_segment();
  void close();
  [[nodiscard]] SegmentName next_name() const;
  [[nodiscard]] bool make_durable(const std::vector<CursorState>& cursors) const;
  [[nodiscard]] bool is_needed(const Segment& segment) const;
  bool unlink_front();

  Directory directory_;
  WriterOptions options_;
  std::vector<std::string> notices_;
  WriterCounters counters_;
  WriterCounters noted_;  ///< as the newest note on disk has them
  std::deque<Segment> segments_;

  std::uint64_t next_ = 1;
  std::uint64_t written_ = 0;
  std::uint64_t accepted_ = 0;
  std::string buffer_;            ///< the batch as it goes to disk
  std::size_t discarded_ = 0;     ///< bytes at its front that belong to no record any more
  std::deque<std::size_t> ends_;  ///< of each record in buffer_
  std::size_t batch_written_ = 0;
  // Numbers discarded since the last record, and the note about them that goes before the next.
  std::uint64_t gone_first_ = 0;  ///< 0 = none
  std::string gone_note_;

  SegmentFile segment_;  ///< segments_.back(), while one is being written
  std::uint64_t segment_commits_ = 0;
  std::optional<SegmentName> failed_;  ///< the first that failed and is not yet replaced
  std::uint64_t seen_ = 0;             ///< the highest number in failed segments
  bool rewriting_ = false;             ///< the next segment repeats what a failed one holds
};

}  // namespace tbgw::spool
