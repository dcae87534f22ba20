// SPDX-License-Identifier: Apache-2.0
#include "convert/message.hpp"

#include <algorithm>

#include "convert/python_text.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using What = Text::Piece::What;

std::optional<JsonMember> text_member(std::string_view text) {
  if (text.empty()) return std::nullopt;
  JsonMember member;
  member.type = JsonType::string;
  member.text = text;
  return member;
}

/// What the reference allows between ${ and }, and @ for our own names.
bool is_path_char(char c) {
  const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return word || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view{" $.^][*_:\"'-@/"}.find(c) != std::string_view::npos;
}

void add_plain(Text& text, std::string_view plain) {
  if (plain.empty()) return;
  if (text.pieces.empty() || text.pieces.back().what != What::text) text.pieces.emplace_back();
  text.pieces.back().text += plain;
}

}  // namespace

std::optional<JsonMember> Message::find(const JsonPath& path) const {
  if (!path.text.empty() && path.text.front() == '@') {
    if (path.text == "@device") return text_member(device);
    if (path.text == "@source") return text_member(source);
    return text_member(address);
  }
  if (json != nullptr) return json->find(path);
  if (const JsonMember* member = tbgw::find(fields, path.text)) return *member;
  return std::nullopt;
}

std::string_view cut(const ByteRange& range, std::string_view bytes) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  const auto place = [&](std::int64_t at) {
    return std::clamp<std::int64_t>(at < 0 ? at + size : at, 0, size);
  };
  if (range.single && (range.from >= size || range.from < -size)) return {};
  const std::int64_t from = place(range.from);
  const std::int64_t to = range.single ? from + 1 : place(range.to.value_or(size));
  if (from >= to) return {};
  return bytes.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(to - from));
}

std::optional<ByteRange> parse_range(std::string_view text) {
  constexpr std::int64_t kFarthest = 1 << 20;
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return std::nullopt;
  text = text.substr(1, text.size() - 2);
  ByteRange range;
  const std::size_t colon = text.find(':');
  range.single = colon == std::string_view::npos;
  const std::string_view first = text.substr(0, colon);
  if (!first.empty()) {
    const auto from = parse_integer(first, -kFarthest, kFarthest);
    if (!from) return std::nullopt;
    range.from = *from;
  }
  if (range.single) return range;
  if (const std::string_view second = text.substr(colon + 1); !second.empty()) {
    const auto to = parse_integer(second, -kFarthest, kFarthest);
    if (!to) return std::nullopt;
    range.to = *to;
  }
  return range;
}

bool Text::constant() const {
  return !from_address && !expression &&
         std::all_of(pieces.begin(), pieces.end(),
                     [](const Piece& piece) { return piece.what == What::text; });
}

Result<Text> parse_text(std::string_view text) {
  Text out;
  while (!text.empty()) {
    const std::size_t open = text.find("${");
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) break;
    const std::string_view inside = text.substr(open + 2, close - open - 2);
    if (!std::all_of(inside.begin(), inside.end(), is_path_char)) {
      add_plain(out, text.substr(0, open + 2));
      text.remove_prefix(open + 2);
      continue;
    }
    auto path = parse_json_path(inside);
    if (!path) return path.error();
    add_plain(out, text.substr(0, open));
    Text::Piece piece;
    piece.what = What::path;
    piece.text = inside;
    piece.path = *std::move(path);
    out.pieces.push_back(std::move(piece));
    text.remove_prefix(close + 1);
  }
  add_plain(out, text);
  return out;
}

Text parse_byte_text(std::string_view text) {
  Text out;
  while (!text.empty()) {
    const std::size_t open = text.find('[');
    const std::size_t close = open == std::string_view::npos ? open : text.find(']', open);
    if (close == std::string_view::npos) break;
    const std::string_view written = text.substr(open, close - open + 1);
    const auto range = parse_range(written);
    add_plain(out, text.substr(0, range ? open : close + 1));
    if (range) {
      Text::Piece piece;
      piece.what = What::bytes;
      piece.text = written;
      piece.range = *range;
      out.pieces.push_back(std::move(piece));
    }
    text.remove_prefix(close + 1);
  }
  add_plain(out, text);
  return out;
}

Text constant_text(std::string_view text) {
  Text out;
  add_plain(out, text);
  return out;
}

void append_value_text(std::string& out, const JsonMember& value, TextStyle style) {
  if (value.type == JsonType::string) {
    out += value.text;
  } else if (style == TextStyle::python) {
    out += python_text(value.raw);
  } else {
    out += value.raw;
  }
}

Result<bool> fill(const Text& text, const Message& message, TextStyle style, std::string& out) {
  if (text.from_address) {
    const auto found = text.from_address->search(message.address);
    if (!found) return found.error();
    if (!*found) return false;
    // The last group that took part, as Python's lastindex tells.
    const auto& groups = (*found)->groups;
    std::string_view value = groups.front();
    for (const std::string_view group : groups) {
      if (group.data() != nullptr) value = group;
    }
    out += value;
    return true;
  }
  if (text.expression) {
    const auto value =
        text.expression->evaluate([&](const JsonPath& path) { return message.find(path); });
    if (!value) return value.error();
    if (value->is_null()) return false;
    out += text_of(*value);
    return true;
  }
  const std::size_t start = out.size();
  for (const Text::Piece& piece : text.pieces) {
    if (piece.what == What::text) {
      out += piece.text;
      continue;
    }
    if (piece.what == What::bytes) {
      const std::string_view bytes = cut(piece.range, message.bytes);
      if (is_utf8(bytes)) {
        out += bytes;
      } else {
        out += to_hex(bytes);
      }
      continue;
    }
    const auto value = message.find(piece.path);
    if (value && (value->type != JsonType::null || style == TextStyle::python)) {
      append_value_text(out, *value, style);
    } else if (style == TextStyle::python) {
      out += "None";
    } else {
      out.resize(start);
      return false;
    }
  }
  return true;
}

}  // namespace tbgw::convert
