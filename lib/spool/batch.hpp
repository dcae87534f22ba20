// SPDX-License-Identifier: Apache-2.0
// A queue of records in memory, oldest first. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace tbgw::spool {

/// Keeps records in blocks: cheap to append to, cheap to empty from the front, and its memory
/// follows what it holds.
class Batch {
 public:
  void push(std::string_view record);
  /// Forgets the first or the last `count` records.
  void pop_front(std::size_t count);
  void pop_back(std::size_t count);
  void clear() { pop_front(size()); }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Bytes of the records, without what keeping them costs.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Record `i`, 0 = the oldest; lives until that record is popped, or the next push.
  [[nodiscard]] std::string_view at(std::size_t i) const;

 private:
  struct Block {
    std::string text;
    std::vector<std::size_t> ends;  ///< of each record in text
    std::uint64_t first;            ///< position of its first record, counted over all pushes
  };
  [[nodiscard]] const Block& block_of(std::uint64_t position) const;

  std::deque<Block> blocks_;
  std::uint64_t popped_ = 0;  ///< position of the oldest record
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace tbgw::spool
