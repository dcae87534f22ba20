// SPDX-License-Identifier: Apache-2.0
// Bytes of a field as a JSON value. Pure.
#pragma once

#include <string>
#include <string_view>

#include "convert/map.hpp"
#include "core/json_view.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// Writes values. Reuse one object for many; it keeps its memory.
class ValueWriter {
 public:
  /// With `compat` numbers are read as Python reads them ("1_000", any size), and a boolean that
  /// is neither a number nor "true" is false.
  explicit ValueWriter(bool compat) : compat_(compat) {}

  /// Appends the JSON text of what `bytes` are as `type`. An error leaves `out` as it was. What was
  /// appended is always one valid JSON value without a newline.
  Result<void> append(std::string& out, ValueType type, std::string_view bytes);

 private:
  Result<void> append_text(std::string& out, std::string_view bytes);
  Result<void> append_number(std::string& out, ValueType type, std::string_view bytes);
  Result<void> append_boolean(std::string& out, std::string_view bytes);
  Result<void> append_json(std::string& out, std::string_view bytes);

  bool compat_;
  JsonView view_;
  std::string scratch_;
};

/// Without surrounding white space: the white space of Unicode, as Python's str.strip() has it.
std::string_view strip(std::string_view utf8);

/// A JSON value that Python takes for false: 0, 0.0, false, null, "", [], {}. The reference sends
/// none of them.
bool is_falsy(std::string_view json);

/// Name of a type, for people.
std::string_view name_of(ValueType type);

}  // namespace tbgw::convert
