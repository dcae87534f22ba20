// SPDX-License-Identifier: Apache-2.0
#include "route/down_pipe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/fifo.hpp"
#include "core/status.hpp"

namespace tbgw::route {
namespace {
/// What a FIFO that polls writable takes at once (PIPE_BUF).
constexpr std::size_t kAtomic = 4096;
/// Nothing says when somebody opens a FIFO to read it; this is asked only while something waits.
constexpr std::chrono::milliseconds kRetry{500};
}  // namespace

DownPipe::DownPipe(Loop& loop, std::string path, std::size_t limit, OnLost on_lost)
    : loop_(loop), path_(std::move(path)), queue_(limit), on_lost_(std::move(on_lost)) {
  if (path_.empty()) return;
  make_fifo(path_);
  open();
}

DownPipe::~DownPipe() {
  loop_.cancel(expiry_);
  loop_.cancel(retry_);
  if (fd_) loop_.forget(fd_.get());
}

/// True if somebody reads now. A reader that waits in open(2) for a writer counts: this lets it go.
bool DownPipe::open() {
  if (fd_) return true;
  Fd fd{::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_APPEND | O_CLOEXEC)};
  if (!fd) {
    if (errno != ENXIO) throw_errno(Status::cannot_create, path_);
    return false;
  }
  fd_ = std::move(fd);
  loop_.cancel(retry_);
  if (fd_kind(fd_.get()) == FdKind::file) return true;  // a file is always ready
  loop_.watch(fd_.get(), 0, [this](short revents) {
    if ((revents & (POLLERR | POLLNVAL)) != 0) return lose_reader();
    write_some();
  });
  return true;
}

DownPipe::Sent DownPipe::send(std::string_view line, const Sight& sight) {
  if (path_.empty()) return Sent::none;
  const bool reads = open();
  if (!reads && sight.wants_answer()) return Sent::absent;
  if (!queue_.push(line, sight, loop_.now())) return Sent::busy;
  if (reads) {
    write_some();
  } else {
    retry_later();
  }
  watch_expiry();
  return Sent::taken;
}

void DownPipe::wake() {
  if (path_.empty() || fd_ || !open()) return;
  if (!queue_.empty()) write_some();
}

void DownPipe::flush() {
  if (fd_ && !queue_.empty()) write_some();
}

void DownPipe::write_some() {
  while (fd_ && !queue_.empty()) {
    const std::string_view rest = queue_.rest();
    const ssize_t put = ::write(fd_.get(), rest.data(), std::min(rest.size(), kAtomic));
    if (put > 0) {
      queue_.sent(static_cast<std::size_t>(put));
    } else if (errno == EPIPE) {
      return lose_reader();
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      throw_errno(Status::io_error, path_);
    }
  }
  if (fd_ && fd_kind(fd_.get()) != FdKind::file) {
    loop_.set_events(fd_.get(), queue_.empty() ? short{0} : short{POLLOUT});
  }
}

void DownPipe::lose_reader() {
  loop_.forget(fd_.get());
  fd_.reset();
  const auto calls = queue_.take_calls();
  if (!calls.empty()) on_lost_(calls, "stopped before it took the request");
  if (!queue_.empty()) retry_later();
}

void DownPipe::retry_later() {
  if (retry_) return;
  retry_ = loop_.after(kRetry, [this] {
    retry_ = {};
    wake();
    if (!fd_ && !queue_.empty()) retry_later();
  });
}

void DownPipe::watch_expiry() {
  if (expiry_) return;
  const DownQueue::Time due = queue_.next_expiry();
  if (due == DownQueue::Time::max()) return;
  expiry_ = loop_.at(due, [this] {
    expiry_ = {};
    const auto calls = queue_.take_expired(loop_.now());
    if (!calls.empty()) on_lost_(calls, "does not read its commands");
    watch_expiry();
  });
}

}  // namespace tbgw::route
