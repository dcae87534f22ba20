// SPDX-License-Identifier: Apache-2.0
// How a spool is doing, without reading all of it: its segments, its numbers, how far behind each
// consumer is. Reads only, needs no lock; a spool that is written meanwhile is a moment older.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "spool/cursor.hpp"
#include "spool/directory.hpp"

namespace tbgw::spool {

struct SegmentStatus {
  SegmentName name;
  std::uint64_t first = 0;
  std::uint64_t last = 0;  ///< first - 1 = it holds no record
  std::uint64_t bytes = 0;
  EpochMs modified = 0;
};
/// Oldest first. Only the newest is read.
std::vector<SegmentStatus> list_segments(const Directory& directory);

struct CursorStatus {
  CursorState state;
  std::uint64_t records = 0;  ///< numbers behind its position
  std::uint64_t bytes = 0;    ///< what they take in segments
  EpochMs oldest = 0;         ///< the time of the first of them; 0 = none
};

struct DeadStatus {
  std::string folder;
  std::uint64_t letters = 0;
};

struct SpoolStatus {
  std::string path;
  std::string id;
  std::uint64_t first = 1;  ///< the oldest number there may be
  std::uint64_t last = 0;   ///< the highest; 0 = none yet
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;
  std::uint64_t free_bytes = 0;  ///< of the file system
  std::uint64_t dropped = 0;     ///< by policy, as the newest note says
  std::uint64_t damaged = 0;
  std::vector<CursorStatus> cursors;
  std::vector<DeadStatus> dead;
};
SpoolStatus status_of(const Directory& directory);

}  // namespace tbgw::spool
