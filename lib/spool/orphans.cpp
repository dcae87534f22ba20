// SPDX-License-Identifier: Apache-2.0
#include "spool/orphans.hpp"

namespace tbgw::spool {

void Orphans::add(std::uint64_t first, std::uint64_t last, Cause cause) {
  if (first <= last) ranges_.push_back({first, last, cause});
}

void Orphans::done(std::uint64_t seq) {
  while (!ranges_.empty() && ranges_.front().first <= seq) {
    if (ranges_.front().last > seq) {
      ranges_.front().first = seq + 1;
      return;
    }
    ranges_.pop_front();
  }
}

Orphans::Lost Orphans::settle() {
  Lost lost;
  for (const Range& range : ranges_)
    (range.cause == Cause::full ? lost.full : lost.aged) += range.last - range.first + 1;
  ranges_.clear();
  return lost;
}

}  // namespace tbgw::spool
