// SPDX-License-Identifier: Apache-2.0
// Standard input of a live tool that must be able to stop reading: then the pipe fills, and whoever
// writes to it waits.
#pragma once

#include <cstddef>
#include <functional>

#include "core/line_reader.hpp"
#include "core/loop.hpp"

namespace tbgw {

class LineInput {
 public:
  struct Hooks {
    std::function<void(const Line& line)> line;
    /// No further line may be handed over now; asked before each.
    std::function<bool()> is_full;
  };

  /// Watches fd in the loop, which must outlive this object. Does not own fd.
  LineInput(Loop& loop, int fd, std::size_t max_line, Hooks hooks);
  ~LineInput();
  LineInput(const LineInput&) = delete;
  LineInput& operator=(const LineInput&) = delete;

  /// Goes on after is_full(), if there is room again. Call it before each wait.
  void resume();
  /// After a stop signal: reads on until the end or kDrainSilence without input.
  void end_at_silence();

  /// All lines were handed over and none will come.
  [[nodiscard]] bool ended() const { return ended_; }
  /// Lines wait for room.
  [[nodiscard]] bool is_held() const { return held_; }
  /// The last read found only a little, and nothing behind it: a line every now and then, not a
  /// stream.
  [[nodiscard]] bool is_trickle() const;

 private:
  void read();
  void hand_over();
  void watch();
  void check_silence();

  Loop& loop_;
  int fd_;
  Hooks hooks_;
  LineReader reader_;
  Loop::Timer silence_;
  Loop::Time last_input_ = Loop::Clock::now();
  std::size_t last_read_ = 0;  ///< bytes of lines since the last read
  bool watched_ = false;
  bool held_ = false;
  bool at_end_ = false;
  bool ended_ = false;
  bool stopping_ = false;
};

}  // namespace tbgw
