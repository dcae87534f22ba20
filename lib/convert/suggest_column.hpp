// SPDX-License-Identifier: Apache-2.0
// What was seen of one value in many messages, and the entry of a map that it suggests. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "convert/shape.hpp"

namespace tbgw::convert {

/// The values at one place.
struct Column {
  std::string name;
  std::string place;
  std::uint64_t count = 0;
  bool json = true;
  bool whole = true;
  bool numeric = true;
  bool boolean = true;
  bool padded = false;  ///< leading zeros: a name, no number
  bool blanks = false;
  bool times = true;
  double least = 0;
  double most = 0;
  std::string first;
  std::string low;                 ///< the text of the least
  std::string high;                ///< the text of the greatest
  std::set<std::string> distinct;  ///< some of them

  void add(const FoundValue& value);

  [[nodiscard]] bool constant() const { return distinct.size() < 2; }
  /// Its values can name a device: the name says so, and they repeat.
  [[nodiscard]] bool names_device(std::uint64_t rows) const;
  /// It is the time of the message.
  [[nodiscard]] bool tells_time() const;
  /// A text that is always the same, or a name.
  [[nodiscard]] bool is_attribute() const;
};

/// `{ key = "t", value = "${T}", type = "double" },  # 21.5 to 23` and a newline. `rows`: of how
/// many messages.
std::string entry_of(const Column& column, std::uint64_t rows);

/// The entries for binary messages, all as long as the first: numbers where bytes change.
std::string byte_entries(const std::vector<std::string>& samples);

/// A comment to the end of the line, whatever is in `text`.
std::string in_comment(std::string_view text, std::size_t limit = 60);

}  // namespace tbgw::convert
