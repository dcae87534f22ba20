// SPDX-License-Identifier: Apache-2.0
// A store without a disk, for read-only systems: both ends of it in one, with the bounds, policies
// and counters of the one on disk. What it holds is lost with the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "spool/age_marks.hpp"
#include "spool/batch.hpp"
#include "spool/orphans.hpp"
#include "spool/store.hpp"

namespace tbgw::spool {

class MemoryStore : public Store, public Backlog {
 public:
  /// Holds `max_bytes` of records (and, until the next commit(), what was appended beyond);
  /// `max_age_ms` 0 = records do not age.
  MemoryStore(std::uint64_t max_bytes, std::int64_t max_age_ms)
      : max_bytes_(max_bytes), max_age_ms_(max_age_ms) {}

  std::uint64_t append(std::string_view payload) override;
  Outcome write() override { return commit(); }
  Outcome commit() override;
  [[nodiscard]] std::size_t pending_bytes() const override { return pending_bytes_; }
  [[nodiscard]] std::size_t pending_records() const override { return pending_; }
  [[nodiscard]] bool pending() const override { return pending_ > 0; }
  std::optional<std::uint64_t> drop_oldest() override;
  std::uint64_t drop_newest() override;
  std::uint64_t take_late_drops() override { return std::exchange(late_drops_, 0); }
  std::size_t discard(std::uint64_t) override { return 0; }
  [[nodiscard]] std::string slowest() const override { return "the consumer"; }
  void tidy() override;

  std::optional<Record> next() override;
  void rewind() override;
  void done(std::uint64_t seq) override;
  Outcome save(bool) override { return {}; }
  std::optional<std::string> fetch(std::uint64_t seq) override;
  /// There is nowhere to keep a letter: it is said on stderr and counted.
  void file(const DeadLetter& letter) override;
  [[nodiscard]] bool can_file() const override { return true; }
  Outcome file_dead(const DeadLetter& letter) override;
  Outcome file_waiting() override { return {}; }
  [[nodiscard]] std::uint64_t waiting_records() const override { return records_.size() - handed_; }
  [[nodiscard]] std::uint64_t waiting_bytes() const override;
  void add_counters(Counters& counters) const override;

 private:
  std::size_t pop_front(std::size_t count);
  std::uint64_t drop_front(std::size_t count, Orphans::Cause cause);

  std::uint64_t max_bytes_;
  std::int64_t max_age_ms_;
  Batch records_;
  AgeMarks marks_;
  std::uint64_t first_ = 1;       ///< number of the oldest record held
  std::size_t handed_ = 0;        ///< how many of those held were handed out
  std::size_t handed_bytes_ = 0;  ///< and their bytes
  std::size_t pending_ = 0;       ///< how many of those held are not accepted yet
  std::size_t pending_bytes_ = 0;
  Orphans orphans_;
  std::uint64_t late_drops_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t accepted_bytes_ = 0;
  std::uint64_t dropped_full_ = 0;
  std::uint64_t dropped_age_ = 0;
  std::uint64_t dead_ = 0;
};

}  // namespace tbgw::spool
