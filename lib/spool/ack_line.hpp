// SPDX-License-Identifier: Apache-2.0
// What a consumer writes on the acknowledgement channel, as text. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/json_view.hpp"

namespace tbgw::spool {

/// {"run":"…","ack":17}: everything up to 17 is done.
/// {"run":"…","dead":17,"reason":"…"}: 17 alone will never be accepted.
struct AckLine {
  std::string_view run;
  std::uint64_t number = 0;
  bool dead = false;
  std::string_view reason;  ///< unescaped
};

/// Cuts the bytes of the channel into lines and reads them.
class AckLines {
 public:
  /// A longer line is garbage.
  static constexpr std::size_t kMaxLine = 64 * 1024;

  /// Calls `on_line` for each complete line that is one of the two above; views live that long.
  void feed(std::string_view bytes, const std::function<void(const AckLine&)>& on_line);
  /// The writer is gone: what it left unfinished is forgotten.
  void restart();
  /// Lines that were neither.
  [[nodiscard]] std::uint64_t garbled() const { return garbled_; }

 private:
  bool read(std::string_view line, AckLine& ack);

  std::string rest_;
  bool skipping_ = false;
  std::uint64_t garbled_ = 0;
  JsonView json_;
};

}  // namespace tbgw::spool
