// SPDX-License-Identifier: Apache-2.0
#include "convert/item.hpp"

#include <algorithm>

#include "convert/charset.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

/// The text of a JSON value: of strings what they say.
std::string plain_text(std::string_view json) {
  // Names are ASCII as a rule; a value with escapes is compared as it is written.
  if (json.size() >= 2 && json.front() == '"') return std::string{json.substr(1, json.size() - 2)};
  return std::string{json};
}

bool is_number(std::string_view json) {
  return !json.empty() && (json.front() == '-' || (json.front() >= '0' && json.front() <= '9'));
}

std::uint64_t bits_of(std::string_view json) {
  std::uint64_t bits = 0;
  for (const char c : json) {
    if (c < '0' || c > '9') break;
    bits = bits * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return bits;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? x + 32 : x) == (y >= 'A' && y <= 'Z' ? y + 32 : y);
  });
}

/// Whether the item is for this message at all.
bool applies(const Item& item, const Message& message) {
  if (!item.characteristic.empty() && !message.characteristic.empty() &&
      !equals_ignoring_case(item.characteristic, message.characteristic)) {
    return false;
  }
  if (!item.when) return true;
  std::string number;
  return append_layout(number, item.when->first, message.bytes) &&
         number == std::to_string(item.when->second);
}

/// "can_data[2]": a byte of the frame, as the reference's CAN expressions name it.
std::optional<JsonMember> byte_of_frame(const JsonPath& path, const Message& message,
                                        std::string& memory) {
  if (path.steps.size() != 2 || path.steps[0].name != "can_data" ||
      path.steps[1].by != JsonPath::Step::By::index) {
    return std::nullopt;
  }
  const std::string_view byte = cut(ByteRange{path.steps[1].index, {}, true}, message.bytes);
  if (byte.empty()) return std::nullopt;
  memory = std::to_string(static_cast<unsigned char>(byte.front()));
  JsonMember member;
  member.type = JsonType::number;
  member.raw = member.text = memory;
  return member;
}

/// Every slice of the text must be a text by itself, or the reference drops the message.
bool is_utf8_throughout(const Text& text, const Message& message) {
  return std::all_of(text.pieces.begin(), text.pieces.end(), [&](const Text::Piece& piece) {
    return piece.what != Text::Piece::What::bytes || is_utf8(cut(piece.range, message.bytes));
  });
}

}  // namespace

void append_hex_text(std::string& out, const Text& text, const Message& message) {
  for (const Text::Piece& piece : text.pieces) {
    if (piece.what == Text::Piece::What::bytes) {
      out += to_hex(cut(piece.range, message.bytes));
    } else {
      out += piece.text;
    }
  }
}

JsonMember text_value(std::string_view text) {
  JsonMember member;
  member.type = JsonType::string;
  member.text = text;
  return member;
}

Result<bool> ItemReader::append(std::string& out, const Item& item, const Mapping& mapping,
                                const Message& message) {
  value_.clear();
  if (!applies(item, message)) return false;
  const auto found = append_source(item, mapping, message);
  if (!found || !*found) return found;
  if (const auto done = refine(out, item); !done) return done.error();
  return !value_.empty();
}

Result<bool> ItemReader::append_source(const Item& item, const Mapping& mapping,
                                       const Message& message) {
  switch (item.from) {
    case Item::From::layout:
      if (const auto done = append_layout(value_, item.layout, message.bytes); !done) {
        return done.error();
      }
      return true;
    case Item::From::expression:
      return append_expression(item, message);
    case Item::From::members:
      return append_members(item, message);
    case Item::From::every:
      return false;
    case Item::From::text:
      break;
  }
  if (compat_ && mapping.family != Family::native) {
    return append_reference_text(item, mapping, message);
  }
  return append_text(item, mapping, message);
}

Result<bool> ItemReader::append_text(const Item& item, const Mapping& mapping,
                                     const Message& message) {
  JsonMember value;
  if (item.value.single_path()) {
    const auto found = message.find(item.value.pieces.front().path);
    if (!found || found->type == JsonType::null) return false;
    value = *found;
  } else if (item.charset != Charset::utf8) {
    scratch_.clear();
    append_in_charset(scratch_, item, message);
    value = text_value(scratch_);
  } else if (item.hex) {
    scratch_.clear();
    append_hex_text(scratch_, item.value, message);
    value = text_value(scratch_);
  } else {
    scratch_.clear();
    const auto filled = fill(item.value, message, TextStyle::json, scratch_);
    if (!filled || !*filled) return filled;
    value = text_value(scratch_);
  }
  // "None" is how the reference's own users write "nothing".
  if (mapping.family == Family::mqtt && value.text == "None") return false;
  const bool unfit = item.keep_unfit && item.cast != Cast::text && value.type != JsonType::string;
  const std::size_t start = value_.size();
  const auto done = append_cast(value_, value, item.cast, false);
  if (!done) return done.error();
  const bool number = item.cast == Cast::integer || item.cast == Cast::real;
  if (item.strict && (number || item.cast == Cast::boolean) && value_[start] == '"') {
    value_.resize(start);
    return Error{in_quotes(value.text) + (number ? " is not a number" : " is not a boolean")};
  }
  if (unfit && value_[start] == '"') {
    value_.resize(start);
    value_ += value.raw;
  }
  return true;
}

Result<bool> ItemReader::append_reference_text(const Item& item, const Mapping& mapping,
                                               const Message& message) {
  if (mapping.family == Family::request) return append_request_text(item, message);
  scratch_.clear();
  if (mapping.family == Family::bytes) {
    if (item.hex) {
      append_hex_text(scratch_, item.value, message);
    } else if (!is_utf8_throughout(item.value, message)) {
      return Error{"not valid UTF-8"};
    } else if (const auto filled = fill(item.value, message, TextStyle::python, scratch_);
               !filled || !*filled) {
      return filled;
    }
    append_json_string(value_, scratch_);
    return true;
  }
  const auto filled = fill(item.value, message, TextStyle::python, scratch_);
  if (!filled || !*filled) return filled;
  if (scratch_ == "None") return false;
  // The reference's REST sends texts, whatever the type says.
  const Cast cast = mapping.family == Family::rest ? Cast::text : item.cast;
  if (const auto done = append_cast(value_, text_value(scratch_), cast, true); !done) {
    return done.error();
  }
  return true;
}

/// A lone place keeps its JSON type, but for texts of plain members; several become a text, where
/// a missing one is "null", and all missing nothing.
Result<bool> ItemReader::append_request_text(const Item& item, const Message& message) {
  using What = Text::Piece::What;
  if (item.value.single_path()) {
    const Text::Piece& piece = item.value.pieces.front();
    const auto found = message.find(piece.path);
    if (!found || found->type == JsonType::null) return false;
    const bool plain = piece.path.steps.size() == 1;
    const bool as_text = item.cast == Cast::text && plain;
    if (as_text || found->type == JsonType::string) {
      if (const auto done = append_cast(value_, *found, Cast::text, true); !done) {
        return done.error();
      }
    } else {
      value_ += found->raw;
    }
    return true;
  }
  scratch_.clear();
  bool any = item.value.constant();
  for (const Text::Piece& piece : item.value.pieces) {
    const auto found =
        piece.what == What::path ? message.find(piece.path) : std::optional<JsonMember>{};
    if (piece.what == What::text) {
      scratch_ += piece.text;
    } else if (found && found->type != JsonType::null) {
      append_value_text(scratch_, *found, TextStyle::python);
      any = true;
    } else {
      scratch_ += "null";
    }
  }
  if (any) append_json_string(value_, scratch_);
  return any;
}

Result<bool> ItemReader::append_members(const Item& item, const Message& message) {
  const auto members = message.json != nullptr ? message.json->members()
                                               : std::span<const JsonMember>{message.fields};
  value_.assign(1, '{');
  for (const JsonMember& member : members) {
    const bool wanted =
        std::any_of(item.members.begin(), item.members.end(), [&](const auto& name) {
          const bool start = !name.empty() && name.back() == '.';
          return start ? member.key.substr(0, name.size()) == name ||
                             member.key == std::string_view{name}.substr(0, name.size() - 1)
                       : member.key == name;
        });
    if (!wanted || member.type == JsonType::null) continue;
    if (value_.size() > 1) value_ += ',';
    append_json_string(value_, member.key);
    value_ += ':';
    if (member.type == JsonType::string) {
      append_json_string(value_, member.text);
    } else {
      value_ += member.raw;
    }
  }
  value_ += '}';
  return value_.size() > 2;
}

Result<bool> ItemReader::append_expression(const Item& item, const Message& message) {
  // "value" is what the layout finds, for items that have one.
  std::string own;
  std::string own_byte;
  const Lookup lookup = [&](const JsonPath& path) -> std::optional<JsonMember> {
    if (auto byte = byte_of_frame(path, message, own_byte)) return byte;
    if (path.text != "value" || own.empty()) return message.find(path);
    JsonMember member;
    member.type = own.front() == '"' ? JsonType::string
                  : is_number(own)   ? JsonType::number
                                     : JsonType::boolean;
    member.raw = own;
    member.text = own;
    if (member.type == JsonType::string) member.text = member.text.substr(1, own.size() - 2);
    return member;
  };
  if (item.layout.range.to || item.layout.range.single || item.layout.range.from != 0) {
    if (const auto done = append_layout(own, item.layout, message.bytes); !done) {
      return done.error();
    }
  } else if (item.value.single_path()) {
    if (const auto found = message.find(item.value.pieces.front().path)) {
      own = found->type == JsonType::string ? json_string(found->text) : std::string{found->raw};
    }
  }
  const auto computed = item.expression->evaluate(lookup);
  if (!computed) return computed.error();
  if (computed->is_null()) return false;
  scratch_.clear();
  append_computed(scratch_, *computed);
  if (item.cast == Cast::keep) {
    value_ += scratch_;
    return true;
  }
  JsonMember value;
  value.type = scratch_.front() == '"' ? JsonType::string
               : is_number(scratch_)   ? JsonType::number
                                       : JsonType::boolean;
  const std::string text = text_of(*computed);
  value.raw = scratch_;
  value.text = text;
  if (const auto done = append_cast(value_, value, item.cast, compat_); !done) return done.error();
  return true;
}

/// From value_ to `out`: what is no value, scale and limits, names. Leaves value_ empty if nothing
/// is to be sent.
Result<void> ItemReader::refine(std::string& out, const Item& item) {
  if (item.invalid.empty() && item.names.empty() && item.bit_names.empty() && !item.scaling.any()) {
    out += value_;
    return {};
  }
  const std::string text = plain_text(value_);
  if (std::find(item.invalid.begin(), item.invalid.end(), text) != item.invalid.end()) {
    value_.clear();
    return {};
  }
  if (item.scaling.any() && is_number(value_)) {
    scratch_.clear();
    if (auto done = append_scaled(scratch_, value_, item.scaling); !done) return done;
    value_ = scratch_;
  }
  if (const auto name = item.names.find(plain_text(value_)); name != item.names.end()) {
    out += name->second;
    return {};
  }
  if (!item.bit_names.empty() && is_number(value_)) {
    const std::uint64_t bits = bits_of(value_);
    out += '[';
    bool any = false;
    for (const auto& [bit, name] : item.bit_names) {
      if ((bits >> bit & 1U) == 0) continue;
      if (any) out += ',';
      any = true;
      append_json_string(out, name);
    }
    out += ']';
    return {};
  }
  out += value_;
  return {};
}

}  // namespace tbgw::convert
