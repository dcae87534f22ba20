// SPDX-License-Identifier: Apache-2.0
// A window on the bytes of one segment that is being read from front to back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/fd.hpp"
#include "spool/directory.hpp"

namespace tbgw::spool {

class SegmentWindow {
 public:
  /// Opens the segment at its beginning. errno, 0 = done.
  int open(const Directory& directory, const SegmentName& name);
  void close();
  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }

  /// The bytes read and not consumed, which lie in the file from offset() on. kLinePadding readable
  /// bytes follow. Lives until fill() or open().
  [[nodiscard]] std::string_view view() const { return {buffer_.data() + begin_, end_ - begin_}; }
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

  enum class Fill { more, end, error };
  /// Reads on behind the view.
  Fill fill();
  void consume(std::size_t bytes);
  /// Forgets the view and goes on at this offset, so that everything is read afresh.
  void go_to(std::uint64_t offset);
  /// Its name is gone, or that of another file.
  [[nodiscard]] bool unlinked() const;
  /// Of the file, now.
  [[nodiscard]] std::uint64_t file_size() const;

 private:
  Fd fd_;
  std::uint64_t offset_ = 0;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tbgw::spool
