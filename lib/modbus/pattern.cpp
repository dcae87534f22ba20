// SPDX-License-Identifier: Apache-2.0
#include "modbus/pattern.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace tbgw::modbus {
namespace {

constexpr unsigned kHalfBias = 15;
constexpr unsigned kHalfDigits = 10;  // of the fraction

std::uint16_t swapped(std::uint16_t word) {
  return static_cast<std::uint16_t>((word << 8U) | (word >> 8U));
}

/// Bit position p of the reference's list over coils: each byte starts with its last coil.
std::size_t reversed_in_byte(std::size_t p) {
  return p / 8 * 8 + 7 - p % 8;
}

double half_from(std::uint64_t pattern) {
  const unsigned exponent = static_cast<unsigned>(pattern >> kHalfDigits) & 0x1fU;
  const auto fraction = static_cast<double>(pattern & 0x3ffU);
  double value = 0;
  if (exponent == 0x1f) {
    value = fraction != 0 ? NAN : HUGE_VAL;
  } else if (exponent == 0) {
    value = std::ldexp(fraction, -24);
  } else {
    value = std::ldexp(fraction + 1024, static_cast<int>(exponent) - 25);
  }
  return (pattern & 0x8000U) != 0 ? -value : value;
}

/// The nearest binary16, halves to even, of a finite double.
std::optional<std::uint64_t> half_pattern(double value) {
  const std::uint64_t sign = std::signbit(value) ? 0x8000U : 0;
  const double size = std::fabs(value);
  if (size == 0) return sign;
  int exponent = std::max(std::ilogb(size), 1 - static_cast<int>(kHalfBias));
  // In units of the last place; nearbyint() rounds halves to even.
  double units = std::nearbyint(std::ldexp(size, static_cast<int>(kHalfDigits) - exponent));
  if (units >= 2048) {
    units /= 2;
    ++exponent;
  }
  if (exponent > static_cast<int>(kHalfBias)) return std::nullopt;
  const auto digits = static_cast<std::uint64_t>(units);
  const auto biased = static_cast<std::uint64_t>(exponent + static_cast<int>(kHalfBias) - 1);
  return sign | ((biased << kHalfDigits) + digits);  // 1024 of the digits carries into the exponent
}

template <class To, class From>
To bits_as(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to{};
  std::memcpy(&to, &from, sizeof to);
  return to;
}

}  // namespace

std::vector<std::uint16_t> ordered(Cells registers, Order order) {
  std::vector<std::uint16_t> out(registers.begin(), registers.end());
  if (order.little_words) std::reverse(out.begin(), out.end());
  if (order.little_bytes) std::transform(out.begin(), out.end(), out.begin(), swapped);
  return out;
}

std::uint64_t pattern_of(Cells registers, Type type, Order order) {
  if (type.width == 16) return order.little_bytes ? swapped(registers[0]) : registers[0];
  const std::size_t count = registers_of(type);
  std::uint64_t pattern = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint16_t word = registers[order.little_words ? count - 1 - i : i];
    pattern = (pattern << 16U) | (order.little_bytes ? swapped(word) : word);
  }
  if (type.width == 8) return type.half == Half::low ? pattern & 0xffU : pattern >> 8U;
  if (type.width == 24) return pattern & 0xffffffU;
  return pattern;
}

std::vector<std::uint16_t> registers_from(std::uint64_t pattern, Type type, Order order) {
  if (type.width == 8 && type.half != Half::low) pattern <<= 8U;
  std::vector<std::uint16_t> words(registers_of(type));
  for (std::size_t i = words.size(); i-- > 0; pattern >>= 16U)
    words[i] = static_cast<std::uint16_t>(pattern & 0xffffU);
  // Words are reversed before their bytes are swapped on reading; the two commute.
  return ordered(words, order);
}

std::uint64_t coil_pattern(Cells coils, const Tag& tag) {
  const std::size_t width = tag.type.width;
  const std::size_t count = std::min(coils.size(), width);
  std::uint64_t pattern = 0;
  if (!tag.compat) {
    for (std::size_t i = 0; i < count; ++i)
      pattern |= std::uint64_t{coils[i] != 0} << i;
    return pattern;
  }
  std::vector<std::uint16_t> words(registers_of(tag.type));
  for (std::size_t i = 0; i < count; ++i) {
    if (coils[i] != 0) words[i / 16] |= static_cast<std::uint16_t>(0x8000U >> i % 16);
  }
  return pattern_of(words, tag.type, tag.order);
}

std::vector<std::uint16_t> coils_from(std::uint64_t pattern, const Tag& tag) {
  const std::size_t width = tag.type.width;
  const std::size_t count = tag.count == 0 ? width : std::min<std::size_t>(tag.count, width);
  std::vector<std::uint16_t> coils(count);
  const auto words = registers_from(pattern, tag.type, tag.order);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t bit =
        tag.compat ? words[i / 16] & (0x8000U >> i % 16) : (pattern >> i) & 1U;
    coils[i] = bit != 0 ? 1 : 0;
  }
  return coils;
}

std::size_t list_size(const Tag& tag) {
  const std::size_t values = tag.values;
  if (!tag.compat || values <= 16) return values;
  return is_bits(tag.table()) ? std::min<std::size_t>(16, values - 16) : 16;
}

std::optional<std::size_t> bit_position(const Tag& tag, std::size_t i) {
  if (!tag.compat) return i;
  const std::size_t size = list_size(tag);
  if (!is_bits(tag.table())) {
    // The end of b8 … b15, b0 … b7.
    return (16 - size + i + 8) % 16;
  }
  if (tag.values == 1) return 0;
  // The end of c7 … c0, or of c7 … c0, c15 … c8.
  const std::size_t read = tag.values > 8 ? 16 : 8;
  const std::size_t coil = reversed_in_byte(read - size + i);
  if (coil >= tag.values) return std::nullopt;
  return coil;
}

double real_from(std::uint64_t pattern, unsigned width) {
  if (width == 16) return half_from(pattern);
  if (width == 32) return double{bits_as<float>(static_cast<std::uint32_t>(pattern))};
  return bits_as<double>(pattern);
}

std::optional<std::uint64_t> real_pattern(const Decimal& value, unsigned width) {
  if (width == 32) {
    // Straight from the decimal: by way of a double it could be rounded twice.
    std::string text;
    append_text(text, value, false);
    float number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    static_cast<void>(stop);
    if (error == std::errc::result_out_of_range && std::fabs(to_double(value)) > 1) {
      return std::nullopt;
    }
    return bits_as<std::uint32_t>(number);
  }
  const double number = to_double(value);
  if (!std::isfinite(number)) return std::nullopt;
  return width == 16 ? half_pattern(number) : bits_as<std::uint64_t>(number);
}

}  // namespace tbgw::modbus
