// SPDX-License-Identifier: Apache-2.0
#include "core/number.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <system_error>

#include "core/text.hpp"

namespace tbgw {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array<Unit, 5> kTimeUnits{
    {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}}};

constexpr double kLongest = 3650.0 * 86400000;  // ten years: nothing of ours waits longer

/// The digits in front of a unit: a decimal number without sign or exponent.
std::string_view leading_number(std::string_view text) {
  return text.substr(0, text.find_first_not_of("0123456789."));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Result<std::int64_t> parse_integer(std::string_view text, std::int64_t least, std::int64_t most) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::invalid_argument || stop != end) {
    return Error{in_quotes(text) + " is not a whole number"};
  }
  if (error != std::errc{} || value < least || value > most) {
    return Error{in_quotes(text) + " is not between " + std::to_string(least) + " and " +
                 std::to_string(most)};
  }
  return value;
}

std::optional<std::uint64_t> parse_natural(std::string_view text) {
  const std::string_view mark = text.substr(0, 2);
  const bool hexadecimal = mark == "0x" || mark == "0X";
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

Result<double> parse_real(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  // from_chars also takes "inf" and "nan": the first character decides.
  const bool numeric = text.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (!numeric || error == std::errc::invalid_argument || stop != end) {
    return Error{in_quotes(text) + " is not a number"};
  }
  if (error != std::errc{} || !std::isfinite(value)) {
    return Error{in_quotes(text) + " is out of range"};
  }
  return value;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return std::chrono::milliseconds{0};
  const std::string_view digits = leading_number(text);
  const std::string_view unit = text.substr(digits.size());
  const auto amount = parse_real(digits);
  for (const Unit& known : kTimeUnits) {
    if (unit != known.name || !amount) continue;
    const double ms = *amount * known.factor;
    if (ms > kLongest) return Error{in_quotes(text) + " is too long (at most 3650d)"};
    const std::int64_t whole = std::llround(ms);
    // 66974.604 * 1000 misses its whole number by the binary fraction, not by the writer's will.
    if (std::abs(ms - static_cast<double>(whole)) > 1e-4) {
      return Error{in_quotes(text) + " is not a whole number of milliseconds"};
    }
    return std::chrono::milliseconds{whole};
  }
  return Error{in_quotes(text) + " is not a duration (a number with ms, s, m, h or d, like 500ms)"};
}

Result<std::uint64_t> parse_size(std::string_view text) {
  const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
  std::string_view unit = text.substr(digits.size());
  const auto amount = parse_integer(digits, 0, INT64_MAX);
  unsigned shift = 0;
  bool good = amount.has_value();
  if (good && !unit.empty() && unit != "B") {
    constexpr std::string_view kPrefixes = "KMGT";
    const std::size_t prefix = kPrefixes.find(unit.front());
    const std::string_view rest = unit.substr(1);
    good = prefix != std::string_view::npos && (rest.empty() || rest == "B" || rest == "iB");
    shift = 10 * (static_cast<unsigned>(prefix & 3U) + 1);
  }
  if (!good) return Error{in_quotes(text) + " is not a size (a number with K, M or G, like 64M)"};
  const auto value = static_cast<std::uint64_t>(*amount);
  if (value > (static_cast<std::uint64_t>(INT64_MAX) >> shift)) {
    return Error{in_quotes(text) + " is too large"};
  }
  return value << shift;
}

namespace {

/// One escape: text[i] is the character behind the backslash. Moves i to its last character.
Result<char> parse_escape(std::string_view text, std::size_t& i) {
  constexpr std::string_view kNames = "nrtabfve\\\"'";
  constexpr std::string_view kBytes = "\n\r\t\a\b\f\v\x1b\\\"'";
  const char c = text[i];
  if (const std::size_t at = kNames.find(c); at != std::string_view::npos) return kBytes[at];
  int value = 0;
  if (c == 'x') {
    if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) {
      return Error{in_quotes(text) + ": \\x needs two hexadecimal digits"};
    }
    value = hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]);
    i += 2;
    return static_cast<char>(value);
  }
  if (c < '0' || c > '7') {
    return Error{in_quotes(text) + ": unknown escape \\" + std::string(1, c)};
  }
  std::size_t used = 0;
  for (; used < 3 && i + used < text.size() && text[i + used] >= '0' && text[i + used] <= '7';
       ++used) {
    value = value * 8 + (text[i + used] - '0');
  }
  if (value > 255) return Error{in_quotes(text) + ": an octal escape is at most \\377"};
  i += used - 1;
  return static_cast<char>(value);
}

}  // namespace

Result<std::string> parse_escapes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (++i == text.size()) return Error{in_quotes(text) + " ends in a backslash"};
    const auto byte = parse_escape(text, i);
    if (!byte) return byte.error();
    out += *byte;
  }
  return out;
}

Result<std::string> parse_hex(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == ':') continue;
    const int high = hex_digit(text[i]);
    const int low = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
    if (high < 0 || low < 0)
      return Error{in_quotes(text) + " is not hexadecimal (pairs of 0-9 a-f)"};
    out += static_cast<char>(high * 16 + low);
    ++i;
  }
  return out;
}

std::string format_duration(std::chrono::milliseconds duration) {
  const std::int64_t ms = duration.count();
  if (ms == 0) return "0s";
  for (std::size_t i = kTimeUnits.size(); i-- > 1;) {
    const auto factor = static_cast<std::int64_t>(kTimeUnits[i].factor);
    if (ms % factor == 0) return std::to_string(ms / factor) + std::string{kTimeUnits[i].name};
  }
  if (ms < 1000) return std::to_string(ms) + "ms";
  std::string text = std::to_string(ms % 1000 + 1000).substr(1);
  text.erase(text.find_last_not_of('0') + 1);
  return std::to_string(ms / 1000) + "." + text + "s";
}

}  // namespace tbgw
