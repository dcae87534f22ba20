// SPDX-License-Identifier: Apache-2.0
// A consumer started by us: its standard input and its acknowledgement descriptor are our pipes,
// everything else it inherits.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/loop.hpp"

namespace tbgw::spool {

/// The descriptor on which a child acknowledges.
inline constexpr int kAckFd = 3;

class Child {
 public:
  /// Starts argv[0] (looked up in PATH) with standard input from us and, if `with_ack`, kAckFd to
  /// us. SIGPIPE has its default action in it. `on_end` gets the exit status, 128 + N for death by
  /// signal N; it may destroy this object. Fatal 66 or 77 if the program cannot be started.
  Child(Loop& loop, const std::vector<std::string>& argv, bool with_ack,
        std::function<void(int status)> on_end);
  /// Kills a child that still runs and waits for its end.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int stdin_fd() const { return stdin_.get(); }
  /// End of input for the child.
  void close_stdin() { stdin_.reset(); }
  /// The read end of its acknowledgement pipe, nonblocking; given away once.
  Fd take_ack_pipe() { return std::move(ack_); }
  void signal(int number) const;
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  void spawn(const std::vector<std::string>& argv, int input, int ack);
  void on_exit();

  Loop& loop_;
  std::function<void(int status)> on_end_;
  Fd stdin_;
  Fd ack_;
  Fd pidfd_;
  pid_t pid_ = -1;
};

}  // namespace tbgw::spool
