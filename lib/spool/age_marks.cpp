// SPDX-License-Identifier: Apache-2.0
#include "spool/age_marks.hpp"

#include <algorithm>
#include <iterator>

namespace tbgw::spool {

void AgeMarks::note(std::uint64_t seq, std::int64_t ms) {
  if (!marks_.empty() && ms - marks_.back().ms < step_) return;
  marks_.push_back({seq, ms});
  if (marks_.size() <= kMost) return;
  std::deque<Mark> thinned;
  for (std::size_t i = 0; i < marks_.size(); i += 2)
    thinned.push_back(marks_[i]);
  marks_.swap(thinned);
  step_ *= 2;
}

void AgeMarks::forget_before(std::uint64_t seq) {
  // The last mark at or before seq still says how old seq is at most.
  while (marks_.size() > 1 && marks_[1].seq <= seq)
    marks_.pop_front();
}

std::optional<std::int64_t> AgeMarks::time_of(std::uint64_t seq) const {
  const auto next =
      std::upper_bound(marks_.begin(), marks_.end(), seq,
                       [](std::uint64_t wanted, const Mark& mark) { return wanted < mark.seq; });
  if (next == marks_.begin()) return std::nullopt;
  return std::prev(next)->ms;
}

std::uint64_t AgeMarks::accepted_before(std::int64_t ms) const {
  const auto next =
      std::lower_bound(marks_.begin(), marks_.end(), ms,
                       [](const Mark& mark, std::int64_t wanted) { return mark.ms < wanted; });
  return next == marks_.begin() ? 0 : std::prev(next)->seq;
}

}  // namespace tbgw::spool
