// SPDX-License-Identifier: Apache-2.0
// The `type` of the reference's JSON mappings: a value of a message as the value that is sent.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/json_view.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

enum class Cast : std::uint8_t {
  keep,     ///< as it is in the message
  text,     ///< text; objects and lists as their JSON
  integer,  ///< cut off toward zero, every digit kept
  real,     ///< with a point
  boolean,  ///< y yes t true on 1, n no f false off 0, in any case
};

/// "int", "integer", "long"; "float", "double"; "bool", "boolean"; "json" keeps; all else is text.
Cast parse_cast(std::string_view type);

/// Appends `value` as JSON. What the type cannot be stays the text it is, as in the reference. A
/// number that JSON cannot say (nan, inf) is an error. With `compat` as Python does it: integers
/// through a double, True and {'a': 1} for texts; errors where the reference raises.
Result<void> append_cast(std::string& out, const JsonMember& value, Cast cast, bool compat);

/// A text as a boolean, by the words above.
std::optional<bool> parse_boolean(std::string_view text);

}  // namespace tbgw::convert
