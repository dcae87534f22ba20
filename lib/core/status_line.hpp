// SPDX-License-Identifier: Apache-2.0
// The one line that a long-running tool shows to a person and keeps up to date in place.
#pragma once

#include <string>
#include <string_view>

#include "core/loop.hpp"

namespace tbgw {

/// A line on stderr that is overwritten, at most twice a second; nothing at all unless stderr is a
/// terminal. Call clear() before anything else is printed there.
class StatusLine {
 public:
  /// `enabled` false: never shows anything (-q).
  explicit StatusLine(bool enabled);
  ~StatusLine() { clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  [[nodiscard]] bool enabled() const { return enabled_; }
  /// Shows the text if it is new and the last change is long enough ago. Otherwise returns when to
  /// call again; Loop::Time::max() = no need to.
  Loop::Time show(std::string_view text, Loop::Time now);
  void clear();

 private:
  bool enabled_;
  std::string shown_;
  Loop::Time last_{};
};

}  // namespace tbgw
