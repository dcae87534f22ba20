// SPDX-License-Identifier: Apache-2.0
// The value of one item of a mapping in one message.
#pragma once

#include <string>
#include <string_view>

#include "convert/mapping.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// Reads items. Reuse one object; it keeps its memory.
class ItemReader {
 public:
  explicit ItemReader(bool compat) : compat_(compat) {}

  /// Appends the value as JSON; false: the message has none, nothing was appended. Error: it has
  /// one that cannot be what the item says. Not for Item::From::every.
  Result<bool> append(std::string& out, const Item& item, const Mapping& mapping,
                      const Message& message);

 private:
  Result<bool> append_source(const Item& item, const Mapping& mapping, const Message& message);
  Result<bool> append_text(const Item& item, const Mapping& mapping, const Message& message);
  Result<bool> append_reference_text(const Item& item, const Mapping& mapping,
                                     const Message& message);
  Result<bool> append_request_text(const Item& item, const Message& message);
  Result<bool> append_members(const Item& item, const Message& message);
  Result<bool> append_expression(const Item& item, const Message& message);
  Result<void> refine(std::string& out, const Item& item);

  bool compat_;
  std::string value_;
  std::string scratch_;
};

/// A text with [a:b] in it, these as hexadecimal digits.
void append_hex_text(std::string& out, const Text& text, const Message& message);

/// A text as a value.
JsonMember text_value(std::string_view text);

}  // namespace tbgw::convert
