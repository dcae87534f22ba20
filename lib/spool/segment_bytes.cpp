// SPDX-License-Identifier: Apache-2.0
#include "spool/segment_bytes.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace tbgw::spool {
namespace {

/// A record may be longer than a segment, and nothing else makes one that long.
constexpr std::uint64_t kMostBytes = 2 * kMostSegmentBytes;

void take_stat(const struct stat& info, SegmentBytes& segment) {
  segment.size = static_cast<std::uint64_t>(info.st_size);
  segment.modified = EpochMs{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000;
}

}  // namespace

SegmentBytes stat_segment(const Directory& directory, const SegmentName& name) {
  SegmentBytes segment;
  struct stat info {};
  if (::fstatat(directory.fd(), name.text().c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    segment.error = errno;
  } else {
    take_stat(info, segment);
  }
  return segment;
}

SegmentBytes read_segment(const Directory& directory, const SegmentName& name) {
  SegmentBytes segment;
  struct stat info {};
  const Fd fd{::openat(directory.fd(), name.text().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd || ::fstat(fd.get(), &info) != 0) {
    segment.error = errno;
    return segment;
  }
  take_stat(info, segment);
  std::string& bytes = segment.bytes;
  bytes.resize(std::min(segment.size, kMostBytes));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t got =
        ::pread(fd.get(), bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) segment.error = errno;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return segment;
}

}  // namespace tbgw::spool
