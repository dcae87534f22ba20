// SPDX-License-Identifier: Apache-2.0
// The way up from one pipeline: a FIFO that it writes records to, again and again as it is started
// anew, or a file of records, read once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/fd.hpp"
#include "core/line_input.hpp"
#include "core/loop.hpp"

namespace tbgw::route {

class UpPipe {
 public:
  struct Hooks {
    std::function<void(const Line& line)> line;
    std::function<bool()> is_full;
    /// The pipeline closed its end.
    std::function<void()> closed;
  };

  /// The FIFO is made (0600) if nothing is there. Fatal 66/73/77.
  UpPipe(Loop& loop, std::string path, std::size_t max_record, Hooks hooks);

  /// Goes on after is_full(); reopens what was closed. Call it before each wait.
  void resume();
  /// After a stop signal: see LineInput.
  void end_at_silence();

  /// Nothing more will come: a file was read to its end, or it was quiet long enough after
  /// end_at_silence().
  [[nodiscard]] bool ended() const { return ended_; }
  /// A writer has closed it, or it is a file read to its end.
  [[nodiscard]] bool was_closed() const { return was_closed_; }
  [[nodiscard]] bool is_held() const { return input_->is_held(); }

 private:
  void open();

  Loop& loop_;
  std::string path_;
  std::size_t max_record_;
  Hooks hooks_;
  Fd fd_;
  std::unique_ptr<LineInput> input_;
  bool is_file_ = false;
  bool stopping_ = false;
  bool was_closed_ = false;
  bool ended_ = false;
};

}  // namespace tbgw::route
