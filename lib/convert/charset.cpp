// SPDX-License-Identifier: Apache-2.0
#include "convert/charset.hpp"

#include "convert/json_path.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

std::string from_utf16(std::string_view bytes) {
  bool big = false;
  if (bytes.substr(0, 2) == "\xFE\xFF") big = true;
  if (big || bytes.substr(0, 2) == "\xFF\xFE") bytes.remove_prefix(2);
  std::u16string wide;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const auto first = static_cast<unsigned char>(bytes[i]);
    const auto second = static_cast<unsigned char>(bytes[i + 1]);
    wide += static_cast<char16_t>(big ? first << 8U | second : second << 8U | first);
  }
  std::string json = "\"";
  for (const char16_t unit : wide) {
    const std::string hex =
        to_hex(std::string{static_cast<char>(unit >> 8U), static_cast<char>(unit & 0xFFU)});
    json += "\\u" + hex;
  }
  JsonDocument document;
  if (!document.read(json + "\"")) return to_hex(bytes);  // a lone surrogate
  return std::string{document.root().text};
}

}  // namespace

void append_in_charset(std::string& out, const Item& item, const Message& message) {
  for (const Text::Piece& piece : item.value.pieces) {
    const std::string_view bytes = cut(piece.range, message.bytes);
    if (piece.what != Text::Piece::What::bytes) {
      out += piece.text;
    } else if (item.charset == Charset::latin1) {
      out += latin1_to_utf8(bytes);
    } else if (item.charset == Charset::utf16) {
      out += from_utf16(bytes);
    } else {
      for (const char c : bytes)
        out += std::to_string(static_cast<unsigned char>(c));
    }
  }
}

}  // namespace tbgw::convert
