// SPDX-License-Identifier: Apache-2.0
// Lines from a descriptor, without copying them: big reads, memchr, one buffer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tbgw {

/// Readable bytes that stand behind every line (simdjson reads past the end).
inline constexpr std::size_t kLinePadding = 64;
/// --max-record by default, and what readers allow on top for members added on the way.
inline constexpr std::size_t kMaxRecord = std::size_t{256} << 10;
inline constexpr std::size_t kRecordSlack = 1024;

struct Line {
  std::string_view text;     ///< without the newline; kLinePadding readable bytes follow
  std::uint64_t number = 0;  ///< from 1, counted over all lines of this reader
  bool too_long = false;     ///< the line passed the limit and was skipped; text is its beginning
};

class LineReader {
 public:
  /// Lines of up to max_line bytes (newline not counted). Does not own fd.
  LineReader(int fd, std::size_t max_line);

  enum class Fill { data, end, nothing };
  /// One read(2). `nothing`: a signal came, or a nonblocking fd had no bytes. Throws Fatal 74.
  Fill fill();
  /// The next complete line, or the unterminated rest once fill() said end. The view lives until
  /// the next fill(). A NUL byte is an ordinary byte.
  bool next(Line& line);
  /// The last read filled less than it could: nothing more is waiting right now.
  [[nodiscard]] bool drained() const { return drained_; }

 private:
  void make_room();
  bool take_rest(Line& line);

  int fd_;
  std::size_t max_line_;
  std::size_t size_;                ///< of buffer_, kLinePadding included
  std::unique_ptr<char[]> buffer_;  ///< not filled: memory that no line needed is none
  std::size_t begin_ = 0;           ///< first byte not handed out
  std::size_t end_ = 0;             ///< past the last byte read
  std::size_t scanned_ = 0;         ///< no newline in [begin_, scanned_)
  std::uint64_t number_ = 0;
  bool skipping_ = false;  ///< inside a line that passed the limit and was already reported
  bool at_end_ = false;
  bool drained_ = false;
};

}  // namespace tbgw
