// SPDX-License-Identifier: Apache-2.0
// Stop signals and the statistics signal, turned into bytes on a pipe that a poll loop can watch.
#pragma once

#include "core/fd.hpp"

namespace tbgw {

/// While one lives, SIGTERM, SIGHUP and SIGINT ask the process to stop (once: the second of the
/// same kind kills, as its default action is back), and SIGUSR1 asks for statistics. The handler
/// writes one byte, nothing else; no SA_RESTART, so a blocked write(2) returns EINTR.
/// At most one per process.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Readable when take() has news.
  [[nodiscard]] int fd() const { return pipe_.read.get(); }

  struct News {
    bool stop = false;
    bool stats = false;
  };
  /// What came since the last call.
  News take();

  /// A stop signal came at some time.
  [[nodiscard]] bool stopping() const { return stopping_; }

 private:
  Pipe pipe_;
  bool stopping_ = false;
};

/// A SIGINT asked this process to stop: guarded() raises it again after the drain, so that the
/// shell sees a death by signal.
bool interrupted();
/// For whoever takes its signals otherwise: a SIGINT asked this process to stop.
void note_interrupt();

}  // namespace tbgw
