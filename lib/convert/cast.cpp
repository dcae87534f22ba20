// SPDX-License-Identifier: Apache-2.0
#include "convert/cast.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "convert/decimal.hpp"
#include "convert/python_text.hpp"
#include "convert/value.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// A number as Python's float() reads it, of a text that JSON could not say: nan, inf, infinity.
bool is_no_number_of_json(std::string_view text) {
  std::string word = lower(strip(text));
  if (!word.empty() && (word.front() == '+' || word.front() == '-')) word.erase(0, 1);
  return word == "nan" || word == "inf" || word == "infinity";
}

std::string without_underscores(std::string_view text) {
  std::string out;
  const auto digit = [&](std::size_t i) {
    return i < text.size() && text[i] >= '0' && text[i] <= '9';
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_' || i == 0 || !digit(i - 1) || !digit(i + 1)) out += text[i];
  }
  return out;
}

void append_text(std::string& out, const JsonMember& value, bool compat) {
  if (value.type == JsonType::string) {
    append_json_string(out, value.text);
  } else {
    append_json_string(out, compat ? python_text(value.raw) : std::string{value.raw});
  }
}

/// The whole part of a decimal text without an exponent; "" if it has one.
std::string_view whole_part(std::string_view text) {
  if (text.find_first_of("eE") != std::string_view::npos) return {};
  return text.substr(0, text.find('.'));
}

/// A double cut off toward zero, written out.
Result<void> append_truncated(std::string& out, double value, bool any_size) {
  value = std::trunc(value);
  if (!any_size && std::fabs(value) >= 18446744073709551616.0) {
    return Error{"the number does not fit 64 bits"};
  }
  std::array<char, 400> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed).ptr;
  const std::string_view digits(text.data(), static_cast<std::size_t>(end - text.data()));
  out += digits == "-0" ? "0" : digits;
  return {};
}

Result<void> append_integer_of(std::string& out, std::string_view number, bool compat) {
  const std::string_view whole = whole_part(number);
  if (!compat && is_integer_text(whole)) return append_integer(out, whole);
  std::string plain;
  if (append_real(plain, number)) {
    if (const auto value = parse_real(plain)) return append_truncated(out, *value, compat);
  }
  return Error{in_quotes(number) + " is out of the range of a number"};
}

/// Numbers and texts that are numbers; nullopt = it is none.
std::optional<Result<void>> append_number(std::string& out, const JsonMember& value, Cast cast,
                                          bool compat) {
  std::string plain;
  std::string_view number = value.raw;
  if (value.type == JsonType::boolean) number = value.raw == "true" ? "1" : "0";
  if (value.type == JsonType::string) {
    number = strip(value.text);
    if (compat && number.find('_') != std::string_view::npos) {
      plain = without_underscores(number);
      number = plain;
    }
    std::string probe;
    if (is_no_number_of_json(number)) {
      // Python's int(float("nan")) is an error that the reference takes for "keep the text".
      const bool kept = compat && cast == Cast::integer && lower(number).ends_with("nan");
      if (kept) return std::nullopt;
      return Error{in_quotes(number) + " is no number that can be sent"};
    }
    if (!append_real(probe, number)) return std::nullopt;
  }
  if (cast == Cast::integer) return append_integer_of(out, number, compat);
  return append_real(out, number);
}

}  // namespace

Cast parse_cast(std::string_view type) {
  const std::string word = lower(type);
  if (word == "int" || word == "integer" || word == "long") return Cast::integer;
  if (word == "float" || word == "double") return Cast::real;
  if (word == "bool" || word == "boolean") return Cast::boolean;
  return word == "json" ? Cast::keep : Cast::text;
}

std::optional<bool> parse_boolean(std::string_view text) {
  constexpr std::array<std::string_view, 6> kYes{"y", "yes", "t", "true", "on", "1"};
  constexpr std::array<std::string_view, 6> kNo{"n", "no", "f", "false", "off", "0"};
  const std::string word = lower(text);
  if (std::find(kYes.begin(), kYes.end(), word) != kYes.end()) return true;
  if (std::find(kNo.begin(), kNo.end(), word) != kNo.end()) return false;
  return std::nullopt;
}

Result<void> append_cast(std::string& out, const JsonMember& value, Cast cast, bool compat) {
  const bool nested = value.type == JsonType::object || value.type == JsonType::array;
  switch (cast) {
    case Cast::keep:
      if (value.type == JsonType::string) {
        append_json_string(out, value.text);
      } else if (compat && nested) {
        append_text(out, value, compat);
      } else {
        out += value.raw;
      }
      return {};
    case Cast::integer:
    case Cast::real:
      if (nested && compat) return Error{"a number cannot be made of " + in_quotes(value.raw)};
      if (!nested && value.type != JsonType::null) {
        if (const auto done = append_number(out, value, cast, compat)) return *done;
      }
      break;
    case Cast::boolean:
      if (!nested) {
        if (const auto yes = parse_boolean(value.text)) {
          out += *yes ? "true" : "false";
          return {};
        }
      }
      break;
    case Cast::text:
      break;
  }
  append_text(out, value, compat);
  return {};
}

}  // namespace tbgw::convert
