// SPDX-License-Identifier: Apache-2.0
// One message as the fields of a map see it: its bytes, what they were decoded to, and where it
// came from. And the texts with ${…} and [a:b] that are filled from it. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "convert/expression.hpp"
#include "convert/json_path.hpp"
#include "core/json_view.hpp"
#include "core/regex.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// A message. The views live as long as the record.
struct Message {
  std::string_view bytes;
  std::string_view address;  ///< topic, port, url …, as the record says
  std::string_view device;   ///< as the record says, "" = it does not
  std::string_view source;
  std::string_view characteristic;  ///< BLE: which one was read, "" = unknown
  JsonDocument* json = nullptr;     ///< decoded as JSON; nullptr = it was not
  std::vector<JsonMember> fields;   ///< what other decoders found, by name

  /// The value at a place; nullopt = there is none. "@topic" (or "@address"), "@device" and
  /// "@source" are those of the record. Lives until the next call.
  [[nodiscard]] std::optional<JsonMember> find(const JsonPath& path) const;
};

/// Bytes [from:to] as Python counts: negative from the end, never an error.
struct ByteRange {
  std::int64_t from = 0;
  std::optional<std::int64_t> to;
  bool single = false;  ///< written [i]
};
std::string_view cut(const ByteRange& range, std::string_view bytes);
/// "[4:6]", "[:-1]", "[2]"; nullopt = it is none.
std::optional<ByteRange> parse_range(std::string_view text);

/// A text made from a message.
struct Text {
  struct Piece {
    enum class What : std::uint8_t { text, path, bytes };
    What what = What::text;
    std::string text;  ///< of What::text; else as it was written
    JsonPath path;
    ByteRange range;
  };
  std::vector<Piece> pieces;
  /// Taken out of the address instead: the last group, else the whole match (`topic` sources).
  std::optional<Regex> from_address;
  /// Calculated instead.
  std::optional<Expression> expression;

  /// The same for every message.
  [[nodiscard]] bool constant() const;
  /// Nothing but one ${…}.
  [[nodiscard]] bool single_path() const {
    return pieces.size() == 1 && pieces.front().what == Piece::What::path;
  }
  [[nodiscard]] bool empty() const { return pieces.empty() && !from_address && !expression; }
};

/// A text with ${path} in it. A ${ that no path can follow stays text, as in the reference.
Result<Text> parse_text(std::string_view text);
/// A text with [a:b] in it.
Text parse_byte_text(std::string_view text);
Text constant_text(std::string_view text);

/// How values stand in a text.
enum class TextStyle : std::uint8_t {
  json,    ///< 21.5, true, {"a":1}; a missing or null one makes the whole text missing
  python,  ///< True, None, {'a': 1}: the reference (--compat)
};

/// Appends the filled text. False: something of it is missing (then `out` is as it was).
Result<bool> fill(const Text& text, const Message& message, TextStyle style, std::string& out);

/// A value as it stands in a text.
void append_value_text(std::string& out, const JsonMember& value, TextStyle style);

}  // namespace tbgw::convert
