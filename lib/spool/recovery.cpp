// SPDX-License-Identifier: Apache-2.0
#include "spool/recovery.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "core/status.hpp"
#include "spool/cursor.hpp"
#include "spool/dead_letters.hpp"
#include "spool/note.hpp"
#include "spool/segment.hpp"
#include "spool/segment_bytes.hpp"

namespace tbgw::spool {
namespace {

using Part = SegmentScan::Part;

struct Findings {
  std::uint64_t last = 0;  ///< the highest number it holds or may have held
  bool has_records = false;
  bool has_damage = false;
  std::size_t used = 0;  ///< bytes before the unused space
  std::optional<std::uint64_t> dropped;
  std::optional<std::uint64_t> damaged;
};

Findings look_into(const Identity& identity, const SegmentName& name, std::string_view bytes) {
  Findings found;
  found.last = name.first - 1;
  std::uint64_t broken = 0;
  SegmentScan scan(identity, bytes);
  for (Part part = scan.next(); part.kind != Part::Kind::end; part = scan.next()) {
    if (part.kind != Part::Kind::unused) found.used = part.offset + part.size;
    if (part.kind == Part::Kind::record) {
      found.last = std::max(found.last, part.seq);
      found.has_records = true;
      broken = 0;
    } else if (part.kind == Part::Kind::damage) {
      found.has_damage = true;
      broken += part.broken_records;
    } else if (part.kind == Part::Kind::note) {
      const Note note = parse_note(part.payload);
      if (note.dropped) found.dropped = note.dropped;
      if (note.damaged) found.damaged = note.damaged;
      if (note.gone && note.gone->second <= kMostSeq) {
        found.last = std::max(found.last, note.gone->second);
      }
    }
  }
  found.last += broken;
  // Damage that shows no record may still have been one.
  if (found.has_damage && !found.has_records) found.last = std::max(found.last, name.first);
  return found;
}

/// Where a dead letter names a number, the newest of them.
std::uint64_t last_dead(const std::string& path) {
  try {
    const Directory dead = Directory::open(path);
    const std::vector<SegmentName> names = dead.segments();
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      const SegmentBytes segment = read_segment(dead, *name);
      SegmentScan scan(dead.identity(), segment.bytes);
      std::uint64_t last = 0;
      for (Part part = scan.next(); part.kind != Part::Kind::end; part = scan.next()) {
        if (part.kind != Part::Kind::record) continue;
        const auto letter = parse_dead(part.payload);
        if (letter && letter->seq) last = std::max(last, *letter->seq);
      }
      if (last > 0) return std::min(last, kMostSeq);
    }
  } catch (const Fatal&) {
    // It cannot be read: then nobody will find a number of ours in it either.
  }
  return 0;
}

class Recovery {
 public:
  explicit Recovery(const Directory& directory) : directory_(directory) {}

  Recovered run() {
    for (const SegmentName& name : directory_.segments()) {
      const SegmentBytes segment = stat_segment(directory_, name);
      result_.segments.push_back({name, segment.size, segment.modified});
    }
    look_into_newest();
    find_counters();
    for (const CursorState& cursor : list_cursors(directory_))
      raise(std::min(cursor.position, kMostSeq));
    for (const std::string& entry : directory_.entries()) {
      const bool is_dead = entry == "dead" || entry.compare(0, 5, "dead.") == 0;
      if (is_dead) raise(last_dead(directory_.file(entry)));
    }
    remove_empty();
    return std::move(result_);
  }

 private:
  void raise(std::uint64_t last) { result_.last = std::max(result_.last, last); }

  /// From the newest back to the first one that holds records and cannot be followed by a rewrite
  /// that ends before it does.
  void look_into_newest() {
    for (std::size_t index = result_.segments.size(); index > 0; --index) {
      if (look_into_one(index - 1)) return;
    }
  }

  bool look_into_one(std::size_t index) {
    Segment& segment = result_.segments[index];
    const bool original = segment.name.rewrite == 0;
    const SegmentBytes read = read_segment(directory_, segment.name);
    const std::string file = directory_.file(segment.name.text());
    Findings found = look_into(directory_.identity(), segment.name, read.bytes);
    take_counters(found);
    if (read.error != 0) {
      result_.notices.push_back(file + ": " + errno_text(read.error) +
                                "; what it holds is lost if it stays unreadable");
      // It may have held this many records, and their numbers may have been seen.
      found.last += (read.size - read.bytes.size()) / (kRecordOverhead + 2);
      found.has_damage = true;
    }
    if (found.has_records || found.has_damage) {
      // Only if a rewrite lies behind it we come to an older one.
      if (result_.last > 0 && found.last > result_.last) result_.unproved = segment.name;
      raise(std::min(found.last, kMostSeq));
    } else if (!holds_counters(found)) {
      empty_.push_back(segment.name);
    }
    if (read.error == 0 && found.used < read.size) give_back(segment, found.used);
    return found.has_records && original;
  }

  /// Segments that hold nothing go, unless one is all that tells which numbers were given.
  void remove_empty() {
    for (const Segment& segment : result_.segments) {
      const bool empty = std::count(empty_.begin(), empty_.end(), segment.name) != 0;
      if (!empty) raise(segment.name.first - 1);
    }
    for (const SegmentName& name : empty_) {
      if (name.first - 1 > result_.last) {
        raise(name.first - 1);
      } else if (::unlinkat(directory_.fd(), name.text().c_str(), 0) == 0) {
        const auto is_it = [&](const Segment& segment) { return segment.name == name; };
        auto& segments = result_.segments;
        segments.erase(std::remove_if(segments.begin(), segments.end(), is_it), segments.end());
      }
    }
  }

  /// An empty segment may still be the only one that knows how many records were dropped.
  static bool holds_counters(const Findings& found) {
    return found.dropped.value_or(0) > 0 || found.damaged.value_or(0) > 0;
  }

  void take_counters(const Findings& found) {
    if (counted_ || !found.dropped || !found.damaged) return;
    counted_ = true;
    result_.dropped = *found.dropped;
    result_.damaged = *found.damaged;
  }

  /// Older segments are asked only if the newest could not tell.
  void find_counters() {
    constexpr int kMostTries = 8;
    int tries = 0;
    for (std::size_t index = result_.segments.size(); index > 0 && !counted_; --index) {
      if (++tries > kMostTries) break;
      const SegmentName& name = result_.segments[index - 1].name;
      take_counters(look_into(directory_.identity(), name, read_segment(directory_, name).bytes));
    }
  }

  void give_back(Segment& segment, std::size_t used) {
    const Fd fd{
        ::openat(directory_.fd(), segment.name.text().c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (fd && ::ftruncate(fd.get(), static_cast<off_t>(used)) == 0) segment.bytes = used;
  }

  const Directory& directory_;
  Recovered result_;
  std::vector<SegmentName> empty_;  ///< newest first
  bool counted_ = false;
};

}  // namespace

Recovered recover(const Directory& directory) {
  return Recovery(directory).run();
}

}  // namespace tbgw::spool
