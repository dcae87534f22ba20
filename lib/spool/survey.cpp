// SPDX-License-Identifier: Apache-2.0
#include "spool/survey.hpp"

#include <algorithm>
#include <cerrno>
#include <thread>

#include "spool/note.hpp"
#include "spool/segment.hpp"
#include "spool/segment_bytes.hpp"

namespace tbgw::spool {
namespace {

using Part = SegmentScan::Part;

SegmentSurvey look_at(const Directory& directory, Surveyor& surveyor, const SegmentName& name,
                      const std::optional<SegmentName>& next) {
  const SegmentBytes segment = read_segment(directory, name);
  SegmentSurvey found = surveyor.look(directory.identity(), name, next, segment.bytes);
  found.bytes = segment.size;
  found.modified = segment.modified;
  found.error = segment.error;
  return found;
}

/// A misplaced record next to damage is part of the same span.
void add_damage(const Part& part, SegmentSurvey& found) {
  const bool goes_on = !found.damage.empty() &&
                       found.damage.back().offset + found.damage.back().bytes == part.offset;
  if (!goes_on) found.damage.push_back({part.offset, 0, 0});
  found.damage.back().bytes += part.size;
  found.damage.back().broken_records += part.broken_records;
}

bool ends_in_damage(const SegmentSurvey& segment) {
  return !segment.damage.empty() &&
         segment.damage.back().offset + segment.damage.back().bytes == segment.used;
}

}  // namespace

bool SegmentSurvey::sound() const {
  return error == 0 && damage.empty() && disordered == 0 &&
         std::all_of(missing.begin(), missing.end(),
                     [](const MissingNumbers& numbers) { return numbers.done; });
}

SegmentSurvey Surveyor::look(const Identity& identity, const SegmentName& name,
                             const std::optional<SegmentName>& next, std::string_view bytes) {
  SegmentSurvey found;
  found.name = name;
  const std::uint64_t bound = next ? next->first : UINT64_MAX;
  const bool superseded = next && next->rewrite > 0;
  if (expected_ == 0) expected_ = name.first;
  SegmentScan scan(identity, bytes);
  for (Part part = scan.next(); part.kind != Part::Kind::end; part = scan.next()) {
    // From there on the rewrite counts, and this may be anything.
    if (superseded && expected_ >= bound) break;
    if (part.kind != Part::Kind::unused) found.used = part.offset + part.size;
    if (part.kind == Part::Kind::damage) add_damage(part, found);
    if (part.kind == Part::Kind::note) {
      const Note note = parse_note(part.payload);
      if (!note.id.empty()) found.begun = note.time;
      if (note.dropped) found.dropped = note.dropped;
      if (note.damaged) found.damaged = note.damaged;
      const bool usable =
          note.gone && note.gone->first <= note.gone->second && note.gone->second <= kMostSeq;
      if (usable) expect(note.gone->first, note.gone->second + 1, found);
    }
    if (part.kind != Part::Kind::record) continue;
    if (part.seq >= bound && superseded) break;
    if (part.seq < name.first || part.seq >= bound) {  // misplaced
      add_damage(part, found);
    } else {
      take_record(part.seq, found);
    }
  }
  return found;
}

void Surveyor::take_record(std::uint64_t seq, SegmentSurvey& found) {
  ++found.records;
  found.first = found.first == 0 ? seq : std::min(found.first, seq);
  // A rewrite repeats what its original holds; within one segment nothing comes twice.
  if (seq < expected_ && seq < found.last) ++found.disordered;
  found.last = std::max(found.last, seq);
  expect(seq, seq + 1, found);
}

/// Here stands `first`, and then comes `beyond`.
void Surveyor::expect(std::uint64_t first, std::uint64_t beyond, SegmentSurvey& found) {
  if (first > expected_) {
    const bool done = passed_ && first - 1 <= *passed_;
    found.missing.push_back({expected_, first - 1, done});
  }
  expected_ = std::max(expected_, beyond);
}

std::optional<std::uint64_t> least_position(const std::vector<CursorState>& cursors) {
  std::optional<std::uint64_t> least;
  for (const CursorState& cursor : cursors)
    least = std::min(least.value_or(cursor.position), cursor.position);
  return least;
}

Survey survey(const Directory& directory, std::chrono::milliseconds write_time) {
  Survey result;
  result.path = directory.path();
  result.format_damaged = directory.format_damaged();
  result.cursors = list_cursors(directory);
  const std::vector<SegmentName> names = directory.segments();
  Surveyor surveyor(least_position(result.cursors));
  for (std::size_t index = 0; index < names.size(); ++index) {
    const bool newest = index + 1 == names.size();
    const auto next = newest ? std::nullopt : std::optional(names[index + 1]);
    const Surveyor before = surveyor;
    SegmentSurvey found = look_at(directory, surveyor, names[index], next);
    if (newest && ends_in_damage(found)) {
      std::this_thread::sleep_for(write_time);
      surveyor = before;
      found = look_at(directory, surveyor, names[index], next);
    }
    if (found.error != ENOENT) result.segments.push_back(std::move(found));
  }
  return result;
}

std::uint64_t Survey::records() const {
  std::uint64_t sum = 0;
  for (const SegmentSurvey& segment : segments)
    sum += segment.records;
  return sum;
}

std::uint64_t Survey::damaged_spans() const {
  std::uint64_t sum = 0;
  for (const SegmentSurvey& segment : segments)
    sum += segment.damage.size();
  return sum;
}

std::uint64_t Survey::damaged_bytes() const {
  std::uint64_t sum = 0;
  for (const SegmentSurvey& segment : segments) {
    for (const DamagedSpan& span : segment.damage)
      sum += span.bytes;
  }
  return sum;
}

std::uint64_t Survey::missing() const {
  std::uint64_t sum = 0;
  for (const SegmentSurvey& segment : segments) {
    for (const MissingNumbers& numbers : segment.missing)
      sum += numbers.done ? 0 : numbers.last - numbers.first + 1;
  }
  return sum;
}

bool Survey::sound() const {
  const auto is_sound = [](const CursorState& cursor) { return cursor.valid_slots == 2; };
  return !format_damaged && std::all_of(cursors.begin(), cursors.end(), is_sound) &&
         std::all_of(segments.begin(), segments.end(),
                     [](const SegmentSurvey& segment) { return segment.sound(); });
}

std::vector<std::string> dead_folders(const Directory& directory) {
  std::vector<std::string> found;
  for (const std::string& entry : directory.entries()) {
    if (entry == "dead" || entry.compare(0, 5, "dead.") == 0) found.push_back(entry);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace tbgw::spool
