// SPDX-License-Identifier: Apache-2.0
// How old a record is, remembered coarsely for any backlog in little memory. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace tbgw::spool {

/// Marks "record `seq` was accepted at `time`", thinned out to at most kMost marks: the longer the
/// backlog, the coarser.
class AgeMarks {
 public:
  static constexpr std::size_t kMost = 512;

  /// `seq` rises from call to call; `ms` is any clock in milliseconds.
  void note(std::uint64_t seq, std::int64_t ms);
  /// Forgets what is done.
  void forget_before(std::uint64_t seq);
  /// When record `seq` was accepted at the earliest, or nothing if that is older than the marks.
  [[nodiscard]] std::optional<std::int64_t> time_of(std::uint64_t seq) const;

  /// All records before the returned number were accepted before `ms`; 0 = none is known to be.
  [[nodiscard]] std::uint64_t accepted_before(std::int64_t ms) const;

 private:
  struct Mark {
    std::uint64_t seq;
    std::int64_t ms;
  };
  std::deque<Mark> marks_;
  std::int64_t step_ = 100;  ///< least distance of two marks
};

}  // namespace tbgw::spool
