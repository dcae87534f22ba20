// SPDX-License-Identifier: Apache-2.0
#include "convert/encode_layout.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>

#include "convert/cast.hpp"
#include "convert/charset.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Kind = ByteLayout::Kind;

/// Bytes of the layout; nullopt = as many as the text has.
std::optional<std::size_t> size_of(const ByteLayout& layout) {
  if (layout.range.single) return 1;
  if (!layout.range.to && layout.range.from >= 0) return std::nullopt;
  return static_cast<std::size_t>(layout.range.to.value_or(0) - layout.range.from);
}

std::string big_endian(std::uint64_t number, std::size_t size) {
  std::string out;
  for (std::size_t i = size; i-- > 0;)
    out += static_cast<char>(i < 8 ? number >> (8U * i) & 0xFFU : 0U);
  return out;
}

/// The number a value is, as decimal text: true is 1.
Result<std::string> number_text(const JsonMember& value) {
  if (value.type == JsonType::boolean) return std::string{value.raw == "true" ? "1" : "0"};
  const bool can = value.type == JsonType::number || value.type == JsonType::string;
  if (!can || !parse_real(value.text)) return Error{in_quotes(value.text) + " is not a number"};
  return std::string{value.text};
}

/// Within min and max, or brought there.
Result<Exact> limited(const Exact& value, const Scaling& scaling) {
  const bool low = scaling.least && value.less(*scaling.least);
  const bool high = scaling.most && scaling.most->less(value);
  if (!low && !high) return value;
  if (!scaling.clamp) return Error{value.text() + " is outside of the limits"};
  return low ? *scaling.least : *scaling.most;
}

Result<Exact> exact_of(const JsonMember& value, const Scaling& scaling) {
  const auto text = number_text(value);
  if (!text) return text.error();
  const auto exact = Exact::parse(*text);
  if (!exact) return Error{in_quotes(*text) + " has too many digits"};
  return limited(*exact, scaling);
}

/// The whole number in the bytes that scale and offset make the value of.
Result<std::string> whole_of(const JsonMember& value, const Scaling& scaling) {
  const auto exact = exact_of(value, scaling);
  if (!exact) return exact.error();
  std::optional<Exact> raw = *exact;
  if (scaling.offset) raw = raw->plus(scaling.offset->negated());
  if (raw) raw = raw->whole_over(scaling.scale.value_or(Exact::one()));
  if (!raw) return Error{in_quotes(value.text) + " cannot be scaled"};
  return raw->text();
}

template <class T>
bool read_whole(std::string_view text, T& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && stop == text.data() + text.size();
}

Result<std::string> integer_bytes(const ByteLayout& layout, const Scaling& scaling,
                                  const JsonMember& value, std::size_t size) {
  const auto text = whole_of(value, scaling);
  if (!text) return text.error();
  const auto width = layout.bits != 0 ? layout.bits : static_cast<unsigned>(8 * size);
  std::uint64_t bits = 0;
  std::int64_t number = 0;
  bool good = false;
  if (layout.kind == Kind::signed_integer) {
    const std::int64_t half = width == 64 ? 0 : std::int64_t{1} << (width - 1);
    good = read_whole(*text, number) && (width == 64 || (number >= -half && number < half));
    bits = static_cast<std::uint64_t>(number);
    if (width < 64) bits &= (std::uint64_t{1} << width) - 1;
  } else {
    good = read_whole(*text, bits) && (width == 64 || bits >> width == 0);
  }
  if (!good) return Error{*text + " does not fit " + std::to_string(width) + " bits"};
  return big_endian(bits << layout.first_bit, size);
}

/// Half precision, halves to even.
Result<std::uint64_t> half_bits(double value) {
  const std::uint64_t sign = std::signbit(value) ? 0x8000U : 0U;
  const double size = std::fabs(value);
  int exponent = 0;
  std::frexp(size, &exponent);
  // 11 digits from the first one on, or from the smallest number on.
  const int place = std::max(exponent - 11, -24);
  auto digits = static_cast<std::uint64_t>(std::nearbyint(std::ldexp(size, -place)));
  std::uint64_t bits = digits;
  if (digits >= 1024) bits = (static_cast<std::uint64_t>(place + 24) << 10U) + digits;
  if (bits >= 0x7C00U) return Error{"the number does not fit a half-precision float"};
  return sign | bits;
}

Result<std::string> real_bytes(const Scaling& scaling, const JsonMember& value, std::size_t size) {
  const auto exact = exact_of(value, scaling);
  const auto text = number_text(value);
  if (!text) return text.error();
  if (!exact && Exact::parse(*text)) return exact.error();
  double number = parse_real(exact ? exact->text() : *text).value_or(0);
  if (scaling.offset) number -= parse_real(scaling.offset->text()).value_or(0);
  if (scaling.scale) number /= parse_real(scaling.scale->text()).value_or(1);
  if (size == 8) return big_endian(std::bit_cast<std::uint64_t>(number), 8);
  if (size == 2) {
    const auto bits = half_bits(number);
    if (!bits) return bits.error();
    return big_endian(*bits, 2);
  }
  const auto single = static_cast<float>(number);
  if (!std::isfinite(single)) return Error{*text + " does not fit a 32-bit float"};
  return big_endian(std::bit_cast<std::uint32_t>(single), 4);
}

Result<std::string> bcd_bytes(const Scaling& scaling, const JsonMember& value, std::size_t size) {
  const auto text = whole_of(value, scaling);
  if (!text) return text.error();
  if (text->front() == '-' || text->size() > 2 * size) {
    return Error{*text + " does not fit " + std::to_string(2 * size) + " decimal digits"};
  }
  return parse_hex(std::string(2 * size - text->size(), '0') + *text);
}

/// Padded with NUL, where reading stops.
Result<std::string> text_bytes(const ByteLayout& layout, const JsonMember& value) {
  std::string bytes{value.type == JsonType::string ? value.text : value.raw};
  if (layout.kind == Kind::hex) {
    auto parsed = parse_hex(bytes);
    if (!parsed) return parsed.error();
    bytes = *std::move(parsed);
  } else if (layout.kind == Kind::latin1) {
    auto encoded = in_charset(bytes, Charset::latin1);
    if (!encoded) return encoded.error();
    bytes = *std::move(encoded);
  }
  const auto size = size_of(layout);
  if (size && bytes.size() > *size) {
    return Error{in_quotes(value.text) + " is longer than " + std::to_string(*size) + " bytes"};
  }
  if (size && layout.kind == Kind::hex && bytes.size() != *size) {
    return Error{in_quotes(value.text) + " is not " + std::to_string(*size) + " bytes"};
  }
  if (size) bytes.resize(*size, '\0');
  return bytes;
}

}  // namespace

Result<std::string> encode_layout(const ByteLayout& layout, const Scaling& scaling,
                                  const JsonMember& value) {
  if (value.type == JsonType::null) return Error{"there is no value to send"};
  const std::size_t size = size_of(layout).value_or(1);
  Result<std::string> bytes = std::string{};
  switch (layout.kind) {
    case Kind::text:
    case Kind::latin1:
    case Kind::hex:
      return text_bytes(layout, value);
    case Kind::boolean: {
      const auto yes = parse_boolean(value.text);
      if (!yes) return Error{in_quotes(value.text) + " is not a boolean"};
      bytes = big_endian((*yes ? std::uint64_t{1} : 0U) << layout.first_bit, size);
      break;
    }
    case Kind::bcd:
      bytes = bcd_bytes(scaling, value, size);
      break;
    case Kind::real:
      bytes = real_bytes(scaling, value, size);
      break;
    case Kind::unsigned_integer:
    case Kind::signed_integer:
      bytes = integer_bytes(layout, scaling, value, size);
      break;
  }
  if (!bytes) return bytes.error();
  return in_big_endian(layout, *bytes);  // its own inverse
}

}  // namespace tbgw::convert
