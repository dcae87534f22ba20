// SPDX-License-Identifier: Apache-2.0
#include "spool/live_lines.hpp"

#include <algorithm>

namespace tbgw::spool {

void LiveLines::push(std::string_view line, bool passing, Time now) {
  expire(now);
  make_room(line.size());
  bytes_ += line.size();
  if (passing) ++passing_;
  lines_.push_back({std::string{line}, now, passing});
}

void LiveLines::remove(std::deque<Entry>::iterator entry) {
  bytes_ -= entry->line.size();
  if (entry->passing) --passing_;
  lines_.erase(entry);
}

void LiveLines::make_room(std::size_t bytes) {
  while (!lines_.empty() && bytes_ + bytes > kLimit) {
    auto victim = lines_.begin();
    if (passing_ > 0) {
      victim = std::find_if(lines_.begin(), lines_.end(),
                            [](const Entry& entry) { return entry.passing; });
    }
    ++(victim->passing ? passing_dropped_ : dropped_);
    remove(victim);
  }
}

void LiveLines::expire(Time now) {
  while (!lines_.empty() && now - lines_.front().since > kLife) {
    ++(lines_.front().passing ? passing_dropped_ : expired_);
    remove(lines_.begin());
  }
}

bool LiveLines::pop(std::string& out, Time now) {
  expire(now);
  if (lines_.empty()) return false;
  out.append(lines_.front().line).push_back('\n');
  remove(lines_.begin());
  return true;
}

}  // namespace tbgw::spool
