// SPDX-License-Identifier: Apache-2.0
#include "modbus/socket_stream.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "core/status.hpp"

namespace tbgw::modbus {
namespace {

void set(int fd, int level, int option, int value) {
  static_cast<void>(::setsockopt(fd, level, option, &value, sizeof value));
}

/// Requests go out at once, and a peer that lost its power is noticed also between them.
void set_up(int fd) {
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace

int SocketStream::fd() const {
  if (resolver_.fd() >= 0) return resolver_.fd();
  return fd_ ? fd_.get() : listener_.get();
}

Result<Stream::State> SocketStream::open() {
  close();
  if (bus_.listen && listener_) return State::opening;
  const int type = bus_.transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
  auto addresses = resolver_.start(bus_.host, bus_.port, type, bus_.listen);
  if (!addresses) return addresses.error();
  if (addresses->empty()) return State::opening;
  return use(*std::move(addresses));
}

Result<Stream::State> SocketStream::use(std::vector<Address> addresses) {
  addresses_ = std::move(addresses);
  next_ = 0;
  return bus_.listen ? listen() : connect_next();
}

Result<Stream::State> SocketStream::listen() {
  const Address& at = addresses_.front();
  listener_ = Fd{::socket(at.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!listener_) return Error{errno_text(errno)};
  set(listener_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  const bool bound =
      ::bind(listener_.get(), at.get(), at.size) == 0 && ::listen(listener_.get(), 1) == 0;
  if (bound) return State::opening;
  const int error = errno;
  listener_.reset();
  return Error{"cannot listen: " + errno_text(error)};
}

/// All addresses of a name in turn.
Result<Stream::State> SocketStream::connect_next() {
  while (next_ < addresses_.size()) {
    const Address& to = addresses_[next_++];
    fd_ = Fd{::socket(to.family, to.type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd_) {
      why_ = errno_text(errno);
      continue;
    }
    if (bus_.transport == Transport::tcp) set_up(fd_.get());
    if (::connect(fd_.get(), to.get(), to.size) == 0) return State::open;
    if (errno == EINPROGRESS) return State::opening;
    why_ = errno_text(errno);
    fd_.reset();
  }
  return Error{why_.empty() ? "no address" : why_};
}

Result<Stream::State> SocketStream::go_on() {
  if (resolver_.fd() >= 0) {
    auto addresses = resolver_.take();
    if (!addresses) return addresses.error();
    if (!*addresses) return State::opening;
    return use(**std::move(addresses));
  }
  if (bus_.listen) {
    fd_ = Fd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!fd_) return State::opening;
    set_up(fd_.get());
    return State::open;
  }
  pollfd polled{fd_.get(), POLLOUT, 0};
  if (::poll(&polled, 1, 0) == 0) return State::opening;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error == 0) return State::open;
  why_ = errno_text(error);
  return connect_next();
}

void SocketStream::close() {
  resolver_.cancel();
  fd_.reset();
}

short SocketStream::opening_events() const {
  return bus_.listen || resolver_.fd() >= 0 ? POLLIN : POLLOUT;
}

Result<std::size_t> SocketStream::read(std::span<char> into) {
  const ssize_t got = ::recv(fd_.get(), into.data(), into.size(), 0);
  const bool datagrams = bus_.transport == Transport::udp;
  if (got > 0) return static_cast<std::size_t>(got);
  if (got == 0) {
    if (datagrams) return std::size_t{0};
    return Error{"closed by the other side"};
  }
  const bool later = errno == EAGAIN || errno == EINTR;
  // A datagram that nobody wanted: the timeout will say so.
  if (later || (datagrams && errno == ECONNREFUSED)) return std::size_t{0};
  return Error{errno_text(errno)};
}

Result<std::size_t> SocketStream::write(std::string_view bytes) {
  const ssize_t put = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (put >= 0) return static_cast<std::size_t>(put);
  if (errno == EAGAIN || errno == EINTR) return std::size_t{0};
  if (bus_.transport == Transport::udp && errno == ECONNREFUSED) return bytes.size();
  return Error{errno_text(errno)};
}

}  // namespace tbgw::modbus
