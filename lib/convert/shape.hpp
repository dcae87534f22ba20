// SPDX-License-Identifier: Apache-2.0
// What a message of which nothing is known looks like: JSON, pairs, columns, text around numbers,
// bytes. Only --suggest asks; a guess, never used for converting. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json_view.hpp"

namespace tbgw::convert {

/// A value in a message.
struct FoundValue {
  std::string name;     ///< what it could be called
  std::string place;    ///< what `value` of an entry says: "${data.t}"
  std::string text;     ///< as it stands there; of JSON strings what they say
  bool json = false;    ///< has a JSON type of its own: a number, true or false
  bool blanks = false;  ///< a number with blanks behind its sign
};

struct Shape {
  /// Messages with the same id are alike.
  std::string id;
  /// Lines of a native map in TOML: how to decode such a message.
  std::string settings;
  /// A regular expression that tells it from messages of other shapes; "" = there is none.
  std::string matches;
  /// What it says: a row for each message in it.
  std::vector<std::vector<FoundValue>> rows;
  bool binary = false;  ///< no text; there are no rows
  bool plain = false;   ///< a text in which nothing was found
};
Shape shape_of(std::string_view bytes);

/// A whole JSON number, in digits.
bool looks_whole(std::string_view text);
bool looks_numeric(std::string_view text);

/// As TOML has it: "…" with escapes.
std::string toml_string(std::string_view text);
/// A text as a regular expression that finds just this.
std::string regex_escape(std::string_view text);

}  // namespace tbgw::convert
