// SPDX-License-Identifier: Apache-2.0
#include "spool/disk_backlog.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace tbgw::spool {

DiskBacklog::DiskBacklog(const Directory& directory, Cursor& cursor, LetterBox& dead,
                         Writer* writer, std::function<void(const std::string& text)> tell)
    : directory_(directory),
      cursor_(cursor),
      dead_(dead),
      writer_(writer),
      reader_(directory, cursor.position()),
      losses_(directory, std::move(tell)),
      handed_(cursor.position()),
      done_(cursor.position()) {
  // A reader that begins at 0 takes what is there. For a cursor that is not new, nothing was done
  // yet, and what is not there any more is lost.
  if (done_ == 0 && !cursor_.was_created() && !cursor_.was_damaged()) reader_.seek(1);
}

std::optional<Backlog::Record> DiskBacklog::next() {
  constexpr auto kAll = std::numeric_limits<std::uint64_t>::max();
  while (true) {
    const Reader::Item item = reader_.next(writer_ != nullptr ? writer_->written() : kAll);
    if (item.kind == Reader::Kind::nothing) return next_in_memory();
    if (item.kind == Reader::Kind::record) {
      if (first_ == 0) first_ = item.seq;
      handed_ = item.seq;
      return Record{item.seq, item.payload};
    }
    const std::uint64_t lost = losses_.note(item);
    const bool damaged = item.cause == Reader::Cause::damaged;
    if (writer_ != nullptr && damaged) writer_->count_damaged(lost);
    if (item.kind == Reader::Kind::gap) pass_gap(item.first, item.last);
  }
}

void DiskBacklog::pass_gap(std::uint64_t first, std::uint64_t last) {
  if (first_ == 0) first_ = first;
  if (gap_last_ + 1 != first) gap_first_ = first;
  gap_last_ = last;
  handed_ = last;
  done(done_);
}

std::optional<Backlog::Record> DiskBacklog::next_in_memory() {
  if (!from_memory_) return std::nullopt;
  const std::uint64_t seq = std::max(reader_.wanted(), writer_->written() + 1);
  const auto payload = writer_->pending(seq);
  if (!payload) return std::nullopt;
  reader_.seek(seq + 1);
  handed_ = seq;
  if (first_ == 0) first_ = seq;
  return Record{seq, *payload};
}

void DiskBacklog::orphan(std::uint64_t first, std::uint64_t last, Orphans::Cause cause) {
  orphans_.add(std::max(first, done_ + 1), last, cause);
}

void DiskBacklog::settle_orphans() {
  orphans_.done(done_);
  if (orphans_.empty()) return;
  const Orphans::Lost lost = orphans_.settle();
  late_drops_.full += lost.full;
  late_drops_.aged += lost.aged;
  writer_->count_dropped(lost.all());
}

void DiskBacklog::rewind() {
  if (first_ == 0) return;
  std::uint64_t from = std::max(first_, done_ + 1);
  if (!orphans_.empty()) {
    settle_orphans();
    // They are counted: nothing is missing.
    if (const std::uint64_t there = writer_->first(); there > from) {
      pass_gap(from, there - 1);
      from = there;
    }
  }
  reader_.seek(from);
  handed_ = from - 1;
}

void DiskBacklog::done(std::uint64_t seq) {
  done_ = std::max(done_, seq);
  if (gap_first_ == done_ + 1) done_ = gap_last_;
}

Outcome DiskBacklog::save(bool sync) {
  if (done_ == cursor_.position()) return {};
  return sync ? cursor_.store(done_) : cursor_.note(done_);
}

std::optional<std::string> DiskBacklog::fetch(std::uint64_t seq) {
  if (writer_ != nullptr) {
    if (const auto payload = writer_->pending(seq)) return std::string{*payload};
  }
  Reader reader(directory_, seq - 1);
  while (true) {
    const Reader::Item item = reader.next(seq);
    if (item.kind == Reader::Kind::nothing) return std::nullopt;
    if (item.kind == Reader::Kind::record) {
      return item.seq == seq ? std::optional(std::string{item.payload}) : std::nullopt;
    }
  }
}

Outcome DiskBacklog::file_dead(const DeadLetter& letter) {
  dead_.keep(letter);
  return dead_.commit();
}

void DiskBacklog::skip_to(std::uint64_t seq) {
  if (reader_.wanted() >= seq) return;
  reader_.seek(seq);
  handed_ = seq - 1;
}

std::uint64_t DiskBacklog::waiting_records() const {
  if (writer_ == nullptr) return 0;
  const std::uint64_t written = writer_->written() - std::min(handed_, writer_->written());
  // Between what is written and what is in memory there may be numbers that were dropped.
  const std::uint64_t memory = writer_->last() - writer_->pending_records();
  return written + writer_->last() - std::max({memory, handed_, writer_->written()});
}

std::uint64_t DiskBacklog::waiting_bytes() const {
  const auto place = reader_.place();
  if (writer_ != nullptr) {
    return place ? writer_->bytes_from(place->segment, place->offset) : writer_->bytes();
  }
  std::uint64_t sum = 0;
  for (const SegmentName& name : directory_.segments()) {
    struct stat info {};
    if (::fstatat(directory_.fd(), name.text().c_str(), &info, 0) != 0) continue;
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (!place || place->segment < name) sum += size;
    if (place && place->segment == name) sum += size - std::min(size, place->offset);
  }
  return sum;
}

void DiskBacklog::add_counters(Counters& counters) const {
  dead_.add_counters(counters);
  counters.emplace_back("damagedSpans", losses_.damaged_spans());
  counters.emplace_back("damagedBytes", losses_.damaged_bytes());
  counters.emplace_back("damagedRecords", losses_.damaged_records());
  counters.emplace_back("missing", losses_.missing_records());
}

}  // namespace tbgw::spool
