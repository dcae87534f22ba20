// SPDX-License-Identifier: Apache-2.0
// The members of one JSON object or array as views, fully checked: the record path of the tools.
// (Configuration and commands use nlohmann/json, where clarity wins.)
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/result.hpp"

namespace tbgw {

/// Nesting that a record may have.
inline constexpr int kMaxDepth = 32;

enum class JsonType : std::uint8_t { null, boolean, number, string, array, object };

struct JsonMember {
  std::string_view key;  ///< unescaped; empty for the elements of an array
  JsonType type = JsonType::null;
  std::string_view raw;   ///< the value as it stands in the line, quotes and brackets included
  std::string_view text;  ///< a string's value, unescaped; for other types the same as raw
};

/// Reads strictly (RFC 8259): valid UTF-8, valid numbers, escapes and literals also in what nobody
/// looks at, nothing behind the value, depth at most kMaxDepth. The last of duplicate keys wins.
/// Reuse one object for many lines; it keeps its memory.
class JsonView {
 public:
  JsonView();
  ~JsonView();
  JsonView(JsonView&&) noexcept;
  JsonView& operator=(JsonView&&) noexcept;

  /// The members of the object that `json` is, in order of appearance. kLinePadding readable bytes
  /// must follow the text (lines of a LineReader and the raw of such a line's members have them).
  /// The views live until the next call on this object, and as long as `json`.
  Result<std::span<const JsonMember>> object(std::string_view json);
  /// The same for the elements of an array.
  Result<std::span<const JsonMember>> array(std::string_view json);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The member with this key, or nullptr.
const JsonMember* find(std::span<const JsonMember> members, std::string_view key);

}  // namespace tbgw
