// SPDX-License-Identifier: Apache-2.0
#include "spool/memory_store.hpp"

#include <algorithm>
#include <utility>

#include "core/log.hpp"
#include "core/text.hpp"

namespace tbgw::spool {

std::uint64_t MemoryStore::append(std::string_view payload) {
  const std::uint64_t seq = first_ + records_.size();
  marks_.note(seq, uptime_ms());
  records_.push(payload);
  ++pending_;
  pending_bytes_ += payload.size();
  return seq;
}

Outcome MemoryStore::commit() {
  if (records_.bytes() > max_bytes_) {
    return {Trouble::full, "memory: " + std::to_string(records_.bytes()) + " bytes wait, " +
                               std::to_string(max_bytes_) + " may (--max-bytes)"};
  }
  accepted_ += std::exchange(pending_, 0);
  accepted_bytes_ += std::exchange(pending_bytes_, 0);
  return {};
}

/// Returns how many of them had been handed out.
std::size_t MemoryStore::pop_front(std::size_t count) {
  const std::size_t handed = std::min(count, handed_);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bytes = records_.at(0).size();
    if (i < handed) handed_bytes_ -= bytes;
    if (records_.size() == pending_) {
      --pending_;
      pending_bytes_ -= bytes;
    }
    records_.pop_front(1);
  }
  handed_ -= handed;
  first_ += count;
  return handed;
}

/// Returns how many of them nobody was given.
std::uint64_t MemoryStore::drop_front(std::size_t count, Orphans::Cause cause) {
  const std::uint64_t first = first_;
  const std::size_t handed = pop_front(count);
  if (handed > 0) orphans_.add(first, first + handed - 1, cause);
  return count - handed;
}

std::optional<std::uint64_t> MemoryStore::drop_oldest() {
  // A sixteenth at a time, so that this does not happen for every record.
  const std::uint64_t aim = max_bytes_ - max_bytes_ / 16;
  std::uint64_t left = records_.bytes();
  std::size_t count = 0;
  while (count < records_.size() && left > aim)
    left -= records_.at(count++).size();
  if (count == 0) return std::nullopt;
  const std::uint64_t dropped = drop_front(count, Orphans::Cause::full);
  dropped_full_ += dropped;
  return dropped;
}

std::uint64_t MemoryStore::drop_newest() {
  // What was appended before the bound was reached stays.
  std::uint64_t dropped = 0;
  while (pending_ > 0 && records_.bytes() > max_bytes_) {
    const std::size_t bytes = records_.at(records_.size() - 1).size();
    if (handed_ == records_.size()) {
      --handed_;
      handed_bytes_ -= bytes;
    }
    --pending_;
    pending_bytes_ -= bytes;
    records_.pop_back(1);
    ++dropped;
  }
  dropped_full_ += dropped;
  static_cast<void>(commit());
  return dropped;
}

void MemoryStore::tidy() {
  if (max_age_ms_ <= 0) return;
  const std::uint64_t fresh = marks_.accepted_before(uptime_ms() - max_age_ms_);
  if (fresh <= first_) return;
  const std::uint64_t dropped = drop_front(
      std::min<std::size_t>(fresh - first_, records_.size() - pending_), Orphans::Cause::aged);
  dropped_age_ += dropped;
  if (dropped > 0) {
    log::limited(log::Level::warning, "aged",
                 std::to_string(dropped) + " records older than --max-age were dropped");
  }
}

std::optional<Backlog::Record> MemoryStore::next() {
  if (handed_ + pending_ >= records_.size()) return std::nullopt;
  const std::string_view payload = records_.at(handed_++);
  handed_bytes_ += payload.size();
  return Record{first_ + handed_ - 1, payload};
}

void MemoryStore::rewind() {
  const Orphans::Lost lost = orphans_.settle();
  dropped_full_ += lost.full;
  dropped_age_ += lost.aged;
  late_drops_ += lost.all();
  handed_ = 0;
  handed_bytes_ = 0;
}

void MemoryStore::done(std::uint64_t seq) {
  if (seq >= first_) pop_front(std::min<std::size_t>(seq - first_ + 1, handed_));
  orphans_.done(seq);
  marks_.forget_before(first_);
}

std::optional<std::string> MemoryStore::fetch(std::uint64_t seq) {
  if (seq < first_ || seq >= first_ + records_.size()) return std::nullopt;
  return std::string{records_.at(seq - first_)};
}

void MemoryStore::file(const DeadLetter& letter) {
  ++dead_;
  log::limited(log::Level::warning, "lost letter",
               "not kept (--memory): " + in_quotes(letter.record, 200));
}

Outcome MemoryStore::file_dead(const DeadLetter& letter) {
  file(letter);
  return {};
}

std::uint64_t MemoryStore::waiting_bytes() const {
  return records_.bytes() - handed_bytes_;
}

void MemoryStore::add_counters(Counters& counters) const {
  std::int64_t age = 0;
  if (!records_.empty()) {
    const std::int64_t now = uptime_ms();
    age = now - marks_.time_of(first_).value_or(now);
  }
  counters.emplace_back("accepted", accepted_);
  counters.emplace_back("acceptedBytes", accepted_bytes_);
  counters.emplace_back("oldestAgeMs", static_cast<std::uint64_t>(age));
  counters.emplace_back("droppedFull", dropped_full_);
  counters.emplace_back("droppedAge", dropped_age_);
  counters.emplace_back("dead", dead_);
}

}  // namespace tbgw::spool
