// SPDX-License-Identifier: Apache-2.0
// Steps through JSON that JsonView has already checked: no second parse on the way of a record.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/json_view.hpp"

namespace tbgw::tb {

/// The members of an object, or the elements of an array, in their order. What it returns are views
/// into the text. Give it checked JSON only: anything else is undefined (but never read past its
/// end).
class JsonCursor {
 public:
  /// `checked` starts with '{' or '['; text behind its end is not looked at.
  explicit JsonCursor(std::string_view checked);

  /// To the next member; false when there is none.
  bool next();
  /// The key as it stands, quotes included; empty in an array.
  [[nodiscard]] std::string_view key() const { return key_; }
  [[nodiscard]] JsonType type() const;
  /// The value as it stands.
  std::string_view value();

  /// Steps into the value, an object or array, without having looked for its end. Then go through
  /// the result to its end and give it to leave().
  [[nodiscard]] JsonCursor enter() const {
    return JsonCursor{{value_, static_cast<std::size_t>(end_ - value_)}};
  }
  void leave(const JsonCursor& inner);

 private:
  const char* at_;   ///< behind the last member, or at its value if that was not asked for
  const char* end_;  ///< of the text
  const char* value_ = nullptr;
  const char* value_end_ = nullptr;  ///< nullptr = not looked for yet
  std::string_view key_;
  bool in_object_;
};

/// The text of a checked JSON string, quotes included. Without escapes the result is a view of it;
/// otherwise `unescaped` holds the result.
std::string_view string_text(std::string_view quoted, std::string& unescaped);

/// Appends checked JSON without the space between its tokens, so that it stays on one line.
void append_compact(std::string& out, std::string_view checked);
std::string compact(std::string_view checked);

}  // namespace tbgw::tb
