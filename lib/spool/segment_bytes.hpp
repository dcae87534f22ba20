// SPDX-License-Identifier: Apache-2.0
// A whole segment in memory, for recovery, inspection and repair. (Delivery streams: reader.hpp.)
#pragma once

#include <cstdint>
#include <string>

#include "core/time.hpp"
#include "spool/directory.hpp"

namespace tbgw::spool {

struct SegmentBytes {
  std::string bytes;
  std::uint64_t size = 0;  ///< of the file
  EpochMs modified = 0;
  int error = 0;  ///< errno: ENOENT = it is gone; another: bytes is what could be read before it
};
SegmentBytes read_segment(const Directory& directory, const SegmentName& name);

/// Only size, modified and error.
SegmentBytes stat_segment(const Directory& directory, const SegmentName& name);

}  // namespace tbgw::spool
