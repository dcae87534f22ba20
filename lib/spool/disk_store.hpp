// SPDX-License-Identifier: Apache-2.0
// The accepting end of a spool on disk, and the backlog of the consumer that it serves itself.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "core/time.hpp"
#include "spool/age_marks.hpp"
#include "spool/cursor.hpp"
#include "spool/disk_backlog.hpp"
#include "spool/letter_box.hpp"
#include "spool/store.hpp"
#include "spool/writer.hpp"

namespace tbgw::spool {

class DiskStore : public Store {
 public:
  struct Options {
    WriterOptions writer;
    std::chrono::milliseconds max_age{0};  ///< 0 = records do not age
    bool write_behind = false;             ///< records are handed out before they are written
  };
  /// Opens or makes the spool and takes its lock; Fatal as Directory::create(). `tell` gets a
  /// sentence for each loss.
  DiskStore(const std::string& path, const Options& options,
            std::function<void(const std::string& text)> tell);
  ~DiskStore() override { backlog_.settle_orphans(); }
  DiskStore(const DiskStore&) = delete;
  DiskStore& operator=(const DiskStore&) = delete;

  std::uint64_t append(std::string_view payload) override { return writer_.append(payload); }
  Outcome write() override;
  Outcome commit() override;
  [[nodiscard]] std::size_t pending_bytes() const override { return writer_.pending_bytes(); }
  [[nodiscard]] std::size_t pending_records() const override { return writer_.pending_records(); }
  void file(const DeadLetter& letter) override { dead_.keep(letter); }
  [[nodiscard]] bool can_file() const override { return dead_.bytes() < kMostLetters; }
  [[nodiscard]] bool pending() const override;
  std::optional<std::uint64_t> drop_oldest() override;
  std::uint64_t drop_newest() override;
  std::uint64_t take_late_drops() override;
  void end_delivery() override { backlog_.settle_orphans(); }
  std::size_t discard(std::uint64_t done) override;
  [[nodiscard]] std::string slowest() const override;
  void tidy() override;
  void add_counters(Counters& counters) const override;

  [[nodiscard]] DiskBacklog& backlog() { return backlog_; }
  [[nodiscard]] const Directory& directory() const { return writer_.directory(); }

 private:
  static constexpr std::size_t kMostLetters = std::size_t{1} << 20;
  void note_age();
  std::optional<std::uint64_t> drop_segment(Orphans::Cause cause);
  void drop_aged();
  void roll_by_age();
  [[nodiscard]] std::uint64_t oldest_age_ms() const;

  Options options_;
  Writer writer_;
  Cursor cursor_;
  LetterBox dead_;
  DiskBacklog backlog_;
  AgeMarks marks_;
  ClockTrust clock_;
  SegmentName newest_;  ///< the newest segment, and when it was seen first
  std::int64_t newest_since_ = 0;
  bool letters_parked_ = false;  ///< letters that cannot be filed hold up nothing
  bool alone_ = true;            ///< ours is the only cursor
  std::uint64_t late_told_ = 0;  ///< late drops that take_late_drops() told
  std::uint64_t full_ = 0;       ///< records dropped because there was no room, by this process
  std::uint64_t aged_ = 0;       ///< and because they were too old
};

}  // namespace tbgw::spool
