// SPDX-License-Identifier: Apache-2.0
// What a step on the disk came to: done, or one of the three kinds of trouble that a spool treats
// differently. Nothing is lost by trouble: what was not accepted stays in memory for the next try.
#pragma once

#include <string>

namespace tbgw::spool {

enum class Trouble {
  none,
  full,     ///< no space, quota, --max-bytes or --min-free: the --when-full policy; try again
  refused,  ///< read-only or not permitted: try again, say so once a minute
  broken,   ///< I/O error: try again after 1, 2 and 4 s (it goes to a new segment), then give up
};

struct [[nodiscard]] Outcome {
  Trouble trouble = Trouble::none;
  std::string text;  ///< file and cause, for a person

  explicit operator bool() const { return trouble == Trouble::none; }
};

/// By errno: ENOSPC EDQUOT EFBIG full, EROFS EACCES EPERM refused, else broken. "what: cause".
Outcome trouble_of(int error, const std::string& what);

}  // namespace tbgw::spool
