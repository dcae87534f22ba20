// SPDX-License-Identifier: Apache-2.0
// When each poll of a unit is due, and which of them first. Pure; the clock is the caller's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "modbus/tag.hpp"

namespace tbgw::modbus {

using Time = std::chrono::steady_clock::time_point;

/// A request that is made again and again. Period 0: once, and again when the unit comes back.
struct Poll {
  std::uint64_t id = 0;
  Milliseconds period{0};
};

struct Deadline {
  Poll poll;
  Time due;  ///< Time::max() = not before somebody says so
};

class Deadlines {
 public:
  /// Those known keep their deadlines, new ones are due now.
  void replace(const std::vector<Poll>& polls, Time now);
  /// Of one poll; nothing happens if it is not known.
  void set(std::uint64_t id, Time due);
  void set_all(Time due);

  [[nodiscard]] bool empty() const { return all_.empty(); }
  /// Of the poll that stands first; there must be one.
  [[nodiscard]] const Poll& front() const { return all_.front().poll; }
  /// nullptr: not known.
  [[nodiscard]] const Deadline* find(std::uint64_t id) const;
  /// The earliest; of equal ones that which stands first. nullptr: none is ever due, as things are.
  [[nodiscard]] const Deadline* earliest() const;
  /// A poll with period 0 is due, now or later.
  [[nodiscard]] bool has_single() const;

 private:
  void look();

  std::vector<Deadline> all_;
  std::size_t earliest_ = 0;  ///< into all_; looked up once for each change, not for each question
};

}  // namespace tbgw::modbus
