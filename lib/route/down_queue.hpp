// SPDX-License-Identifier: Apache-2.0
// What waits for a pipeline that does not read its commands, or does not run: bounded, with a
// stated policy at the bound. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "route/sight.hpp"

namespace tbgw::route {

class DownQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// An RPC that waited so long is not carried out any more: who asked has given up.
  static constexpr std::chrono::seconds kPatience{10};

  /// An RPC, to be answered by whoever keeps it from its pipeline.
  struct Call {
    std::string device;
    std::string id;   ///< of an event, see Sight
    std::string rpc;  ///< of a command, see Sight
  };

  /// `limit`: bytes of lines that may wait.
  explicit DownQueue(std::size_t limit) : limit_(limit) {}

  /// Takes a line (without newline). False: there is no room. Older attribute updates of the device
  /// that the line makes obsolete give room for it, then any oldest ones (counted as dropped), but
  /// never an RPC or a command.
  bool push(std::string_view line, const Sight& sight, Time now);
  [[nodiscard]] bool empty() const { return items_.empty(); }
  /// What is to be written next: the first line, or the rest of it; only if !empty().
  [[nodiscard]] std::string_view rest() const {
    return std::string_view{items_.front().line}.substr(offset_);
  }
  /// So many bytes of rest() were written.
  void sent(std::size_t bytes);
  /// Whoever read a part of the first line is gone: it is to be written again from its beginning.
  void rewind() { offset_ = 0; }

  /// RPCs that waited longer than kPatience.
  std::vector<Call> take_expired(Time now);
  /// All RPCs: their pipeline does not run.
  std::vector<Call> take_calls();
  /// When the next RPC expires; Time::max() = none waits.
  [[nodiscard]] Time next_expiry() const;

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t lines() const { return items_.size(); }
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  [[nodiscard]] std::uint64_t merged() const { return merged_; }

 private:
  enum class Kind : std::uint8_t { rpc, attributes, other };
  struct Item {
    std::string line;
    Kind kind;
    Call call;  ///< device also of attributes
    Time since;
  };
  void make_room(std::size_t size, std::string_view line, std::string_view device);
  [[nodiscard]] bool fits(std::size_t size) const { return bytes_ + size <= limit_; }
  /// A line of which a part is written can no longer be taken back.
  [[nodiscard]] std::size_t first_movable() const { return offset_ > 0 ? 1 : 0; }
  template <class Which>
  std::vector<Call> take_calls_if(Which which);

  std::size_t limit_;
  std::deque<Item> items_;
  std::size_t offset_ = 0;  ///< bytes of items_.front() that are written
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t merged_ = 0;
};

}  // namespace tbgw::route
