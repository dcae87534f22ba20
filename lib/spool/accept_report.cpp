// SPDX-License-Identifier: Apache-2.0
#include "spool/accept_report.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/log.hpp"
#include "core/status.hpp"

namespace tbgw::spool {

AcceptReport::AcceptReport(Loop& loop, int fd) : loop_(loop), fd_(fd) {}

AcceptReport::~AcceptReport() {
  if (fd_ >= 0) loop_.forget(fd_);
}

void AcceptReport::say(std::uint64_t lines, std::uint64_t dropped) {
  if (fd_ < 0) return;
  next_ = "{\"accepted\":" + std::to_string(lines);
  if (dropped > 0) next_ += ",\"dropped\":" + std::to_string(dropped);
  next_ += "}\n";
  write_some();
}

void AcceptReport::write_some() {
  while (true) {
    if (text_.empty()) text_ = std::exchange(next_, "");
    if (text_.empty()) return loop_.forget(fd_);
    pollfd polled{fd_, POLLOUT, 0};
    if (::poll(&polled, 1, 0) <= 0) {
      return loop_.watch(fd_, POLLOUT, [this](short) { write_some(); });
    }
    // A report is shorter than PIPE_BUF: it goes at once or not at all.
    const ssize_t put = ::write(fd_, text_.data(), text_.size());
    if (put < 0 && errno != EINTR && errno != EAGAIN) return give_up();
    if (put > 0) text_.erase(0, static_cast<std::size_t>(put));
  }
}

void AcceptReport::give_up() {
  log::warn("--accept-fd " + std::to_string(fd_) + ": " + errno_text(errno) +
            "; nothing more is reported there");
  loop_.forget(fd_);
  fd_ = -1;
  text_.clear();
  next_.clear();
}

}  // namespace tbgw::spool
