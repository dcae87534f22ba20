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

namespace {

std::string to_utf16(std::string_view utf8) {
  std::string out = "\xFF\xFE";
  for (std::size_t i = 0; i < utf8.size();) {
    const auto first = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = first < 0x80U ? 1 : first < 0xE0U ? 2 : first < 0xF0U ? 3 : 4;
    std::uint32_t code = length == 1 ? first : first & (0x7FU >> length);
    for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k)
      code = code << 6U | (static_cast<unsigned char>(utf8[i + k]) & 0x3FU);
    i += length;
    const auto unit = [&](std::uint32_t value) {
      out += static_cast<char>(value & 0xFFU);
      out += static_cast<char>(value >> 8U & 0xFFU);
    };
    if (code >= 0x10000U) {
      unit(0xD800U + ((code - 0x10000U) >> 10U));
      code = 0xDC00U + ((code - 0x10000U) & 0x3FFU);
    }
    unit(code);
  }
  return out;
}

}  // namespace

Result<std::string> in_charset(const std::string& utf8, Charset charset) {
  if (charset == Charset::utf16) return to_utf16(utf8);
  if (charset != Charset::latin1) return utf8;
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto code = static_cast<unsigned char>(utf8[i]);
    if (code >= 0x80U && (code > 0xC3U || i + 1 >= utf8.size())) {
      return Error{in_quotes(utf8) + " cannot be said in latin-1"};
    }
    const bool wide = code >= 0x80U;
    out += wide ? static_cast<char>((code & 0x03U) << 6U |
                                    (static_cast<unsigned char>(utf8[++i]) & 0x3FU))
                : utf8[i];
  }
  return out;
}

}  // namespace tbgw::convert
