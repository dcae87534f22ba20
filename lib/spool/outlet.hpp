// SPDX-License-Identifier: Apache-2.0
// The way to the consumer: lines are fetched only when the descriptor takes them, so that nothing
// waits in a queue that a live line would have to pass.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/loop.hpp"

namespace tbgw::spool {

class Outlet {
 public:
  struct Hooks {
    /// Appends the next line, newline included, and returns its number (0 = it has none), or
    /// nothing if there is no line now.
    std::function<std::optional<std::uint64_t>(std::string& out)> next;
    /// All lines up to this number have been written.
    std::function<void(std::uint64_t number)> written;
    /// The reader is gone. May destroy this object.
    std::function<void()> gone;
  };

  /// Writes to fd, which stays the caller's and is never made nonblocking: at most 4096 bytes after
  /// POLLOUT. A reader that is gone is noticed also while there is nothing to write. SIGPIPE must
  /// be ignored. Write errors other than EPIPE: Fatal 74.
  Outlet(Loop& loop, int fd, Hooks hooks);
  ~Outlet();
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  /// There may be a line now: ask when the descriptor is ready.
  void wake();
  /// No line that was fetched waits to be written.
  [[nodiscard]] bool idle() const { return text_.empty() && held_.empty(); }

 private:
  void on_ready(short revents);
  bool fetch();
  bool write_block();

  Loop& loop_;
  int fd_;
  Hooks hooks_;
  std::string text_;          ///< whole lines that fit one block, or one longer line
  std::size_t begin_ = 0;     ///< bytes of text_ already written
  std::uint64_t number_ = 0;  ///< the highest in text_
  std::string held_;          ///< a line that did not fit behind text_
  std::uint64_t held_number_ = 0;
  bool awake_ = false;
};

}  // namespace tbgw::spool
