// SPDX-License-Identifier: Apache-2.0
// Values to registers and coils.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "core/text.hpp"
#include "modbus/codec.hpp"
#include "modbus/encode_parts.hpp"
#include "modbus/pattern.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

Result<std::uint64_t> integer_pattern(const Tag& tag, const Decimal& value) {
  const bool is_signed = tag.type.kind == Kind::integer && !tag.bit;
  const unsigned width = tag.bit ? tag.bit->width : tag.type.width;
  const Int128 span = Int128{1} << width;
  const Int128 least = is_signed ? -span / 2 : 0;
  const Int128 most = is_signed ? span / 2 - 1 : span - 1;
  const auto whole = nearest_whole(value);
  if (!whole || *whole < least || *whole > most) {
    std::string text;
    append_text(text, value, false);
    return Error{text + " does not fit a " + name_of(tag.type) +
                 (tag.bit ? " of " + std::to_string(width) + " bits" : "")};
  }
  const auto pattern = static_cast<std::uint64_t>(*whole);
  return width == 64 ? pattern : pattern & ((std::uint64_t{1} << width) - 1);
}

/// A whole number that is not negative, in digits of `base` that take `bits` bits each.
Result<std::uint64_t> digit_pattern(const Tag& tag, const Decimal& value, int base, unsigned bits) {
  const auto whole = nearest_whole(value);
  Int128 rest = whole.value_or(-1);
  std::uint64_t pattern = 0;
  for (unsigned shift = 0; shift < tag.type.width && rest > 0; shift += bits) {
    pattern |= static_cast<std::uint64_t>(rest % base) << shift;
    rest /= base;
  }
  if (rest == 0) return pattern;
  std::string text;
  append_text(text, value, false);
  return Error{text + " does not fit a " + name_of(tag.type)};
}

Result<void> check_limits(const Tag& tag, const Decimal& value) {
  const bool low = tag.least && compare(value, *tag.least) < 0;
  if (!low && !(tag.most && compare(value, *tag.most) > 0)) return {};
  std::string text;
  append_text(text, value, false);
  text += low ? " is less than the least allowed, " : " is more than the most allowed, ";
  append_text(text, low ? *tag.least : *tag.most, false);
  return Error{text};
}

/// One value of the tag as the bits of its registers.
Result<std::uint64_t> value_pattern(const Tag& tag, const Json& value, int exponent) {
  const Label* label = label_called(tag, value);
  if (label != nullptr && !label->number) return Error{quoted(value) + " stands for no number"};
  const auto number = label != nullptr ? Result<Decimal>{*label->number} : number_in(value);
  if (!number) return number.error();
  if (const auto good = check_limits(tag, *number); !good) return good.error();
  return number_pattern(tag, tag.raw_write ? *number : unscaled(*number, tag.scale, exponent));
}

Result<Write> encode_numbers(const Tag& tag, const Json& value, int exponent, Write out) {
  if (is_bits(out.table)) {
    const auto pattern = value_pattern(tag, value, exponent);
    if (!pattern) return pattern.error();
    // One coil is on or off whatever the type.
    if (tag.count == 1) {
      out.cells = {static_cast<std::uint16_t>(*pattern != 0 ? 1 : 0)};
      return out;
    }
    out.cells = coils_from(*pattern, tag);
    if (coil_pattern(out.cells, tag) != *pattern) {
      return Error{quoted(value) + " does not fit " + std::to_string(tag.count) + " coils"};
    }
    return out;
  }
  if (tag.values > 1 && (!value.is_array() || value.size() != tag.values)) {
    return Error{"needs a list of " + std::to_string(tag.values) + " values"};
  }
  for (std::size_t i = 0; i < tag.values; ++i) {
    const auto pattern = value_pattern(tag, tag.values > 1 ? value[i] : value, exponent);
    if (!pattern) return pattern.error();
    const std::uint64_t shifted = tag.bit ? *pattern << tag.bit->first : *pattern;
    const auto cells = registers_from(shifted, tag.type, write_order(tag));
    out.cells.insert(out.cells.end(), cells.begin(), cells.end());
  }
  const auto swapped = [&](unsigned mask) {
    return ordered(std::array{static_cast<std::uint16_t>(mask)}, write_order(tag)).front();
  };
  if (tag.type.half == Half::high) out.mask = swapped(0xff00U);
  if (tag.type.half == Half::low) out.mask = swapped(0x00ffU);
  if (tag.bit) out.mask = swapped(((1U << tag.bit->width) - 1U) << tag.bit->first);
  return out;
}

}  // namespace

Result<std::uint64_t> number_pattern(const Tag& tag, const Decimal& number) {
  if (tag.type.kind == Kind::real) {
    if (const auto pattern = real_pattern(number, tag.type.width)) return *pattern;
    std::string text;
    append_text(text, number, false);
    return Error{text + " does not fit a " + name_of(tag.type)};
  }
  if (tag.type.kind == Kind::bcd) return digit_pattern(tag, number, 10, 4);
  if (tag.type.kind == Kind::mod10) return digit_pattern(tag, number, 10000, 16);
  return integer_pattern(tag, number);
}

Result<Write> encode(const Tag& tag, const Json& value, int exponent) {
  if (tag.function == 2 || tag.function == 4) {
    const bool vowel = tag.function == 4;
    return Error{(vowel ? "an " : "a ") + std::string{long_name(tag.table())} +
                 " cannot be written"};
  }
  if (value.is_null() || value.is_object()) return Error{quoted(value) + " is no value to write"};
  Write out{tag.table(), tag.address, {}, std::nullopt};
  switch (tag.type.kind) {
    case Kind::bits:
      return encode_bits(tag, value, std::move(out));
    case Kind::text:
    case Kind::bytes:
      return encode_text(tag, value, std::move(out));
    case Kind::date:
      return encode_date(tag, value, std::move(out));
    default:
      return encode_numbers(tag, value, exponent, std::move(out));
  }
}

}  // namespace tbgw::modbus
