// SPDX-License-Identifier: Apache-2.0
// --accept-fd: tells the source how many of its lines are finally dealt with.
#pragma once

#include <cstdint>
#include <string>

#include "core/loop.hpp"

namespace tbgw::spool {

/// Writes {"accepted":LINES} (with "dropped":N beside it, once policy has dropped any) to a
/// descriptor. The numbers are cumulative, so while the reader is slow only the newest is kept.
class AcceptReport {
 public:
  /// `fd` stays the caller's; -1 = nobody wants to know.
  AcceptReport(Loop& loop, int fd);
  ~AcceptReport();
  AcceptReport(const AcceptReport&) = delete;
  AcceptReport& operator=(const AcceptReport&) = delete;

  void say(std::uint64_t lines, std::uint64_t dropped);
  /// The last report has been written, or cannot be.
  [[nodiscard]] bool idle() const { return text_.empty() && next_.empty(); }

 private:
  void write_some();
  void give_up();

  Loop& loop_;
  int fd_;
  std::string text_;  ///< being written
  std::string next_;  ///< waits for that
};

}  // namespace tbgw::spool
