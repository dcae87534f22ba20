// SPDX-License-Identifier: Apache-2.0
// Registers and coils to values.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/text.hpp"
#include "modbus/codec.hpp"
#include "modbus/pattern.hpp"

namespace tbgw::modbus {
namespace {

/// A float of 32 bits has no digits behind the point from here on.
constexpr double kWhole32 = 16777216.0;

std::int64_t sign_extended(std::uint64_t pattern, unsigned width) {
  const unsigned unused = 64 - width;
  return static_cast<std::int64_t>(pattern << unused) >> unused;
}

Decimal integer_of(std::uint64_t pattern, const Tag& tag) {
  if (tag.type.kind == Kind::natural) return Decimal::of(pattern);
  return Decimal::of(sign_extended(pattern, tag.type.width));
}

Result<Decimal> bcd_of(std::uint64_t pattern) {
  Decimal value;
  for (int shift = 60; shift >= 0; shift -= 4) {
    const auto digit = static_cast<unsigned>(pattern >> static_cast<unsigned>(shift)) & 0xfU;
    if (digit > 9) return Error{"not BCD: a digit is " + std::to_string(digit)};
    value.digits = value.digits * 10 + static_cast<int>(digit);
  }
  return value;
}

Result<Decimal> mod10_of(std::uint64_t pattern, unsigned width) {
  Decimal value;
  for (unsigned shift = width; shift > 0; shift -= 16) {
    const auto part = static_cast<int>((pattern >> (shift - 16)) & 0xffffU);
    if (part > 9999) return Error{"not mod10: a register holds " + std::to_string(part)};
    value.digits = value.digits * 10000 + part;
  }
  return value;
}

/// As Python's round(): exactly rounded, halves to even.
double python_round(double value, int places) {
  if (std::fabs(value) >= 4503599627370496.0) return value;
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", places, value);
  return std::strtod(text.data(), nullptr);
}

Result<Decimal> real_of(std::uint64_t pattern, const Tag& tag) {
  const double value = real_from(pattern, tag.type.width);
  if (std::isnan(value)) return Error{"not a number (NaN)"};
  if (std::isinf(value)) return Error{"infinite"};
  if (tag.compat) return Decimal::of(tag.round ? python_round(value, *tag.round) : value);
  if (tag.type.width == 32 && std::fabs(value) < kWhole32) {
    // 229.8, not the 229.8000030517578 that the nearest float is.
    std::array<char, 32> text{};
    const auto [stop, error] =
        std::to_chars(text.data(), text.data() + text.size(), static_cast<float>(value));
    static_cast<void>(error);  // the longest has 15 characters
    return parse_decimal({text.data(), static_cast<std::size_t>(stop - text.data())});
  }
  return Decimal::of(value);
}

bool is_marker(const Tag& tag, std::uint64_t pattern) {
  return std::find(tag.invalid.begin(), tag.invalid.end(), pattern) != tag.invalid.end();
}

Result<Decimal> number_of(std::uint64_t pattern, const Tag& tag) {
  switch (tag.type.kind) {
    case Kind::real:
      return real_of(pattern, tag);
    case Kind::bcd:
      return bcd_of(pattern);
    case Kind::mod10:
      return mod10_of(pattern, tag.type.width);
    default:
      return integer_of(pattern, tag);
  }
}

const Label* label_of(const Tag& tag, const Decimal& value) {
  for (const Label& label : tag.labels) {
    if (label.number && compare(*label.number, value) == 0) return &label;
  }
  return nullptr;
}

/// Its numbers are the values as they stand: nearly all that is read, so they take no detour.
bool is_plain(const Tag& tag, int exponent) {
  const bool whole = tag.type.kind == Kind::natural || tag.type.kind == Kind::integer;
  return whole && !tag.bit && tag.labels.empty() && tag.invalid.empty() && !tag.round &&
         tag.scale_from.empty() && exponent == 0 && !tag.scale.real && tag.scale.is_none();
}

/// Characters of the longest number, and of the comma behind it.
std::size_t most_plain(unsigned width) {
  return width <= 16 ? 7 : 21;
}

char* put_plain(char* to, char* end, const Tag& tag, std::uint64_t pattern) {
  const unsigned width = tag.type.width;
  if (tag.type.kind == Kind::natural) {
    return width <= 32 ? std::to_chars(to, end, static_cast<std::uint32_t>(pattern)).ptr
                       : std::to_chars(to, end, pattern).ptr;
  }
  return std::to_chars(to, end, sign_extended(pattern, width)).ptr;
}

/// All the numbers of a tag whose values are as they stand: "48" or "[48,49]".
std::string decode_plain(const Tag& tag, Cells cells) {
  const std::size_t width = registers_of(tag.type);
  std::string out(tag.values * most_plain(tag.type.width) + 2, '[');
  char* const end = out.data() + out.size();
  char* at = out.data() + (tag.values > 1 ? 1 : 0);
  for (std::size_t i = 0; i < tag.values; ++i) {
    if (i > 0) *at++ = ',';
    const std::uint64_t pattern = pattern_of(cells.subspan(i * width, width), tag.type, tag.order);
    at = put_plain(at, end, tag, pattern);
  }
  if (tag.values > 1) *at++ = ']';
  out.resize(static_cast<std::size_t>(at - out.data()));
  return out;
}

/// One number of a tag, scaled, as JSON text.
Result<void> append_number(std::string& out, const Tag& tag, std::uint64_t pattern, int exponent) {
  if (is_marker(tag, pattern)) return Error{"marked as invalid"};
  Result<Decimal> number =
      tag.bit
          ? Decimal::of((pattern >> tag.bit->first) & ((std::uint64_t{1} << tag.bit->width) - 1))
          : number_of(pattern, tag);
  if (!number) return number.error();
  Decimal value = scaled(*number, tag.scale, exponent);
  if (tag.round && !(tag.compat && tag.type.kind == Kind::real)) {
    value = rounded(value, *tag.round);
  }
  // Past what a double holds: no reader of JSON would take it.
  if (value.exponent > 250 && std::isinf(to_double(value))) return Error{"too large"};
  if (const Label* label = label_of(tag, value)) {
    append_json_string(out, label->text);
    return {};
  }
  append_text(out, value, tag.type.kind == Kind::real || tag.scale.real || !tag.scale_from.empty());
  return {};
}

void append_bit(std::string& out, const Tag& tag, bool bit) {
  for (const Label& label : tag.labels) {
    if (label.truth == bit) return append_json_string(out, label.text);
  }
  if (const Label* label = label_of(tag, Decimal::of(std::int64_t{bit}))) {
    return append_json_string(out, label->text);
  }
  if (tag.bits_as_numbers) {
    out += bit ? '1' : '0';
  } else {
    out += bit ? "true" : "false";
  }
}

Result<std::string> decode_bits(const Tag& tag, Cells cells) {
  const bool coils = is_bits(tag.table());
  const auto registers = coils ? std::vector<std::uint16_t>{} : ordered(cells, tag.order);
  const auto bit_at = [&](std::optional<std::size_t> position) {
    if (!position) return false;
    if (coils) return *position < cells.size() && cells[*position] != 0;
    return (unsigned{registers[*position / 16]} >> *position % 16 & 1U) != 0;
  };
  std::string out;
  const std::size_t size = list_size(tag);
  if (tag.bit) {
    // The reference looks the bit up in its list; naturally it is the bit of that number.
    const std::size_t first = tag.bit->first;
    append_bit(out, tag, bit_at(tag.compat ? bit_position(tag, std::min(first, size - 1)) : first));
    return out;
  }
  if (tag.values == 1) {
    append_bit(out, tag, bit_at(bit_position(tag, 0)));
    return out;
  }
  out += '[';
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    append_bit(out, tag, bit_at(bit_position(tag, i)));
  }
  out += ']';
  return out;
}

std::string bytes_of(Cells registers, Characters characters) {
  std::string bytes;
  for (const std::uint16_t word : registers) {
    if (characters != Characters::low) bytes += static_cast<char>(word >> 8U);
    if (characters != Characters::high) bytes += static_cast<char>(word & 0xffU);
  }
  return bytes;
}

std::string decode_text(const Tag& tag, Cells cells) {
  const auto registers = ordered(cells, tag.order);
  std::string bytes = bytes_of(registers, tag.text.characters);
  if (tag.type.kind == Kind::bytes || !is_utf8(bytes)) return json_string(to_hex(bytes));
  if (tag.text.trim) {
    bytes.erase(bytes.find_last_not_of(std::string_view{"\0 ", 2}) + 1);
  }
  return json_string(bytes);
}

///     year(7) | month(4) weekday(3) day(5) | hour(5) invalid(1) minute(6) | milliseconds(16)
Result<std::string> decode_date(const Tag& tag, Cells cells) {
  const auto words = ordered(cells.first(4), tag.order);
  const unsigned year = 2000U + (words[0] & 0x7fU);
  const unsigned month = (words[1] >> 8U) & 0xfU;
  const unsigned day = words[1] & 0x1fU;
  const unsigned hour = (words[2] >> 8U) & 0x1fU;
  const unsigned minute = words[2] & 0x3fU;
  const unsigned ms = words[3];
  if ((words[2] & 0x80U) != 0) return Error{"a date that the unit marks as invalid"};
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || ms > 59999) {
    return Error{"not a date"};
  }
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "\"%04u-%02u-%02uT%02u:%02u:%02u.%03u\"", year, month,
                day, hour, minute, ms / 1000, ms % 1000);
  return std::string{text.data()};
}

Result<std::string> decode_numbers(const Tag& tag, Cells cells, int exponent) {
  std::string out;
  if (is_bits(tag.table())) {
    const auto done = append_number(out, tag, coil_pattern(cells, tag), exponent);
    if (!done) return done.error();
    return out;
  }
  const std::size_t width = registers_of(tag.type);
  if (is_plain(tag, exponent)) return decode_plain(tag, cells);
  if (tag.values > 1) {
    out.reserve(tag.values * 6 * width);
    out += '[';
  }
  for (std::size_t i = 0; i < tag.values; ++i) {
    if (i > 0) out += ',';
    const std::uint64_t pattern = pattern_of(cells.subspan(i * width, width), tag.type, tag.order);
    const auto done = append_number(out, tag, pattern, exponent);
    if (done) continue;
    // One place of a list without a value must not move the others.
    if (tag.values == 1) return done.error();
    out += "null";
  }
  if (tag.values > 1) out += ']';
  return out;
}

/// Cells without which there is no value.
std::size_t least_cells(const Tag& tag) {
  const bool coils = is_bits(tag.table());
  switch (tag.type.kind) {
    case Kind::bits:
      if (coils) return tag.values;
      return tag.compat || tag.bit ? 1 : (tag.values + 15U) / 16U;
    case Kind::text:
    case Kind::bytes:
      return 0;
    default:
      return coils ? 1 : std::size_t{registers_of(tag.type)} * tag.values;
  }
}

}  // namespace

Result<std::string> decode(const Tag& tag, Cells cells, int exponent) {
  if (cells.size() < least_cells(tag)) {
    return Error{std::to_string(cells.size()) + " cells are too few for a " + name_of(tag.type)};
  }
  switch (tag.type.kind) {
    case Kind::bits:
      return decode_bits(tag, cells);
    case Kind::text:
    case Kind::bytes:
      return decode_text(tag, cells);
    case Kind::date:
      return decode_date(tag, cells);
    default:
      return decode_numbers(tag, cells, exponent);
  }
}

Result<int> decode_exponent(const Tag& tag, Cells cells) {
  const auto text = decode(tag, cells);
  if (!text) return text.error();
  const auto number = parse_decimal(*text);
  const auto whole = number ? nearest_whole(*number) : std::nullopt;
  if (!whole || *whole < -10 || *whole > 10 || compare(*number, {*whole, 0}) != 0) {
    return Error{"the scale factor " + *text + " is not a whole number from -10 to 10"};
  }
  return static_cast<int>(*whole);
}

}  // namespace tbgw::modbus
