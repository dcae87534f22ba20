// SPDX-License-Identifier: Apache-2.0
#include "spool/status.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <optional>

#include "spool/moment.hpp"
#include "spool/reader.hpp"
#include "spool/segment_bytes.hpp"
#include "spool/survey.hpp"

namespace tbgw::spool {
namespace {

SegmentSurvey look_at(const Directory& directory, const SegmentName& name) {
  Surveyor surveyor(std::nullopt);
  return surveyor.look(directory.identity(), name, std::nullopt,
                       read_segment(directory, name).bytes);
}

CursorStatus cursor_status(const Directory& directory, const CursorState& state,
                           const SpoolStatus& spool, const std::vector<SegmentStatus>& segments) {
  CursorStatus found;
  found.state = state;
  const std::uint64_t from = std::max(state.position + 1, spool.first);
  found.records = spool.last + 1 - std::min(from, spool.last + 1);
  if (found.records == 0) return found;
  Reader reader(directory, state.position, Reader::End::stops);
  Reader::Item item = reader.next();
  while (item.kind == Reader::Kind::damage || item.kind == Reader::Kind::gap)
    item = reader.next();
  if (item.kind != Reader::Kind::record) return found;
  for (const SegmentStatus& segment : segments) {
    if (segment.name < item.segment) continue;
    found.bytes += segment.bytes;
    if (segment.name == item.segment) found.bytes -= std::min(segment.bytes, item.offset);
  }
  found.oldest = record_time(item.payload).value_or(0);
  if (found.oldest == 0) found.oldest = look_at(directory, item.segment).begun;
  return found;
}

}  // namespace

std::vector<SegmentStatus> list_segments(const Directory& directory) {
  std::vector<SegmentStatus> found;
  const std::vector<SegmentName> names = directory.segments();
  for (std::size_t index = 0; index < names.size(); ++index) {
    const SegmentBytes info = stat_segment(directory, names[index]);
    SegmentStatus segment{names[index], names[index].first, 0, info.size, info.modified};
    if (index + 1 < names.size()) {
      segment.last = std::max(names[index + 1].first, segment.first) - 1;
    } else {
      const SegmentSurvey newest = look_at(directory, names[index]);
      segment.last = std::max(newest.last, segment.first - 1);
      segment.bytes = newest.used;
    }
    found.push_back(segment);
  }
  return found;
}

SpoolStatus status_of(const Directory& directory) {
  SpoolStatus status;
  status.path = directory.path();
  status.id = directory.identity().id;
  const std::vector<SegmentStatus> segments = list_segments(directory);
  status.segments = segments.size();
  for (const SegmentStatus& segment : segments) {
    status.bytes += stat_segment(directory, segment.name).size;
    status.last = std::max(status.last, segment.last);
  }
  const std::vector<CursorState> cursors = list_cursors(directory);
  for (const CursorState& cursor : cursors)
    status.last = std::max(status.last, cursor.position);
  status.first = segments.empty() ? status.last + 1 : segments.front().first;
  for (auto segment = segments.rbegin(); segment != segments.rend(); ++segment) {
    const SegmentSurvey notes = look_at(directory, segment->name);
    if (!notes.dropped || !notes.damaged) continue;
    status.dropped = *notes.dropped;
    status.damaged = *notes.damaged;
    break;
  }
  for (const CursorState& cursor : cursors)
    status.cursors.push_back(cursor_status(directory, cursor, status, segments));
  for (const std::string& folder : dead_folders(directory)) {
    const std::vector<SegmentStatus> dead = list_segments(Directory::open(directory.file(folder)));
    const std::uint64_t letters = dead.empty() ? 0 : dead.back().last + 1 - dead.front().first;
    status.dead.push_back({folder, letters});
  }
  struct statvfs info {};
  if (::fstatvfs(directory.fd(), &info) == 0) {
    status.free_bytes = std::uint64_t{info.f_bavail} * info.f_frsize;
  }
  return status;
}

}  // namespace tbgw::spool
