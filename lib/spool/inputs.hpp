// SPDX-License-Identifier: Apache-2.0
// Where the lines of a spool come from: standard input, or connections of a listener, or both.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/line_reader.hpp"
#include "core/listener.hpp"
#include "core/loop.hpp"

namespace tbgw::spool {

class Inputs {
 public:
  /// Connections at one time; more wait in the kernel's queue.
  static constexpr std::size_t kMostConnections = 64;

  struct Hooks {
    std::function<bool()> wants_lines;  ///< asked before each line
    std::function<void(const Line& line)> line;
    std::function<void()> ended;  ///< standard input ended, and there is no listener
  };
  Inputs(Loop& loop, std::size_t max_line, Hooks hooks);
  ~Inputs();
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;

  void read_stdin();
  void listen(const std::string& path);

  /// Lines are wanted again.
  void resume();
  /// Nothing more is read; what was read already is handed over if it is wanted.
  void stop();
  /// Every line handed over is dealt with: tells the connections, {"accepted":LINES}.
  void settled();
  /// When something was read last.
  [[nodiscard]] Loop::Time last_read() const { return last_read_; }
  /// More may be read.
  [[nodiscard]] bool open() const { return !stopped_ && (listener_ || !sources_.empty()); }

 private:
  struct Source {
    Source(Fd owned, std::size_t max_line)
        : fd(std::move(owned)), reader(fd ? fd.get() : 0, max_line) {}
    Fd fd;  ///< none = standard input
    LineReader reader;
    bool at_end = false;
    bool watched = false;
    bool finished = false;       ///< handed over to its end; waits for the last report
    std::uint64_t lines = 0;     ///< handed over
    std::uint64_t reported = 0;  ///< told the peer
    [[nodiscard]] int number() const { return fd ? fd.get() : 0; }
  };
  void add(Fd fd);
  void watch(Source& source);
  void unwatch(Source& source);
  void on_ready(Source& source);
  void hand_over(Source& source);
  void finish(Source& source);
  void remove(const Source& source);
  static void report(Source& source);

  Loop& loop_;
  std::size_t max_line_;
  Hooks hooks_;
  std::optional<Listener> listener_;
  std::vector<std::unique_ptr<Source>> sources_;
  Loop::Time last_read_ = Loop::Clock::now();
  bool stopped_ = false;
};

}  // namespace tbgw::spool
