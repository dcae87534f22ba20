// SPDX-License-Identifier: Apache-2.0
#include "spool/disk_store.hpp"

#include <algorithm>
#include <utility>

#include "core/log.hpp"

namespace tbgw::spool {

DiskStore::DiskStore(const std::string& path, const Options& options,
                     std::function<void(const std::string& text)> tell)
    : options_(options),
      writer_(Directory::create(path), options.writer),
      cursor_(writer_.directory(), std::string{kMainCursor}, 0),
      dead_(path, kMainCursor, options.writer.sync),
      backlog_(writer_.directory(), cursor_, dead_, &writer_, std::move(tell)) {
  if (options.write_behind) backlog_.hand_out_from_memory();
  for (const std::string& notice : writer_.notices())
    log::warn(notice);
  if (cursor_.was_damaged()) {
    log::warn(writer_.directory().path() +
              ": the cursor was damaged: everything that is there is delivered again");
  }
}

void DiskStore::note_age() {
  if (writer_.written() < writer_.last()) marks_.note(writer_.written() + 1, uptime_ms());
}

Outcome DiskStore::write() {
  note_age();
  return writer_.write();
}

Outcome DiskStore::commit() {
  note_age();
  Outcome filed = letters_parked_ ? Outcome{} : dead_.commit();
  Outcome written = writer_.commit();
  return written ? filed : written;
}

bool DiskStore::pending() const {
  return writer_.pending_records() > 0 || (dead_.waiting() && !letters_parked_);
}

std::optional<std::uint64_t> DiskStore::drop_oldest() {
  const auto dropped = drop_segment(Orphans::Cause::full);
  if (dropped) full_ += *dropped;
  return dropped;
}

std::optional<std::uint64_t> DiskStore::drop_segment(Orphans::Cause cause) {
  const std::uint64_t before = writer_.first();
  const auto slowest = writer_.slowest(kMainCursor, backlog_.handed_out());
  const auto dropped = writer_.drop_oldest(slowest.position);
  if (dropped && writer_.first() != before) {
    // Our consumer may still acknowledge what it has; what another cursor wants is counted already.
    backlog_.orphan(before, std::min(slowest.position, writer_.first() - 1), cause);
    backlog_.skip_to(writer_.first());
  }
  return dropped;
}

std::uint64_t DiskStore::take_late_drops() {
  const std::uint64_t all = backlog_.late_drops().all();
  return all - std::exchange(late_told_, all);
}

std::uint64_t DiskStore::drop_newest() {
  letters_parked_ = dead_.waiting();
  static_cast<void>(writer_.commit());  // what found room before the disk was full stays
  const std::size_t dropped = writer_.discard(writer_.last());
  writer_.count_dropped(dropped);
  full_ += dropped;
  return dropped;
}

std::size_t DiskStore::discard(std::uint64_t done) {
  return alone_ ? writer_.discard(done) : 0;
}

std::string DiskStore::slowest() const {
  const auto slowest = writer_.slowest(kMainCursor, backlog_.done_through());
  return "cursor '" + slowest.cursor + "'";
}

void DiskStore::tidy() {
  alone_ = list_cursors(writer_.directory()).size() <= 1;
  writer_.remove_done();
  if (letters_parked_ && dead_.commit()) letters_parked_ = false;
  marks_.forget_before(backlog_.done_through() + 1);
  if (options_.max_age.count() > 0) {
    drop_aged();
    roll_by_age();
  }
}

/// A segment is dropped as a whole: at a low rate one would span more than --max-age.
void DiskStore::roll_by_age() {
  constexpr std::int64_t kParts = 8;
  if (writer_.segments().empty()) return;
  const SegmentName name = writer_.segments().back().name;
  const std::int64_t now = uptime_ms();
  if (name != newest_) {
    newest_ = name;
    newest_since_ = now;
  } else if (now - newest_since_ > options_.max_age.count() / kParts) {
    writer_.roll();
  }
}

void DiskStore::drop_aged() {
  const EpochMs now = now_ms();
  if (clock_.doubt(now)) return;  // ages by a wrong clock would drop what is fresh
  const EpochMs oldest = now - options_.max_age.count();
  while (!writer_.segments().empty() && writer_.segments().front().modified < oldest) {
    const auto dropped = drop_segment(Orphans::Cause::aged);
    if (!dropped) return;
    aged_ += *dropped;
    if (*dropped > 0) {
      log::limited(log::Level::warning, "aged",
                   writer_.directory().path() + ": " + std::to_string(*dropped) +
                       " records older than --max-age were dropped");
    }
  }
}

std::uint64_t DiskStore::oldest_age_ms() const {
  const std::uint64_t oldest = backlog_.done_through() + 1;
  if (oldest > writer_.last()) return 0;
  if (const auto time = marks_.time_of(oldest)) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, uptime_ms() - *time));
  }
  if (writer_.segments().empty()) return 0;
  const EpochMs age = now_ms() - writer_.segments().front().modified;
  return static_cast<std::uint64_t>(std::max<EpochMs>(0, age));
}

void DiskStore::add_counters(Counters& counters) const {
  const WriterCounters& writer = writer_.counters();
  counters.emplace_back("accepted", writer.accepted);
  counters.emplace_back("acceptedBytes", writer.accepted_bytes);
  counters.emplace_back("oldestAgeMs", oldest_age_ms());
  counters.emplace_back("droppedFull", full_ + backlog_.late_drops().full);
  counters.emplace_back("droppedAge", aged_ + backlog_.late_drops().aged);
  counters.emplace_back("droppedEver", writer.dropped);
  counters.emplace_back("diskBytes", writer_.bytes());
  counters.emplace_back("freeBytes", writer_.free_bytes());
  counters.emplace_back("rewrites", writer.rewrites);
  counters.emplace_back("syncs", writer.commits);
  counters.emplace_back("syncUs", static_cast<std::uint64_t>(writer.sync_time.count()));
  counters.emplace_back("worstSyncUs", static_cast<std::uint64_t>(writer.worst_sync.count()));
}

}  // namespace tbgw::spool
