// SPDX-License-Identifier: Apache-2.0
// Regular expressions as the reference's files need them (look-behind), with limits on the work a
// hostile text can cause. Only regex.cpp includes pcre2.h.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tbgw {

/// A compiled Perl-compatible expression over UTF-8. Immutable; copies share it.
class Regex {
 public:
  /// Errors say what is wrong and at which character (from 1).
  static Result<Regex> compile(const std::string& pattern);

  struct Found {
    std::string_view whole;
    /// Group 0 is the whole; a group that took no part has a null data().
    std::vector<std::string_view> groups;
  };
  /// The first match anywhere in `text`; none where it is no UTF-8. Error: the expression needs too
  /// many steps for this text. The views live as long as `text`.
  [[nodiscard]] Result<std::optional<Found>> search(std::string_view text) const;
  /// Whether the whole text matches; too many steps count as no.
  [[nodiscard]] bool matches(std::string_view text) const;

  [[nodiscard]] const std::string& pattern() const { return pattern_; }
  /// Names of the groups, by number; "" = without a name, [0] is "".
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  struct Code;
  Regex() = default;

  std::string pattern_;
  std::vector<std::string> names_;
  std::shared_ptr<const Code> code_;
};

}  // namespace tbgw
