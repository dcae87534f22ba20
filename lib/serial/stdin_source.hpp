// SPDX-License-Identifier: Apache-2.0
// The port "-": frames from the bytes of standard input. Unlike a device it can wait, so nothing
// of it is ever dropped.
#pragma once

#include <functional>

#include "core/loop.hpp"
#include "serial/session.hpp"
#include "serial/setup.hpp"

namespace tbgw::serial {

class StdinSource {
 public:
  struct Hooks {
    std::function<void(Outcome)> outcome;
    /// The input ended; its last frame was passed on.
    std::function<void()> end;
  };

  /// The loop must outlive this object. The first frame is kept unless it is to be dropped.
  StdinSource(Loop& loop, const PortSetup& setup, Hooks hooks);
  ~StdinSource() { stop(); }
  StdinSource(const StdinSource&) = delete;
  StdinSource& operator=(const StdinSource&) = delete;

  /// Leaves further bytes where they are.
  void set_paused(bool paused);
  /// Reads no more; a frame that is not complete is thrown away.
  void stop();

  [[nodiscard]] bool is_open() const { return open_; }
  [[nodiscard]] const Session& session() const { return session_; }

 private:
  void watch();
  void on_ready();
  void on_timer();
  void deliver(Outcomes& out);

  Loop& loop_;
  Hooks hooks_;
  Session session_;
  Loop::Timer timer_;
  bool open_ = true;
  bool paused_ = false;
};

}  // namespace tbgw::serial
