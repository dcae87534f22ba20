// SPDX-License-Identifier: Apache-2.0
#include "core/fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/status.hpp"

namespace tbgw {

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void Fd::reset() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno(Status::software, "cannot make a pipe");
  return {Fd{ends[0]}, Fd{ends[1]}};
}

Fd open_for_reading(const std::string& path) {
  Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) {
    const bool refused = errno == EACCES || errno == EPERM;
    throw_errno(refused ? Status::no_permission : Status::no_input, path);
  }
  struct stat info {};
  if (::fstat(fd.get(), &info) == 0 && S_ISDIR(info.st_mode)) {
    throw Fatal(Status::no_input, path + ": " + errno_text(EISDIR));
  }
  return fd;
}

std::string read_file(const std::string& path, std::size_t limit) {
  const bool is_stdin = path == "-";
  const Fd owned = is_stdin ? Fd{} : open_for_reading(path);
  const int fd = is_stdin ? STDIN_FILENO : owned.get();
  std::string text;
  std::array<char, 65536> block{};
  while (true) {
    const ssize_t got = ::read(fd, block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno(Status::io_error, path);
    if (got == 0) return text;
    text.append(block.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) {
      throw Fatal(Status::config, path + ": larger than " + std::to_string(limit) + " bytes");
    }
  }
}

Result<void> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(put));
    } else if (errno == EAGAIN) {  // somebody who shares it made it nonblocking
      pollfd wait{fd, POLLOUT, 0};
      ::poll(&wait, 1, -1);
    } else if (errno != EINTR) {
      return Error{errno_text(errno)};
    }
  }
  return {};
}

FdKind fd_kind(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return FdKind::other;
  if (S_ISFIFO(info.st_mode)) return FdKind::pipe;
  if (S_ISSOCK(info.st_mode)) return FdKind::socket;
  if (S_ISREG(info.st_mode)) return FdKind::file;
  if (S_ISCHR(info.st_mode)) {
    if (info.st_rdev == makedev(1, 3)) return FdKind::null_device;
    if (::isatty(fd) == 1) return FdKind::terminal;
  }
  return FdKind::other;
}

}  // namespace tbgw
