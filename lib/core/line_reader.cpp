// SPDX-License-Identifier: Apache-2.0
#include "core/line_reader.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/status.hpp"

namespace tbgw {
namespace {
constexpr std::size_t kRead = std::size_t{256} << 10;
}

// Room for the longest line in front of a full read, so that next() always finds a line's end or
// knows that the line is too long.
LineReader::LineReader(int fd, std::size_t max_line)
    : fd_(fd),
      max_line_(max_line),
      size_(max_line + 2 + 2 * kRead + kLinePadding),
      buffer_(std::make_unique_for_overwrite<char[]>(size_)) {}

void LineReader::make_room() {
  const std::size_t usable = size_ - kLinePadding;
  if (begin_ == end_) begin_ = end_ = scanned_ = 0;
  if (usable - end_ >= kRead) return;
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  scanned_ -= begin_;
  end_ -= begin_;
  begin_ = 0;
}

LineReader::Fill LineReader::fill() {
  if (at_end_) return Fill::end;
  make_room();
  const ssize_t got = ::read(fd_, buffer_.get() + end_, kRead);
  if (got < 0) {
    if (errno == EINTR || errno == EAGAIN) {
      drained_ = true;
      return Fill::nothing;
    }
    throw_errno(Status::io_error, "cannot read");
  }
  drained_ = static_cast<std::size_t>(got) < kRead;
  if (got == 0) {
    at_end_ = true;
    return Fill::end;
  }
  end_ += static_cast<std::size_t>(got);
  return Fill::data;
}

bool LineReader::next(Line& line) {
  while (true) {
    const char* from = buffer_.get() + scanned_;
    const void* newline = end_ == scanned_ ? nullptr : std::memchr(from, '\n', end_ - scanned_);
    if (newline == nullptr) {
      scanned_ = end_;
      return take_rest(line);
    }
    const auto stop = static_cast<std::size_t>(static_cast<const char*>(newline) - buffer_.get());
    const std::size_t start = begin_;
    begin_ = scanned_ = stop + 1;
    if (skipping_) {  // the end of a line that was reported before
      skipping_ = false;
      continue;
    }
    const std::size_t length = stop - start;
    const bool too_long = length > max_line_;
    line = {{buffer_.get() + start, std::min(length, max_line_)}, ++number_, too_long};
    return true;
  }
}

bool LineReader::take_rest(Line& line) {
  const std::size_t length = end_ - begin_;
  if (skipping_) {
    begin_ = end_;
    return false;
  }
  const bool too_long = length > max_line_;
  if (!too_long && (!at_end_ || length == 0)) return false;
  line = {{buffer_.get() + begin_, std::min(length, max_line_)}, ++number_, too_long};
  begin_ = end_;
  skipping_ = too_long && !at_end_;
  return true;
}

}  // namespace tbgw
