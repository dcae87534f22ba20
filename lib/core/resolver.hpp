// SPDX-License-Identifier: Apache-2.0
// Host names to addresses without stopping the loop. getaddrinfo(3) blocks, for as long as a dead
// name server takes, and its other form starts threads: so a child process asks, and the answer
// comes through a pipe. Addresses need no child.
#pragma once

#include <netdb.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/result.hpp"

namespace tbgw {

struct Address {
  int family = 0;
  int type = 0;  ///< SOCK_STREAM, SOCK_DGRAM
  socklen_t size = 0;
  sockaddr_storage storage{};

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

class Resolver {
 public:
  using Lookup = std::function<int(const char* host, const char* port, const addrinfo* hints,
                                   addrinfo** list)>;
  /// `lookup`: instead of getaddrinfo(3), in tests.
  explicit Resolver(Lookup lookup = ::getaddrinfo) : lookup_(std::move(lookup)) {}
  ~Resolver() { cancel(); }
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Addresses if they are known at once (`host` is one); empty: ask take() when fd() is readable.
  /// `passive`: to listen on. Error: why there are none.
  Result<std::vector<Address>> start(const std::string& host, std::uint16_t port, int type,
                                     bool passive);
  /// -1 while nothing is asked.
  [[nodiscard]] int fd() const { return answer_.get(); }
  /// nullopt: not yet. Never an empty list.
  Result<std::optional<std::vector<Address>>> take();
  /// Harmless if nothing is asked. The loop must have forgotten fd() before.
  void cancel();

 private:
  Lookup lookup_;
  Fd answer_;
  pid_t child_ = -1;
  std::string text_;
};

}  // namespace tbgw
