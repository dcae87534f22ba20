// SPDX-License-Identifier: Apache-2.0
// What the platform does with names and numbers, told before it does it: ThingsBoard takes some of
// them and then loses or changes them without a word.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::tb {

/// Why the platform would lose what is stored under this key or device name ("is blank", "is longer
/// than 255 characters", "holds HTML", "holds a NUL character"), or "" if it would not. The
/// checks run there only after the message was acknowledged.
std::string_view name_trouble(std::string_view text);

/// Remembers names without trouble: readings repeat theirs, and asking is dearer than comparing.
class GoodNames {
 public:
  [[nodiscard]] bool knows(std::string_view name) const {
    return !name.empty() && names_[slot(name)] == name;
  }
  void remember(std::string_view name) { names_[slot(name)] = name; }

 private:
  static constexpr std::size_t kSlots = 64;
  static std::size_t slot(std::string_view name) {
    const auto first = static_cast<unsigned char>(name.front());
    const auto last = static_cast<unsigned char>(name.back());
    return (name.size() * 7U + std::size_t{first} * 3U + last) % kSlots;
  }

  std::array<std::string, kSlots> names_;
};

/// A number as ThingsBoard must get it to store a number. It makes text of one with more than 16
/// decimal places (exponent counted) and of an integral one past 64 bits; such a number is printed
/// anew, as the nearest double without exponent and with at most 16 decimals. nullopt: fine as it
/// is. An error for what no double can hold. `number` is a valid JSON number.
Result<std::optional<std::string>> platform_number(std::string_view number);

/// Whether ThingsBoard stores this text as a number that looks otherwise: "00123" as 123, "1.50" as
/// 1.5, and digits beyond what its numbers hold. (It makes numbers of all texts that look like
/// plain ones, unless JSON_TYPE_CAST_ENABLED is off there.)
bool changes_as_number(std::string_view text);

}  // namespace tbgw::tb
