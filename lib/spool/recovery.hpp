// SPDX-License-Identifier: Apache-2.0
// What a new writer must know of what earlier ones left: where numbers go on, and which segments
// there are. Damage never stops it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "spool/directory.hpp"
#include "spool/writer.hpp"

namespace tbgw::spool {

struct Recovered {
  std::uint64_t last = 0;  ///< no number up to here may be given again
  /// The oldest segment that failed and holds numbers above the end of its rewrite: nothing else
  /// tells that they were given.
  std::optional<SegmentName> unproved;
  std::deque<Segment> segments;
  std::uint64_t dropped = 0;
  std::uint64_t damaged = 0;
  std::vector<std::string> notices;
};

/// The lock must be held. Removes segments that hold nothing and cuts unused space off the newest.
Recovered recover(const Directory& directory);

}  // namespace tbgw::spool
