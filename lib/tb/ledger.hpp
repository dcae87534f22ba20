// SPDX-License-Identifier: Apache-2.0
// Which records are done: each is held by the messages that carry it until the platform has
// acknowledged them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace tbgw::tb {

/// The number of a record: 1, 2, 3… in order of arrival. 0 = no record.
using Seq = std::uint64_t;

/// Counts what still holds each record.
class Ledger {
 public:
  /// A new record, held once; release() that hold when all its messages hold it.
  Seq open();
  /// Both ignore record 0.
  void hold(Seq record);
  void release(Seq record);

  /// All records up to this one are done: what a cumulative acknowledgement may say.
  [[nodiscard]] Seq done_through() const { return first_ - 1; }
  [[nodiscard]] std::uint64_t opened() const { return first_ - 1 + holds_.size(); }
  [[nodiscard]] std::uint64_t done() const { return done_; }
  [[nodiscard]] std::uint64_t undone() const { return opened() - done_; }
  [[nodiscard]] std::size_t bytes() const { return holds_.size() * sizeof(std::uint32_t); }

 private:
  std::deque<std::uint32_t> holds_;  ///< of record first_ + index
  Seq first_ = 1;
  std::uint64_t done_ = 0;
};

}  // namespace tbgw::tb
