// SPDX-License-Identifier: Apache-2.0
// Numbers from text, strictly: the whole text is the number, or there is an error that says what
// was expected.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.hpp"

namespace tbgw {

/// Decimal, optional '-', nothing else.
Result<std::int64_t> parse_integer(std::string_view text, std::int64_t least, std::int64_t most);
/// Decimal, or hexadecimal behind "0x" or "0X"; no sign, nothing else. nullopt: it is no such
/// number, or past 64 bits.
std::optional<std::uint64_t> parse_natural(std::string_view text);
/// Decimal with optional fraction and exponent; finite.
Result<double> parse_real(std::string_view text);
/// A number with a unit: "250us" is refused, "500ms", "1.5s", "2m", "1h", "1d", and a bare "0".
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// Bytes: "4096", "64K", "16M", "1G" (powers of 1024; a following "iB" or "B" is allowed).
Result<std::uint64_t> parse_size(std::string_view text);
/// Bytes written with C escapes: \n \r \t \0 \a \b \f \v \e \\ \" \xHH \OOO; the rest as is.
Result<std::string> parse_escapes(std::string_view text);
/// "0a1BFF", blanks and colons between bytes allowed.
Result<std::string> parse_hex(std::string_view text);
/// "1.5s", "20ms": the shortest form that parse_duration() reads back.
std::string format_duration(std::chrono::milliseconds duration);

}  // namespace tbgw
