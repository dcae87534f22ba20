// SPDX-License-Identifier: Apache-2.0
// The segment being written: one file, written at a known offset, synced, never read.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/fd.hpp"
#include "spool/directory.hpp"
#include "spool/outcome.hpp"

namespace tbgw::spool {

class SegmentFile {
 public:
  struct Begin {
    SegmentName name;
    std::uint64_t capacity = 0;  ///< records should not go beyond this
    std::string header;          ///< the first record
    bool fill = false;           ///< with NULs up to capacity
    bool sync = false;           ///< file and directory, before anything is written into it
  };
  /// Makes the file. Trouble leaves none behind; without space for the filling it begins unfilled.
  static Outcome begin(const Directory& directory, const Begin& begin, SegmentFile& made);

  SegmentFile() = default;
  explicit operator bool() const { return static_cast<bool>(fd_); }
  [[nodiscard]] const SegmentName& name() const { return name_; }
  /// Behind the last byte of the last whole record.
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::uint64_t capacity() const { return capacity_; }
  /// The bytes up to here take no new space.
  [[nodiscard]] std::uint64_t filled_to() const { return filled_to_; }
  /// Size of the file as far as we made it.
  [[nodiscard]] std::uint64_t size() const { return std::max(end_, filled_to_); }
  /// Somebody removed the file's name.
  [[nodiscard]] bool unlinked() const;

  struct Written {
    std::size_t bytes = 0;
    int error = 0;
  };
  /// Writes at end(): how many bytes got there, and errno (0 = all).
  Written write(std::string_view bytes);
  /// The next `bytes` of what write() put there are whole records.
  void advance(std::size_t bytes) { end_ += bytes; }
  /// Cuts everything behind end(): a torn record, unused space.
  void cut();
  /// fdatasync; errno, 0 = done. Never call it again after an error.
  int sync();

 private:
  int fill();

  Fd fd_;
  SegmentName name_;
  std::uint64_t capacity_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t filled_to_ = 0;
};

}  // namespace tbgw::spool
