// SPDX-License-Identifier: Apache-2.0
#include "convert/payload.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cfloat>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <system_error>

#include "convert/decimal.hpp"
#include "convert/python_text.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

// The reference's words: dashboards may look for them.
constexpr std::string_view kNothing = "No data to send";

std::string in_order(std::string big_endian, bool little_endian) {
  if (little_endian) std::reverse(big_endian.begin(), big_endian.end());
  return big_endian;
}

std::string big_endian_bytes(std::uint64_t bits, std::size_t size) {
  std::string out;
  for (std::size_t i = size; i-- > 0;)
    out += static_cast<char>(bits >> (8U * i) & 0xFFU);
  return out;
}

/// The number a parameter is: a JSON number, or a text that is one.
bool is_numeric(const JsonMember& params, bool compat) {
  return params.type == JsonType::number || (params.type == JsonType::string && !compat);
}

template <class T>
bool read_whole(std::string_view text, T& value) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && stop == text.data() + text.size();
}

std::size_t unsigned_size(std::uint64_t value) {
  std::size_t size = 1;
  while ((value >>= 8U) != 0)
    ++size;
  return size;
}

/// The least number of bytes whose two's complement reaches down to `value` (negative).
std::size_t signed_size(std::int64_t value) {
  std::size_t size = 1;
  for (auto rest = static_cast<std::uint64_t>(~value) >> 7U; rest != 0; rest >>= 8U)
    ++size;
  return size;
}

Result<std::string> integer_bytes(const JsonMember& params, bool compat) {
  std::uint64_t bits = 0;
  std::int64_t negative = 0;
  if (params.type == JsonType::boolean) {
    bits = params.raw == "true" ? 1 : 0;
  } else if (is_numeric(params, compat) && read_whole(params.text, bits)) {
    // as it is
  } else if (is_numeric(params, compat) && read_whole(params.text, negative) && negative <= 0) {
    if (negative != 0) {
      if (compat) return Error{"can't convert negative int to unsigned"};
      return big_endian_bytes(static_cast<std::uint64_t>(negative), signed_size(negative));
    }
  } else {
    return Error{"params must be a whole number of at most 64 bits, is " + in_quotes(params.raw)};
  }
  if (bits == 0 && compat) return std::string{};
  return big_endian_bytes(bits, unsigned_size(bits));
}

Result<std::string> real_bytes(const JsonMember& params, bool compat) {
  const auto value = is_numeric(params, compat) ? parse_real(params.text)
                                                : Result<double>{Error{in_quotes(params.raw)}};
  if (!value) return Error{"params must be a number: " + value.error().text};
  if (std::fabs(*value) <= static_cast<double>(FLT_MAX)) {
    const auto single = static_cast<float>(*value);
    if (static_cast<double>(single) == *value) {
      return big_endian_bytes(std::bit_cast<std::uint32_t>(single), sizeof single);
    }
  }
  return big_endian_bytes(std::bit_cast<std::uint64_t>(*value), sizeof *value);
}

}  // namespace

Result<Payload> encode_params(ParamsType type, const JsonMember& params, bool little_endian,
                              bool compat) {
  if (params.type == JsonType::null) return Error{std::string{kNothing}};
  if (type == ParamsType::text) {
    if (compat && params.type != JsonType::string) return Error{"params must be a text"};
    if (params.text.empty()) return Error{std::string{kNothing}};
    return Payload{std::string{params.text}, false};
  }
  auto bytes =
      type == ParamsType::integer ? integer_bytes(params, compat) : real_bytes(params, compat);
  if (!bytes) return bytes.error();
  if (bytes->empty()) return Error{std::string{kNothing}};
  return Payload{in_order(*std::move(bytes), little_endian), true};
}

std::string value_as_text(const JsonMember& value, bool compat) {
  if (value.type == JsonType::string) return std::string{value.text};
  return compat ? python_text(value.raw) : std::string{value.raw};
}

}  // namespace tbgw::convert
