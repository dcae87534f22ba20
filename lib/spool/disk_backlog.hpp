// SPDX-License-Identifier: Apache-2.0
// The delivering end of a spool on disk: a reader, the consumer's cursor, its dead letters. Serves
// the accepting process and one that only delivers (--get) alike.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "spool/cursor.hpp"
#include "spool/letter_box.hpp"
#include "spool/losses.hpp"
#include "spool/orphans.hpp"
#include "spool/reader.hpp"
#include "spool/store.hpp"
#include "spool/writer.hpp"

namespace tbgw::spool {

class DiskBacklog : public Backlog {
 public:
  /// Everything given must outlive this object. `writer`: of this process, or nullptr when another
  /// one accepts. `tell` gets a sentence for each loss.
  DiskBacklog(const Directory& directory, Cursor& cursor, LetterBox& dead, Writer* writer,
              std::function<void(const std::string& text)> tell);

  std::optional<Record> next() override;
  void rewind() override;
  void done(std::uint64_t seq) override;
  Outcome save(bool sync) override;
  std::optional<std::string> fetch(std::uint64_t seq) override;
  Outcome file_dead(const DeadLetter& letter) override;
  Outcome file_waiting() override { return dead_.commit(); }
  [[nodiscard]] std::uint64_t waiting_records() const override;
  [[nodiscard]] std::uint64_t waiting_bytes() const override;
  void add_counters(Counters& counters) const override;

  /// Everything up to this number was handed out (or skipped).
  [[nodiscard]] std::uint64_t handed_out() const { return handed_; }
  /// Everything up to this number is done.
  [[nodiscard]] std::uint64_t done_through() const { return done_; }
  /// The records before `seq` were dropped on purpose.
  void skip_to(std::uint64_t seq);
  /// These were dropped; those that were handed out and are not done may still be acknowledged.
  void orphan(std::uint64_t first, std::uint64_t last, Orphans::Cause cause);
  /// The consumer acknowledges no more: what it had not done of them is lost, and counted.
  void settle_orphans();
  /// So many were counted by that.
  [[nodiscard]] const Orphans::Lost& late_drops() const { return late_drops_; }
  /// Hand out records also before they stand in a segment (--write-behind).
  void hand_out_from_memory() { from_memory_ = true; }
  /// Readable when there may be more (Reader::wake_fd()).
  int wake_fd() { return reader_.wake_fd(); }
  void clear_wake() { reader_.clear_wake(); }

 private:
  std::optional<Record> next_in_memory();
  void pass_gap(std::uint64_t first, std::uint64_t last);

  const Directory& directory_;
  Cursor& cursor_;
  LetterBox& dead_;
  Writer* writer_;
  Reader reader_;
  Losses losses_;
  Orphans orphans_;
  Orphans::Lost late_drops_;
  bool from_memory_ = false;
  std::uint64_t first_ = 0;  ///< the first number that came; 0 = none yet
  std::uint64_t handed_;
  std::uint64_t done_;
  /// The newest numbers that are not there: done with what is before them.
  std::uint64_t gap_first_ = 0;
  std::uint64_t gap_last_ = 0;
};

}  // namespace tbgw::spool
