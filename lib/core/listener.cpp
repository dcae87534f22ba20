// SPDX-License-Identifier: Apache-2.0
#include "core/listener.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/log.hpp"
#include "core/status.hpp"

namespace tbgw {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    throw Fatal(Status::usage, path + ": a socket's path has at most " +
                                   std::to_string(sizeof address.sun_path - 1) + " bytes");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

Fd stream_socket() {
  Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (!fd) throw_errno(Status::software, "cannot make a socket");
  return fd;
}

const sockaddr* as_address(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

/// Makes way: a socket that nobody listens at is a leftover.
void remove_leftover(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return;
  if (!S_ISSOCK(info.st_mode)) {
    throw Fatal(Status::cannot_create, path + ": not a socket: move it away");
  }
  if (connect_to(path)) {
    throw Fatal(Status::try_again, path + ": another process listens there");
  }
  ::unlink(path.c_str());
}

}  // namespace

Fd connect_to(const std::string& path) {
  const sockaddr_un address = address_of(path);
  Fd fd = stream_socket();
  if (::connect(fd.get(), as_address(address), sizeof address) != 0) fd.reset();
  return fd;
}

Listener::Listener(Loop& loop, std::string path, std::function<void(Fd connection)> on_connection)
    : loop_(loop), path_(std::move(path)) {
  const sockaddr_un address = address_of(path_);
  remove_leftover(path_);
  fd_ = stream_socket();
  constexpr mode_t kOthers = S_IRWXO | S_IXUSR | S_IXGRP;
  const mode_t before = ::umask(kOthers);
  const int bound = ::bind(fd_.get(), as_address(address), sizeof address);
  ::umask(before);
  if (bound != 0) throw_errno(Status::cannot_create, path_);
  constexpr int kQueue = 64;
  if (::listen(fd_.get(), kQueue) != 0) throw_errno(Status::cannot_create, path_);
  loop_.watch(fd_.get(), POLLIN, [this, handler = std::move(on_connection)](short) {
    Fd connection{::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (connection) return handler(std::move(connection));
    if (errno != EINTR && errno != EAGAIN && errno != ECONNABORTED) {
      log::limited(log::Level::warning, "accept", path_ + ": " + errno_text(errno));
    }
  });
}

Listener::~Listener() {
  loop_.forget(fd_.get());
  ::unlink(path_.c_str());
}

}  // namespace tbgw
