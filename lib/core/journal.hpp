// SPDX-License-Identifier: Apache-2.0
// A file of lines that survives kill -9 and power cuts: changes are appended and synced, and when
// the file has grown far past what it says it is rewritten whole.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/fd.hpp"
#include "core/result.hpp"

namespace tbgw {

/// One process at a time writes a journal; who opens it has seen to that.
class Journal {
 public:
  struct Hooks {
    /// A whole line of the file, without its newline, oldest first.
    std::function<void(std::string_view line)> take;
    /// All that is to be in the file, newlines included.
    std::function<std::string()> whole;
  };

  /// Reads no file and keeps nothing.
  Journal() = default;
  /// Hands over each line, then rewrites the file with mode 0600; absent, it is made. A last line
  /// without newline, what a power cut leaves, is left out. Error: with the path.
  static Result<Journal> open(const std::string& path, Hooks hooks);
  /// The same without writing anything, now or later.
  static Result<void> read(const std::string& path, const Hooks& hooks);

  /// Makes these lines durable: they are on the disk when it returns. An error leaves them, for a
  /// later call to bring in with its own.
  Result<void> append(std::string_view lines);
  [[nodiscard]] bool keeps() const { return static_cast<bool>(file_); }

 private:
  Result<void> rewrite();

  std::string path_;
  Hooks hooks_;
  Fd file_;
  bool torn_ = false;        ///< the end of the file may be half a line
  std::size_t written_ = 0;  ///< bytes of the file
  std::size_t needed_ = 0;   ///< what it had when it was rewritten last
};

}  // namespace tbgw
