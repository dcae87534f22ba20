// SPDX-License-Identifier: Apache-2.0
#include "spool/ack_channel.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/fifo.hpp"
#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw::spool {

AckChannel::AckChannel(Loop& loop, std::string path, OnLine on_line, OnClosed on_closed)
    : loop_(loop),
      path_(std::move(path)),
      on_line_(std::move(on_line)),
      on_closed_(std::move(on_closed)),
      fd_(open_fifo(path_)) {
  watch();
}

AckChannel::AckChannel(Loop& loop, Fd pipe, OnLine on_line, OnClosed on_closed)
    : loop_(loop),
      on_line_(std::move(on_line)),
      on_closed_(std::move(on_closed)),
      fd_(std::move(pipe)) {
  watch();
}

AckChannel::~AckChannel() {
  loop_.forget(fd_.get());
}

Fd AckChannel::open_fifo(const std::string& path) {
  make_fifo(path);
  Fd fd{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC)};
  if (!fd) throw_errno(Status::cannot_create, path + ": cannot open the acknowledgement FIFO");
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISFIFO(info.st_mode)) {
    throw Fatal(Status::cannot_create,
                path + ": not a FIFO, but this is where acknowledgements come in: move it away");
  }
  return fd;
}

void AckChannel::watch() {
  loop_.watch(fd_.get(), POLLIN, [this](short) { on_ready(); });
}

void AckChannel::on_ready() {
  if (!read_block()) on_end();
}

void AckChannel::drain() {
  pollfd polled{fd_.get(), POLLIN, 0};
  while (fd_ && ::poll(&polled, 1, 0) > 0 && (polled.revents & POLLIN) != 0) {
    if (!read_block()) return;
  }
}

/// False at the end.
bool AckChannel::read_block() {
  std::array<char, 16384> block{};
  const ssize_t got = ::read(fd_.get(), block.data(), block.size());
  if (got > 0) {
    lines_.feed({block.data(), static_cast<std::size_t>(got)}, on_line_);
  } else if (got < 0 && errno != EAGAIN && errno != EINTR) {
    throw_errno(Status::io_error, "cannot read acknowledgements");
  }
  return got != 0;
}

void AckChannel::on_end() {
  lines_.restart();
  loop_.forget(fd_.get());
  if (path_.empty()) {
    fd_.reset();
  } else {
    fd_ = open_fifo(path_);  // opened before the old one is closed
    watch();
  }
  const OnClosed closed = on_closed_;
  closed();
}

std::string new_run_id() {
  std::array<char, 8> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw_errno(Status::software, "cannot get random bytes");
  }
  return to_hex({bytes.data(), bytes.size()});
}

std::string hello_with_path(std::string_view run, std::string_view path) {
  return "{\"spool\":1,\"run\":" + json_string(run) + ",\"ack\":" + json_string(path) + "}\n";
}

std::string hello_with_fd(std::string_view run, int fd) {
  return "{\"spool\":1,\"run\":" + json_string(run) + ",\"ack_fd\":" + std::to_string(fd) + "}\n";
}

}  // namespace tbgw::spool
