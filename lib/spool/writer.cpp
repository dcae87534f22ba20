// SPDX-License-Identifier: Apache-2.0
// The batch and its way to the disk; writer_space.cpp has the room it takes there.
#include "spool/writer.hpp"

#include <algorithm>
#include <utility>

#include "spool/note.hpp"
#include "spool/recovery.hpp"

namespace tbgw::spool {
namespace {

/// Commits of this size gain nothing from a filled segment: they would only write it twice.
constexpr std::uint64_t kLargeCommit = std::uint64_t{64} << 10;

}  // namespace

Writer::Writer(Directory directory, const WriterOptions& options)
    : directory_(std::move(directory)), options_(options) {
  std::uint64_t& size = options_.segment_bytes;
  if (options_.max_bytes != 0) size = std::min(size, options_.max_bytes / 4);
  size = std::clamp(size, kLeastSegmentBytes, kMostSegmentBytes);
  if (directory_.format_damaged()) {
    notices_.push_back(directory_.file("FORMAT") + ": was damaged or missing, written anew");
  }
  Recovered found = spool::recover(directory_);
  next_ = found.last + 1;
  written_ = accepted_ = found.last;
  segments_ = std::move(found.segments);
  counters_.dropped = noted_.dropped = found.dropped;
  counters_.damaged = noted_.damaged = found.damaged;
  for (std::string& notice : found.notices)
    notices_.push_back(std::move(notice));
  // The name of a new segment tells where numbers go on, also when the old ones are gone.
  if (found.unproved && !begin_segment(Bound::passed)) failed_ = found.unproved;
}

Writer::~Writer() {
  close();
}

std::uint64_t Writer::append(std::string_view payload) {
  append_record(buffer_, directory_.identity(), next_, payload);
  ends_.push_back(buffer_.size());
  return next_++;
}

std::size_t Writer::begin_of(std::size_t index) const {
  return index == 0 ? discarded_ : ends_[index - 1];
}

std::optional<std::string_view> Writer::pending(std::uint64_t seq) const {
  if (ends_.empty() || seq < seq_of(0) || seq >= next_) return std::nullopt;
  const std::size_t index = seq - seq_of(0);
  const std::size_t begin = begin_of(index) + kPayloadOffset;
  return std::string_view{buffer_}.substr(begin, ends_[index] - 1 - begin);
}

std::size_t Writer::discard(std::uint64_t done) {
  if (batch_written_ > 0 || ends_.empty() || seq_of(0) > done) return 0;
  const std::uint64_t first = gone_first_ != 0 ? gone_first_ : seq_of(0);
  std::size_t gone = 0;
  while (!ends_.empty() && seq_of(0) <= done) {
    discarded_ = ends_.front();
    ends_.pop_front();
    ++gone;
  }
  Note note;
  note.gone.emplace(first, seq_of(0) - 1);
  gone_first_ = first;
  gone_note_.clear();
  append_record(gone_note_, directory_.identity(), 0, note_payload(note));
  if (ends_.empty()) {
    buffer_.clear();
    discarded_ = 0;
  }
  return gone;
}

Outcome Writer::write() {
  return write_batch();
}

Outcome Writer::commit() {
  Outcome wrote = write_batch();
  // What found room before the disk was full is accepted all the same.
  if (wrote.trouble == Trouble::none || wrote.trouble == Trouble::full) {
    if (Outcome synced = sync_segment(); !synced) return synced;
  }
  return wrote;
}

Outcome Writer::write_batch() {
  if (segment_ && segment_.unlinked()) {  // by somebody's hand
    segments_.pop_back();
    leave_segment();
  }
  while (batch_written_ < ends_.size()) {
    const std::size_t upto = fitting();
    if (upto > batch_written_) {
      if (Outcome wrote = write_slice(upto); !wrote) return wrote;
    } else {
      if (Outcome synced = sync_segment(); !synced) return synced;
      if (Outcome begun = begin_segment(Bound::kept); !begun) return begun;
    }
  }
  return {};
}

/// The records [batch_written_, fitting()) fit into segment_. One that was just begun takes at
/// least one: it was made for it.
std::size_t Writer::fitting() const {
  const std::size_t begin = begin_of(batch_written_);
  const std::uint64_t taken = segment_.end() + (batch_written_ == 0 ? gone_note_.size() : 0);
  const std::uint64_t room = segment_.capacity() - std::min(taken, segment_.capacity());
  std::size_t upto = batch_written_;
  while (upto < ends_.size() && ends_[upto] - begin <= room)
    ++upto;
  return upto;
}

/// Writes the records [batch_written_, upto) into segment_.
Outcome Writer::write_slice(std::size_t upto) {
  if (batch_written_ == 0 && !gone_note_.empty()) {
    if (Outcome noted = write_gone_note(); !noted) return noted;
  }
  const std::size_t begin = begin_of(batch_written_);
  const std::string_view slice{buffer_.data() + begin, ends_[upto - 1] - begin};
  if (segment_.end() + slice.size() > segment_.filled_to()) {
    if (Outcome room = check_space(slice.size()); !room) return room;
  }
  const SegmentFile::Written done = segment_.write(slice);
  std::size_t whole = 0;
  while (batch_written_ < upto && ends_[batch_written_] - begin <= done.bytes) {
    whole = ends_[batch_written_] - begin;
    ++batch_written_;
  }
  segment_.advance(whole);
  if (batch_written_ > 0) written_ = seq_of(batch_written_ - 1);
  segments_.back().modified = now_ms();
  Outcome outcome;
  if (done.error != 0) {
    outcome = trouble_of(done.error, directory_.file(segment_.name().text()));
    if (outcome.trouble != Trouble::full) return give_up_segment(std::move(outcome));
    segment_.cut();  // the torn record; the whole ones before it may have been seen
  }
  segments_.back().bytes = segment_.size();
  if (!options_.sync) accept_written();
  return outcome;
}

/// Comes again with the batch should that be written anew: twice does no harm.
Outcome Writer::write_gone_note() {
  const int error = segment_.write(gone_note_).error;
  if (error == 0) {
    segment_.advance(gone_note_.size());
    return {};
  }
  Outcome outcome = trouble_of(error, directory_.file(segment_.name().text()));
  if (outcome.trouble != Trouble::full) return give_up_segment(std::move(outcome));
  segment_.cut();
  return outcome;
}

Outcome Writer::sync_segment() {
  if (!options_.sync || batch_written_ == 0) return {};
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  if (const int error = segment_.sync(); error != 0) {
    return give_up_segment(trouble_of(error, directory_.file(segment_.name().text())));
  }
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start);
  ++counters_.commits;
  ++segment_commits_;
  counters_.sync_time += took;
  counters_.worst_sync = std::max(counters_.worst_sync, took);
  accept_written();
  return {};
}

void Writer::accept_written() {
  if (batch_written_ == 0) return;
  counters_.accepted += batch_written_;
  gone_first_ = 0;
  gone_note_.clear();
  const std::size_t end = ends_[batch_written_ - 1];
  counters_.accepted_bytes += end - discarded_ - batch_written_ * kRecordOverhead;
  accepted_ = seq_of(batch_written_ - 1);
  if (accepted_ >= seen_) failed_.reset();
  discarded_ = end;
  ends_.erase(ends_.begin(), ends_.begin() + static_cast<std::ptrdiff_t>(batch_written_));
  batch_written_ = 0;
  if (ends_.empty()) {
    buffer_.clear();
    discarded_ = 0;
  }
}

/// After an error nobody knows which of its pages are on the disk: it is left as it is, and the
/// whole batch is written again elsewhere.
Outcome Writer::give_up_segment(Outcome why) {
  leave_segment();
  return why;
}

void Writer::leave_segment() {
  if (written_ > accepted_) {
    seen_ = std::max(seen_, written_);
    if (!failed_) failed_ = segment_.name();
  }
  segment_ = SegmentFile{};
  batch_written_ = 0;
  written_ = accepted_;
  rewriting_ = true;
}

Outcome Writer::begin_segment(Bound bound) {
  SegmentFile::Begin begin;
  begin.name = next_name();
  begin.sync = options_.sync;
  Note header;
  header.id = directory_.identity().id;
  header.first = begin.name.first;
  header.time = now_ms();
  header.dropped = counters_.dropped;
  header.damaged = counters_.damaged;
  append_record(begin.header, directory_.identity(), 0, note_payload(header));

  const bool has_record = batch_written_ < ends_.size();
  const std::uint64_t first_record =
      has_record ? ends_[batch_written_] - begin_of(batch_written_) : 0;
  const std::uint64_t needed = begin.header.size() + gone_note_.size() + first_record;
  begin.capacity = std::max(options_.segment_bytes, needed);
  begin.fill = options_.sync && commits_are_small();
  if (Outcome room = check_bound(begin.capacity); !room) {
    if (bound == Bound::kept) return room;
    begin.capacity = needed;
  }
  if (Outcome room = check_space(needed); !room) return room;
  begin.fill = begin.fill && begin.capacity > needed && check_space(begin.capacity);
  SegmentFile begun;
  if (Outcome made = SegmentFile::begin(directory_, begin, begun); !made) return made;
  if (segment_) end_segment();
  segment_ = std::move(begun);
  segments_.push_back({begin.name, segment_.size(), header.time});
  noted_ = counters_;
  segment_commits_ = 0;
  if (rewriting_) ++counters_.rewrites;
  rewriting_ = false;
  return {};
}

bool Writer::commits_are_small() const {
  return segments_.empty() || segment_commits_ == 0 ||
         segments_.back().bytes / segment_commits_ < kLargeCommit;
}

/// A name that is taken belongs to a segment of which nothing could be read, or that failed.
SegmentName Writer::next_name() const {
  SegmentName name{seq_of(batch_written_), rewriting_ ? 1U : 0U};
  for (const Segment& segment : segments_) {
    if (segment.name.first == name.first) {
      name.rewrite = std::max(name.rewrite, segment.name.rewrite + 1);
    }
  }
  return name;
}

}  // namespace tbgw::spool
