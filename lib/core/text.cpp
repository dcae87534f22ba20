// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>

namespace tbgw {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
}

/// Which bytes cannot stand in a JSON string as they are.
constexpr std::array<bool, 256> kNeedsEscape = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c)
    table[c] = true;
  table['"'] = table['\\'] = true;
  return table;
}();

void append_escape(std::string& out, unsigned char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    default:
      break;
  }
  out += "\\u00";
  out += kHexDigits[c >> 4U];
  out += kHexDigits[c & 15U];
}

}  // namespace

bool is_utf8(std::string_view bytes) {
  return simdjson::validate_utf8(bytes.data(), bytes.size());
}

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out += kHexDigits[byte_at(bytes, i) >> 4U];
    out += kHexDigits[byte_at(bytes, i) & 15U];
  }
  return out;
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::uint32_t group =
        byte_at(bytes, i) << 16U | byte_at(bytes, i + 1) << 8U | byte_at(bytes, i + 2);
    const std::size_t have = std::min<std::size_t>(bytes.size() - i, 3);
    for (std::size_t digit = 0; digit < 4; ++digit) {
      out += digit <= have ? kBase64[group >> (18U - 6U * digit) & 63U] : '=';
    }
  }
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return Error{"base64 text must have a multiple of 4 characters"};
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    std::size_t digits = 4;
    while (last && digits > 2 && text[i + digits - 1] == '=')
      --digits;
    std::uint32_t group = 0;
    for (std::size_t digit = 0; digit < 4; ++digit) {
      const std::size_t value = digit < digits ? kBase64.find(text[i + digit]) : 0;
      if (value == std::string_view::npos) return Error{"not base64"};
      group = group << 6U | static_cast<std::uint32_t>(value);
    }
    for (std::size_t byte = 0; byte + 1 < digits; ++byte) {
      out += static_cast<char>(group >> (16U - 8U * byte) & 255U);
    }
  }
  return out;
}

std::string latin1_to_utf8(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0U | code >> 6U);
      out += static_cast<char>(0x80U | (code & 0x3FU));
    }
  }
  return out;
}

void append_json_string(std::string& out, std::string_view utf8) {
  out.push_back('"');
  std::size_t plain = 0;  // start of the run that needs no escape
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto c = static_cast<unsigned char>(utf8[i]);
    if (!kNeedsEscape[c]) continue;
    out.append(utf8, plain, i - plain);
    append_escape(out, c);
    plain = i + 1;
  }
  out.append(utf8, plain, utf8.size() - plain);
  out.push_back('"');
}

std::string json_string(std::string_view utf8) {
  std::string out;
  append_json_string(out, utf8);
  return out;
}

std::string in_quotes(std::string_view bytes, std::size_t limit) {
  std::string out = "'";
  const bool cut = bytes.size() > limit;
  std::string_view shown = bytes.substr(0, limit);
  // Never end inside a UTF-8 sequence.
  if (cut && is_utf8(bytes)) {
    while (!shown.empty() && !is_utf8(shown))
      shown.remove_suffix(1);
  }
  const bool text = is_utf8(shown);
  for (const char c : shown) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F || (code >= 0x80 && !text)) {
      switch (c) {
        case '\n':
          out += "\\n";
          break;
        case '\r':
          out += "\\r";
          break;
        case '\t':
          out += "\\t";
          break;
        default:
          out += "\\x" + to_hex({&c, 1});
      }
    } else {
      out += c;
    }
  }
  return out + (cut ? "…'" : "'");
}

namespace {

/// Edit distance with insertions, deletions, replacements and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> rows(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    rows[i][0] = i;
  std::iota(rows[0].begin(), rows[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      rows[i][j] = std::min({replaced, rows[i - 1][j] + 1, rows[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        rows[i][j] = std::min(rows[i][j], rows[i - 2][j - 2] + 1);
      }
    }
  }
  return rows[a.size()][b.size()];
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > 64) return "";
  std::string best;
  std::size_t least = std::min<std::size_t>(3, word.size() / 2 + 1);
  for (const std::string& candidate : candidates) {
    const std::size_t away = distance(lower(word), lower(candidate));
    if (away < least) {
      least = away;
      best = candidate;
    }
  }
  return best;
}

}  // namespace tbgw
