// SPDX-License-Identifier: Apache-2.0
#include "spool/outlet.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/status.hpp"

namespace tbgw::spool {
namespace {

// PIPE_BUF: what a pipe that polls writable takes at once without blocking.
constexpr std::size_t kAtomic = 4096;
// Blocks written in one go before the rest of the loop has its turn.
constexpr int kBlocks = 16;

bool takes_more(int fd) {
  pollfd polled{fd, POLLOUT, 0};
  return ::poll(&polled, 1, 0) > 0 && polled.revents == POLLOUT;
}

}  // namespace

Outlet::Outlet(Loop& loop, int fd, Hooks hooks) : loop_(loop), fd_(fd), hooks_(std::move(hooks)) {
  loop_.watch(fd_, 0, [this](short revents) { on_ready(revents); });
}

Outlet::~Outlet() {
  loop_.forget(fd_);
}

void Outlet::wake() {
  if (awake_) return;
  awake_ = true;
  loop_.set_events(fd_, POLLOUT);
}

void Outlet::on_ready(short revents) {
  const bool writable = (revents & POLLOUT) != 0;
  if ((revents & (POLLERR | POLLNVAL)) != 0 || ((revents & POLLHUP) != 0 && !writable)) {
    const auto gone = hooks_.gone;
    return gone();
  }
  if (!writable) return;
  for (int i = 0; i < kBlocks; ++i) {
    if (text_.empty() && !fetch()) {
      awake_ = false;
      return loop_.set_events(fd_, 0);
    }
    if (!write_block()) return;
    if (!takes_more(fd_)) return;
  }
}

/// Fills text_. A line that fits a block is never torn: another writer may share the pipe.
bool Outlet::fetch() {
  begin_ = 0;
  while (text_.size() < kAtomic) {
    if (held_.empty()) {
      const auto number = hooks_.next(held_);
      if (!number) break;
      held_number_ = *number;
    }
    if (!text_.empty() && text_.size() + held_.size() > kAtomic) break;
    text_.append(held_);
    held_.clear();
    number_ = std::max(number_, held_number_);
  }
  return !text_.empty();
}

/// False if this object may be gone or nothing was written.
bool Outlet::write_block() {
  const std::size_t part = std::min(text_.size() - begin_, kAtomic);
  const ssize_t put = ::write(fd_, text_.data() + begin_, part);
  if (put < 0) {
    if (errno == EINTR || errno == EAGAIN) return false;
    if (errno != EPIPE) throw_errno(Status::io_error, "cannot write to the consumer");
    const auto gone = hooks_.gone;
    gone();
    return false;
  }
  begin_ += static_cast<std::size_t>(put);
  if (begin_ < text_.size()) return true;
  text_.clear();
  begin_ = 0;
  hooks_.written(number_);
  return true;
}

}  // namespace tbgw::spool
