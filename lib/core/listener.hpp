// SPDX-License-Identifier: Apache-2.0
// A Unix stream socket that others connect to.
#pragma once

#include <poll.h>

#include <functional>
#include <string>

#include "core/fd.hpp"
#include "core/loop.hpp"

namespace tbgw {

class Listener {
 public:
  /// Listens at `path` (mode 0660). A socket that nobody listens at any more is replaced. Fatal 73
  /// if something else lies there, 75 if another process listens, 64 if the path is too long.
  /// `on_connection` gets each new connection.
  Listener(Loop& loop, std::string path, std::function<void(Fd connection)> on_connection);
  /// Removes the socket.
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// While paused, writers wait in the kernel's queue.
  void pause(bool paused) { loop_.set_events(fd_.get(), paused ? 0 : kEvents); }

 private:
  static constexpr short kEvents = POLLIN;
  Loop& loop_;
  std::string path_;
  Fd fd_;
};

/// A connected stream socket, or none: errno says why. Fatal 64 if the path is too long.
Fd connect_to(const std::string& path);

}  // namespace tbgw
