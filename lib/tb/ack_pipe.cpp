// SPDX-License-Identifier: Apache-2.0
#include "tb/ack_pipe.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/log.hpp"
#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw::tb {
namespace {

/// A line must fit PIPE_BUF (4096) also with every byte of the reason escaped: then the pipe takes
/// all of it or nothing.
constexpr std::size_t kLongestReason = 500;

std::string cut(std::string text) {
  if (text.size() <= kLongestReason) return text;
  std::size_t end = kLongestReason;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
    --end;  // not inside a character
  text.resize(end);
  return text;
}

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw Fatal(Status::config, "cannot acknowledge to the spool on " + where + ": " + why +
                                  "; tbgw-spool --ack write wants no acknowledgements");
}

}  // namespace

AckPipe::AckPipe(Loop& loop, SpoolHello hello) : loop_(loop), hello_(std::move(hello)) {
  if (!hello_.is_good()) {
    throw Fatal(Status::config,
                "stdin:1: a hello line of a spool that is not understood: is tbgw-spool newer than "
                "tbgw-push?");
  }
  open();
}

AckPipe::~AckPipe() {
  close();
}

void AckPipe::open() {
  const bool inherited = hello_.ack.empty();
  const std::string where = inherited ? "descriptor " + std::to_string(hello_.ack_fd) : hello_.ack;
  if (inherited) {
    if (!fd_) fd_ = Fd{hello_.ack_fd};
    const int flags = ::fcntl(fd_.get(), F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
      fd_.release();
      refuse(where, flags < 0 ? errno_text(errno) : "it is open for reading only");
    }
    ::fcntl(fd_.get(), F_SETFL, flags | O_NONBLOCK);
    ::fcntl(fd_.get(), F_SETFD, FD_CLOEXEC);
  } else {
    fd_ = Fd{::open(hello_.ack.c_str(), O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)};
    if (!fd_ && errno == ENXIO) {
      throw Fatal(Status::try_again, where + ": the spool that said hello is gone");
    }
    if (!fd_) refuse(where, errno_text(errno));
  }
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0 || !S_ISFIFO(info.st_mode)) refuse(where, "it is no FIFO");
}

void AckPipe::close() {
  if (fd_) loop_.forget(fd_.get());
  fd_.reset();
}

void AckPipe::restart(SpoolHello hello) {
  if (!hello.ack.empty()) close();
  hello_ = std::move(hello);
  dead_.clear();
  done_ = 0;
  open();
}

void AckPipe::say(const Receipt& receipt) {
  if (!fd_) return;
  if (receipt.dead.empty()) {
    done_ = receipt.number;
  } else {
    dead_.push_back(receipt);
  }
}

std::string AckPipe::next_line() const {
  const std::string run = "{\"run\":" + json_string(hello_.run);
  if (dead_.empty()) return run + ",\"ack\":" + std::to_string(done_) + "}\n";
  return run + ",\"dead\":" + std::to_string(dead_.front().number) +
         ",\"reason\":" + json_string(cut(dead_.front().dead)) + "}\n";
}

/// False: not now, or never more.
bool AckPipe::write_line() {
  const std::string line = next_line();
  ssize_t put = 0;
  do {
    put = ::write(fd_.get(), line.data(), line.size());
  } while (put < 0 && errno == EINTR);
  if (put < 0 && errno == EAGAIN) return false;
  if (put < 0) {
    log::warn("the spool takes no acknowledgements any more: " + errno_text(errno));
    close();
    return false;
  }
  if (dead_.empty()) {
    told_done_ = std::exchange(done_, 0);
  } else {
    dead_.pop_front();
    ++told_dead_;
  }
  return true;
}

void AckPipe::flush() {
  if (!fd_ || idle()) return;
  loop_.forget(fd_.get());
  while (!idle()) {
    if (write_line()) continue;
    if (fd_) loop_.watch(fd_.get(), POLLOUT, [this](short) { flush(); });
    return;
  }
}

void AckPipe::drain(Loop::Time until) {
  flush();
  while (fd_ && !idle()) {
    const auto left = std::chrono::ceil<Loop::Duration>(until - Loop::Clock::now());
    if (left <= Loop::Duration{0}) return;
    pollfd polled{fd_.get(), POLLOUT, 0};
    ::poll(&polled, 1, static_cast<int>(std::min<long long>(left.count(), 1000)));
    flush();
  }
}

}  // namespace tbgw::tb
