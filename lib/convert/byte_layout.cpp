// SPDX-License-Identifier: Apache-2.0
#include "convert/byte_layout.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>

#include "convert/decimal.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Kind = ByteLayout::Kind;

std::uint64_t number_of(std::string_view big_endian) {
  std::uint64_t out = 0;
  for (const char c : big_endian)
    out = out << 8U | static_cast<unsigned char>(c);
  return out;
}

template <class T>
void append_whole(std::string& out, T value) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), end);
}

void append_integer_of(std::string& out, const ByteLayout& layout, std::uint64_t number,
                       unsigned width) {
  if (layout.bits != 0) {
    number >>= layout.first_bit;
    width = layout.bits;
    if (width < 64) number &= (std::uint64_t{1} << width) - 1;
  }
  if (layout.kind == Kind::boolean) {
    out += number != 0 ? "true" : "false";
    return;
  }
  if (layout.kind == Kind::unsigned_integer) {
    append_whole(out, number);
    return;
  }
  if (width < 64 && (number >> (width - 1) & 1U) != 0) number |= ~std::uint64_t{0} << width;
  append_whole(out, static_cast<std::int64_t>(number));
}

/// Half precision: 1 sign, 5 exponent, 10 fraction bits.
double half(std::uint64_t bits) {
  const auto fraction = static_cast<double>(bits & 0x3FFU);
  const auto exponent = static_cast<int>(bits >> 10U & 0x1FU);
  const double sign = (bits >> 15U) != 0 ? -1 : 1;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

Result<void> append_real_of(std::string& out, std::string_view bytes) {
  const std::uint64_t bits = number_of(bytes);
  if (bytes.size() == 4) {
    const auto single = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (!std::isfinite(single)) return Error{"no finite number: " + to_hex(bytes)};
    // The shortest text that is this float: 229.8, not 229.8000030517578.
    std::array<char, 64> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), single).ptr;
    return append_real(out, {text.data(), static_cast<std::size_t>(end - text.data())});
  }
  const double value = bytes.size() == 2 ? half(bits) : std::bit_cast<double>(bits);
  if (!std::isfinite(value)) return Error{"no finite number: " + to_hex(bytes)};
  append_double(out, value);
  return {};
}

Result<void> append_bcd(std::string& out, std::string_view bytes) {
  const std::string digits = to_hex(bytes);
  if (digits.find_first_not_of("0123456789") != std::string::npos) {
    return Error{"no decimal digits: " + digits};
  }
  return append_integer(out, digits);
}

void append_text(std::string& out, std::string_view bytes, bool latin1) {
  bytes = bytes.substr(0, bytes.find('\0'));
  while (!bytes.empty() && (bytes.back() == ' ' || bytes.back() == '\r' || bytes.back() == '\n'))
    bytes.remove_suffix(1);
  if (latin1) {
    append_json_string(out, latin1_to_utf8(bytes));
  } else {
    append_json_string(out, bytes);
  }
}

}  // namespace

std::string in_big_endian(const ByteLayout& layout, std::string_view bytes) {
  std::string out{bytes};
  if (layout.little_endian) std::reverse(out.begin(), out.end());
  if (layout.swap_words && out.size() % 2 == 0) {
    for (std::size_t i = 0; i < out.size() / 2; i += 2) {
      const std::size_t j = out.size() - 2 - i;
      if (i >= j) break;
      std::swap(out[i], out[j]);
      std::swap(out[i + 1], out[j + 1]);
    }
  }
  return out;
}

Result<void> append_layout(std::string& out, const ByteLayout& layout, std::string_view bytes) {
  const std::string_view found = cut(layout.range, bytes);
  const auto wanted = layout.range.single ? 1 : layout.range.to.value_or(0) - layout.range.from;
  const bool open_end = !layout.range.single && !layout.range.to;
  const bool short_of = !open_end && wanted > 0 && static_cast<std::int64_t>(found.size()) < wanted;
  const bool before_start = layout.range.from < -static_cast<std::int64_t>(bytes.size());
  if (found.empty() || short_of || before_start) {
    return Error{"the message has only " + std::to_string(bytes.size()) + " bytes"};
  }
  switch (layout.kind) {
    case Kind::hex:
      append_json_string(out, to_hex(found));
      return {};
    case Kind::text:
      if (!is_utf8(found.substr(0, found.find('\0')))) return Error{"not valid UTF-8"};
      append_text(out, found, false);
      return {};
    case Kind::latin1:
      append_text(out, found, true);
      return {};
    case Kind::bcd:
      if (found.size() > 9) return Error{"more than 9 bytes of decimal digits"};
      return append_bcd(out, in_big_endian(layout, found));
    case Kind::real:
      if (found.size() != 2 && found.size() != 4 && found.size() != 8) {
        return Error{"a float has 2, 4 or 8 bytes, not " + std::to_string(found.size())};
      }
      return append_real_of(out, in_big_endian(layout, found));
    case Kind::unsigned_integer:
    case Kind::signed_integer:
    case Kind::boolean:
      break;
  }
  if (found.size() > 8) return Error{"an integer has at most 8 bytes"};
  append_integer_of(out, layout, number_of(in_big_endian(layout, found)),
                    static_cast<unsigned>(8 * found.size()));
  return {};
}

}  // namespace tbgw::convert
