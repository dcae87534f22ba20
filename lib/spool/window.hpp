// SPDX-License-Identifier: Apache-2.0
// The delivery window: which records a consumer was given and has not done yet. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace tbgw::spool {

/// Numbers records 1, 2, 3… in delivery order and keeps those that are undone. One window serves
/// one run: a new consumer gets a new window.
class Window {
 public:
  /// At most `records` undone, and at most `bytes` (but always one record, however long).
  Window(std::size_t records, std::size_t bytes) : max_records_(records), max_bytes_(bytes) {}

  [[nodiscard]] bool has_room(std::size_t bytes) const {
    return undone_.empty() || (undone_.size() < max_records_ && bytes_ + bytes <= max_bytes_);
  }
  /// The number (`_n`) of a record that is handed out now. `seq` is its number in the store.
  std::uint64_t add(std::uint64_t seq, std::size_t bytes);

  enum class Verdict {
    ok,
    late,     ///< already done: harmless
    unknown,  ///< never handed out: the consumer is wrong
  };
  /// Everything up to `n` is done, but for what is held.
  Verdict acknowledge(std::uint64_t n);
  /// `n`, which must have a seq_of(), is not done before bury(n), whatever is acknowledged: its
  /// dead letter is not durable yet. Those behind it are done only with it.
  void hold(std::uint64_t n);
  /// `n` alone is done (it went to the dead letters).
  Verdict bury(std::uint64_t n);

  /// The seq of record `n`, if it is undone, not held and not buried.
  [[nodiscard]] std::optional<std::uint64_t> seq_of(std::uint64_t n) const;

  /// The seq of the last record that is done together with all before it; 0 = none is.
  [[nodiscard]] std::uint64_t done_seq() const { return done_seq_; }
  [[nodiscard]] std::size_t undone() const { return undone_.size(); }
  [[nodiscard]] std::size_t undone_bytes() const { return bytes_; }
  [[nodiscard]] std::uint64_t last_number() const { return first_ + undone_.size() - 1; }

 private:
  enum class Grave : std::uint8_t { none, held, buried };
  struct Entry {
    std::uint64_t seq;
    std::uint32_t bytes;
    Grave grave;
  };
  void pop_done();

  std::size_t max_records_;
  std::size_t max_bytes_;
  std::deque<Entry> undone_;
  std::uint64_t first_ = 1;         ///< number of undone_.front()
  std::uint64_t acknowledged_ = 0;  ///< the highest number that was
  std::size_t bytes_ = 0;
  std::uint64_t done_seq_ = 0;
};

}  // namespace tbgw::spool
