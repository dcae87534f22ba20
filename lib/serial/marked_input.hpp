// SPDX-License-Identifier: Apache-2.0
// Bytes as the kernel marks them with PARMRK (termios(3)): a byte that came with a parity or
// framing error is told from a good one, so that no frame with a wrong byte passes for a right one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tbgw::serial {

/// ff ff stands for a good byte ff, ff 00 X for a bad byte X (X = 00 also for a break); every other
/// byte for itself. The marks may be split between reads.
class MarkedInput {
 public:
  /// Appends the good bytes to `clean`, and for each bad one the size `clean` had then to `bad`.
  void feed(std::string_view marked, std::string& clean, std::vector<std::size_t>& bad);
  void reset() { state_ = State::plain; }

 private:
  enum class State { plain, after_mark, bad_byte };
  State state_ = State::plain;
};

}  // namespace tbgw::serial
