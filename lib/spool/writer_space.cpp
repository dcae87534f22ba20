// SPDX-License-Identifier: Apache-2.0
// The room a spool takes: bounds, ending segments, and removing them.
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "spool/note.hpp"
#include "spool/writer.hpp"

namespace tbgw::spool {
namespace {

/// The end of a segment is given back if it is worth a change of the file's size.
constexpr std::uint64_t kWorthCutting = std::uint64_t{64} << 10;

std::string mib(std::uint64_t bytes) {
  return std::to_string((bytes + (std::uint64_t{1} << 19)) >> 20) + " MiB";
}

}  // namespace

/// --max-bytes allows a segment of this size.
Outcome Writer::check_bound(std::uint64_t size) const {
  if (options_.max_bytes == 0 || bytes() + size <= options_.max_bytes) return {};
  return {Trouble::full, directory_.path() + ": holds " + mib(bytes()) +
                             ", no segment more fits into --max-bytes"};
}

/// The file system has room for this much more.
Outcome Writer::check_space(std::uint64_t size) const {
  const std::uint64_t free = free_bytes();
  if (free >= options_.min_free && free - options_.min_free >= size) return {};
  return {Trouble::full, directory_.path() + ": " + mib(free) +
                             " are free on the file system, --min-free leaves no room"};
}

std::uint64_t Writer::free_bytes() const {
  struct statvfs info {};
  if (::fstatvfs(directory_.fd(), &info) != 0) return UINT64_MAX;
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

std::uint64_t Writer::bytes() const {
  std::uint64_t sum = 0;
  for (const Segment& segment : segments_)
    sum += segment.bytes;
  return sum;
}

std::uint64_t Writer::bytes_from(const SegmentName& segment, std::uint64_t offset) const {
  std::uint64_t sum = 0;
  for (std::size_t index = 0; index < segments_.size(); ++index) {
    const Segment& one = segments_[index];
    if (one.name < segment) continue;
    const bool current = segment_ && index + 1 == segments_.size();
    const std::uint64_t end = current ? segment_.end() : one.bytes;
    sum += one.name == segment ? end - std::min(end, offset) : end;
  }
  return sum;
}

std::uint64_t Writer::first() const {
  return segments_.empty() ? seq_of(0) : std::min(segments_.front().name.first, next_);
}

std::uint64_t Writer::last_of(std::size_t index) const {
  return index + 1 < segments_.size() ? segments_[index + 1].name.first - 1 : written_;
}

/// Everything in it is accepted.
void Writer::end_segment() {
  const std::uint64_t unused = segment_.size() - segment_.end();
  if (unused >= kWorthCutting) segment_.cut();
  segments_.back().bytes = segment_.size();
  segment_ = SegmentFile{};
}

void Writer::close() {
  if (!segment_) return;
  const bool changed = counters_.dropped != noted_.dropped || counters_.damaged != noted_.damaged;
  std::string notes = gone_note_;
  if (changed) {
    Note note;
    note.dropped = counters_.dropped;
    note.damaged = counters_.damaged;
    append_record(notes, directory_.identity(), 0, note_payload(note));
  }
  if (segment_.write(notes).error == 0) segment_.advance(notes.size());
  segment_.cut();
  segment_ = SegmentFile{};
}

std::size_t Writer::remove_done() {
  std::size_t removed = 0;
  std::vector<CursorState> cursors;
  std::uint64_t done = 0;
  while (!segments_.empty()) {
    if ((segment_ && segments_.size() == 1) || is_needed(segments_.front())) break;
    if (removed == 0) {
      cursors = list_cursors(directory_);
      if (cursors.empty()) break;
      done = UINT64_MAX;
      for (const CursorState& cursor : cursors)
        done = std::min(done, cursor.position);
    }
    if (last_of(0) > done) break;
    // The position first, then the segment: else a power cut leaves a position before its data.
    if (removed == 0 && !make_durable(cursors)) break;
    if (!unlink_front()) break;
    ++removed;
  }
  return removed;
}

/// Another process may have written a position that it has not synced yet.
bool Writer::make_durable(const std::vector<CursorState>& cursors) const {
  return std::all_of(cursors.begin(), cursors.end(), [this](const CursorState& cursor) {
    const std::string file = "cursor." + cursor.name;
    const Fd fd{::openat(directory_.fd(), file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    return fd && ::fdatasync(fd.get()) == 0;
  });
}

std::optional<std::uint64_t> Writer::drop_oldest(std::uint64_t done) {
  if (segments_.empty() || is_needed(segments_.front())) return std::nullopt;
  const std::uint64_t first = segments_.front().name.first;
  const std::uint64_t last = last_of(0);
  if (segments_.size() == 1) {
    if (last < first || batch_written_ > 0) return std::nullopt;
    // Something must stay that tells which numbers were given.
    if (!begin_segment(Bound::kept)) return std::nullopt;
  }
  if (!unlink_front()) return std::nullopt;
  const std::uint64_t kept_from = std::max(first, std::min(done, last) + 1);
  const std::uint64_t dropped = last + 1 - std::min(kept_from, last + 1);
  counters_.dropped += dropped;
  return dropped;
}

void Writer::roll() {
  if (segment_ && batch_written_ == 0) end_segment();
}

/// A segment that failed may hold records that other processes have seen. Until they are accepted
/// elsewhere it is all that keeps their numbers from being given again after a crash.
bool Writer::is_needed(const Segment& segment) const {
  return failed_ && !(segment.name < *failed_);
}

bool Writer::unlink_front() {
  const std::string name = segments_.front().name.text();
  const bool gone = ::unlinkat(directory_.fd(), name.c_str(), 0) == 0 || errno == ENOENT;
  if (!gone && errno != EISDIR) return false;  // a folder of that name is nothing of ours
  segments_.pop_front();
  return true;
}

Writer::Slowest Writer::slowest(std::string_view own, std::uint64_t own_done) const {
  Slowest slowest{std::string{own}, own_done};
  for (const CursorState& cursor : list_cursors(directory_)) {
    if (cursor.name != own && cursor.position < slowest.position) {
      slowest = {cursor.name, cursor.position};
    }
  }
  return slowest;
}

}  // namespace tbgw::spool
