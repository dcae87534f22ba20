// SPDX-License-Identifier: Apache-2.0
// Records that were dropped while a consumer had them: it may still acknowledge them, and only when
// it cannot any more are they lost, and counted. Pure.
#pragma once

#include <cstdint>
#include <deque>

namespace tbgw::spool {

class Orphans {
 public:
  enum class Cause { full, aged };

  /// The store has `first` to `last` no more. Ranges come in rising order.
  void add(std::uint64_t first, std::uint64_t last, Cause cause);
  /// Everything up to `seq` is done: not lost.
  void done(std::uint64_t seq);

  struct Lost {
    std::uint64_t full = 0;
    std::uint64_t aged = 0;
    [[nodiscard]] std::uint64_t all() const { return full + aged; }
  };
  /// The consumer is gone: what it had not done is lost. Each record is told once.
  Lost settle();

  [[nodiscard]] bool empty() const { return ranges_.empty(); }

 private:
  struct Range {
    std::uint64_t first;
    std::uint64_t last;
    Cause cause;
  };
  std::deque<Range> ranges_;
};

}  // namespace tbgw::spool
