// SPDX-License-Identifier: Apache-2.0
// The functions of expressions.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "convert/cast.hpp"
#include "convert/expression_node.hpp"
#include "convert/value.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr std::array<Function, 22> kFunctions{{
    {"abs", 1, 1},        {"bool", 1, 1},  {"ceil", 1, 1}, {"exists", 1, 1},  {"first", 1, 32},
    {"float", 1, 1},      {"floor", 1, 1}, {"hex", 1, 1},  {"int", 1, 2},     {"len", 1, 1},
    {"lower", 1, 1},      {"max", 1, 32},  {"min", 1, 32}, {"missing", 1, 1}, {"replace", 3, 3},
    {"round", 1, 2},      {"sqrt", 1, 1},  {"str", 1, 1},  {"strip", 1, 1},   {"upper", 1, 1},
    {"startswith", 2, 2}, {"trunc", 1, 1},
}};

bool is_null(const Computed& value) {
  return value.is_null();
}

/// The number a value is, texts included.
Result<double> number_of(const Computed& value) {
  if (const auto* whole = value.whole()) return static_cast<double>(*whole);
  if (const auto* real = value.real()) return *real;
  if (const auto* yes = value.boolean()) return static_cast<double>(*yes);
  const std::string* text = value.text();
  if (text == nullptr) return Error{"there is no value"};
  std::string_view number = strip(*text);
  if (number.size() > 1 && number[0] == '+' && number[1] != '-') number.remove_prefix(1);
  return parse_real(number);
}

Computed as_whole_if_it_fits(double value) {
  if (std::fabs(value) < 9e18) return static_cast<std::int64_t>(value);
  return value;
}

Result<Computed> to_int(const std::vector<Computed>& arguments) {
  const auto* text = arguments[0].text();
  if (arguments.size() == 2) {
    const auto* base = arguments[1].whole();
    if (text == nullptr || base == nullptr || *base < 2 || *base > 36) {
      return Error{"int(text, base): the base is a number from 2 to 36"};
    }
    std::string_view digits = strip(*text);
    if (*base == 16 && (digits.substr(0, 2) == "0x" || digits.substr(0, 2) == "0X")) {
      digits.remove_prefix(2);
    }
    std::int64_t out = 0;
    const auto read =
        std::from_chars(digits.data(), digits.data() + digits.size(), out, static_cast<int>(*base));
    if (read.ec == std::errc{} && read.ptr == digits.data() + digits.size()) return Computed{out};
    return Error{in_quotes(*text) + " is no whole number of base " + std::to_string(*base)};
  }
  if (arguments[0].whole() != nullptr) return arguments[0];
  if (text != nullptr) {
    if (const auto whole = parse_integer(strip(*text), INT64_MIN, INT64_MAX)) {
      return Computed{*whole};
    }
  }
  const auto number = number_of(arguments[0]);
  if (!number) return number.error();
  return as_whole_if_it_fits(std::trunc(*number));
}

Result<Computed> to_bool(const Computed& value) {
  const auto* text = value.text();
  if (text == nullptr) return Computed{is_true(value)};
  const auto yes = parse_boolean(strip(*text));
  return Computed{yes.value_or(!text->empty())};
}

Result<Computed> rounded(std::string_view name, const std::vector<Computed>& arguments) {
  const auto number = number_of(arguments[0]);
  if (!number) return number.error();
  if (name == "floor") return as_whole_if_it_fits(std::floor(*number));
  if (name == "ceil") return as_whole_if_it_fits(std::ceil(*number));
  if (name == "trunc") return as_whole_if_it_fits(std::trunc(*number));
  if (arguments.size() == 1) return as_whole_if_it_fits(std::round(*number));
  const auto* places = arguments[1].whole();
  if (places == nullptr || *places < 0 || *places > 15) {
    return Error{"round(number, places): places is a number from 0 to 15"};
  }
  // By its decimal text: 2.675 is rounded as it is written.
  std::array<char, 400> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), *number,
                                 std::chars_format::fixed, static_cast<int>(*places))
                       .ptr;
  const auto out = parse_real({text.data(), static_cast<std::size_t>(end - text.data())});
  if (!out) return out.error();
  return Computed{*out};
}

Result<Computed> extreme(bool most, const std::vector<Computed>& arguments) {
  Computed out;
  double best = 0;
  for (const Computed& argument : arguments) {
    if (is_null(argument)) continue;
    const auto number = number_of(argument);
    if (!number) return number.error();
    if (!is_null(out) && (most ? *number <= best : *number >= best)) continue;
    best = *number;
    out = argument;
  }
  return out;
}

std::string in_case(std::string text, bool upper) {
  for (char& c : text) {
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    if (!upper && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return text;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  constexpr std::size_t kLongest = std::size_t{1} << 18U;
  if (what.empty()) return text;
  for (std::size_t at = text.find(what); at != std::string::npos && text.size() < kLongest;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

Result<Computed> of_text(std::string_view name, const std::vector<Computed>& arguments) {
  std::string text = text_of(arguments[0]);
  if (name == "len") return Computed{static_cast<std::int64_t>(text.size())};
  if (name == "lower") return Computed{in_case(std::move(text), false)};
  if (name == "upper") return Computed{in_case(std::move(text), true)};
  if (name == "strip") return Computed{std::string{strip(text)}};
  if (name == "startswith") {
    const std::string start = text_of(arguments[1]);
    return Computed{text.compare(0, start.size(), start) == 0};
  }
  if (name == "replace") {
    return Computed{replaced(std::move(text), text_of(arguments[1]), text_of(arguments[2]))};
  }
  return Computed{std::move(text)};  // str
}

Result<Computed> of_number(std::string_view name, const Computed& value) {
  if (name == "abs") {
    const auto* whole = value.whole();
    if (whole != nullptr && *whole != INT64_MIN) return Computed{*whole < 0 ? -*whole : *whole};
  }
  if (name == "hex") {
    const auto* whole = value.whole();
    if (whole == nullptr || *whole < 0) return Error{"hex() is for whole numbers from 0"};
    std::array<char, 20> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), *whole, 16).ptr;
    return Computed{std::string{text.data(), end}};
  }
  const auto number = number_of(value);
  if (!number) return number.error();
  if (name == "abs") return Computed{std::fabs(*number)};
  if (name == "sqrt") {
    if (*number < 0) return Error{"the square root of a negative number"};
    return Computed{std::sqrt(*number)};
  }
  return Computed{*number};  // float
}

}  // namespace

const Function* find_function(std::string_view name) {
  const auto found = std::find_if(kFunctions.begin(), kFunctions.end(),
                                  [&](const Function& known) { return known.name == name; });
  return found == kFunctions.end() ? nullptr : &*found;
}

std::string function_names() {
  std::string out;
  for (const Function& function : kFunctions) {
    out += (out.empty() ? "" : ", ") + std::string{function.name};
  }
  return out;
}

Result<Computed> call_function(std::string_view name, const std::vector<Computed>& arguments) {
  if (name == "exists") return Computed{!is_null(arguments[0])};
  if (name == "missing") return Computed{is_null(arguments[0])};
  if (name == "first") {
    const auto found = std::find_if_not(arguments.begin(), arguments.end(), is_null);
    return found == arguments.end() ? Computed{} : *found;
  }
  if (name == "min" || name == "max") return extreme(name == "max", arguments);
  if (is_null(arguments[0])) return Computed{};
  if (name == "int") return to_int(arguments);
  if (name == "bool") return to_bool(arguments[0]);
  if (name == "round" || name == "floor" || name == "ceil" || name == "trunc") {
    return rounded(name, arguments);
  }
  if (name == "float" || name == "abs" || name == "sqrt" || name == "hex") {
    return of_number(name, arguments[0]);
  }
  return of_text(name, arguments);
}

}  // namespace tbgw::convert
