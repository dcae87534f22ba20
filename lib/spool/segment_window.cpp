// SPDX-License-Identifier: Apache-2.0
#include "spool/segment_window.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/line_reader.hpp"

namespace tbgw::spool {
namespace {

constexpr std::size_t kBlock = std::size_t{64} << 10;

}  // namespace

int SegmentWindow::open(const Directory& directory, const SegmentName& name) {
  go_to(0);
  fd_ = Fd{::openat(directory.fd(), name.text().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  return fd_ ? 0 : errno;
}

void SegmentWindow::close() {
  fd_.reset();
  go_to(0);
}

SegmentWindow::Fill SegmentWindow::fill() {
  const std::size_t have = end_ - begin_;
  // A record longer than a block makes the window double, so that looking for its end again and
  // again stays cheap.
  const std::size_t wanted = std::max(kBlock, have);
  if (end_ + wanted + kLinePadding > buffer_.size()) {
    if (have > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, have);
    begin_ = 0;
    end_ = have;
    if (have + wanted + kLinePadding > buffer_.size()) {
      buffer_.resize(have + wanted + kLinePadding);
    }
  }
  while (true) {
    const ssize_t got =
        ::pread(fd_.get(), buffer_.data() + end_, wanted, static_cast<off_t>(offset_ + have));
    if (got > 0) end_ += static_cast<std::size_t>(got);
    if (got >= 0) return got > 0 ? Fill::more : Fill::end;
    if (errno != EINTR) return Fill::error;
  }
}

void SegmentWindow::consume(std::size_t bytes) {
  begin_ += bytes;
  offset_ += bytes;
}

void SegmentWindow::go_to(std::uint64_t offset) {
  begin_ = end_ = 0;
  offset_ = offset;
}

bool SegmentWindow::unlinked() const {
  struct stat info {};
  return ::fstat(fd_.get(), &info) == 0 && info.st_nlink == 0;
}

std::uint64_t SegmentWindow::file_size() const {
  struct stat info {};
  return ::fstat(fd_.get(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

}  // namespace tbgw::spool
