// SPDX-License-Identifier: Apache-2.0
#include "modbus/deadlines.hpp"

#include <algorithm>
#include <utility>

namespace tbgw::modbus {

void Deadlines::replace(const std::vector<Poll>& polls, Time now) {
  std::vector<Deadline> all;
  all.reserve(polls.size());
  for (const Poll& poll : polls) {
    const Deadline* known = find(poll.id);
    all.push_back({poll, known == nullptr ? now : known->due});
  }
  all_ = std::move(all);
  look();
}

void Deadlines::set(std::uint64_t id, Time due) {
  for (Deadline& deadline : all_) {
    if (deadline.poll.id == id) deadline.due = due;
  }
  look();
}

void Deadlines::set_all(Time due) {
  for (Deadline& deadline : all_)
    deadline.due = due;
  look();
}

const Deadline* Deadlines::find(std::uint64_t id) const {
  const auto found = std::find_if(
      all_.begin(), all_.end(), [id](const Deadline& deadline) { return deadline.poll.id == id; });
  return found == all_.end() ? nullptr : &*found;
}

void Deadlines::look() {
  const auto first = std::min_element(
      all_.begin(), all_.end(), [](const Deadline& a, const Deadline& b) { return a.due < b.due; });
  earliest_ = static_cast<std::size_t>(first - all_.begin());
}

const Deadline* Deadlines::earliest() const {
  if (all_.empty() || all_[earliest_].due == Time::max()) return nullptr;
  return &all_[earliest_];
}

bool Deadlines::has_single() const {
  return std::any_of(all_.begin(), all_.end(), [](const Deadline& deadline) {
    return deadline.poll.period.count() == 0 && deadline.due != Time::max();
  });
}

}  // namespace tbgw::modbus
