// SPDX-License-Identifier: Apache-2.0
#include "report/aggregate.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>
#include <vector>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::report {
namespace {

constexpr std::array<std::pair<std::string_view, Function>, 7> kFunctions{{
    {"MIN", Function::least},
    {"MAX", Function::most},
    {"AVG", Function::average},
    {"SUM", Function::sum},
    {"COUNT", Function::count},
    {"LAST", Function::last},
    {"NONE", Function::none},
}};

/// The shortest text that is this double, with a point or an exponent.
std::string double_text(double value) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  std::string out(text.data(), end);
  if (out.find_first_of(".e") == std::string::npos) out += ".0";
  return out;
}

/// A whole number as JSON writes it, that 64 bits hold with or without sign.
bool read_whole(std::string_view text, Wide& value) {
  std::int64_t small = 0;
  std::uint64_t large = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, small);
      read.ec == std::errc{} && read.ptr == end) {
    value = small;
    return true;
  }
  const auto read = std::from_chars(text.data(), end, large);
  value = large;
  return read.ec == std::errc{} && read.ptr == end;
}

bool fits(Wide value) {
  return value >= INT64_MIN && value <= static_cast<Wide>(UINT64_MAX);
}

std::string whole_text(Wide value) {
  return value < 0 ? std::to_string(static_cast<std::int64_t>(value))
                   : std::to_string(static_cast<std::uint64_t>(value));
}

}  // namespace

Result<Function> parse_function(std::string_view text) {
  std::string wanted;
  for (const char c : text)
    wanted += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (const auto& [name, function] : kFunctions) {
    if (name == wanted) return function;
  }
  return Error{in_quotes(text) + " is no function (MIN, MAX, AVG, SUM, COUNT, LAST, NONE)"};
}

void Aggregate::add(std::string_view value, EpochMs ts) {
  const bool digits = !value.empty() && (value[0] == '-' || (value[0] >= '0' && value[0] <= '9'));
  const auto number = digits ? parse_real(value) : Result<double>{Error{}};
  // Wider than the values: the sum of 0.1 and 0.2 is 0.3.
  long double wide = 0;
  if (number) std::from_chars(value.data(), value.data() + value.size(), wide);
  Wide whole = 0;
  whole_ = whole_ && number && read_whole(value, whole) && fits(whole_sum_ + whole);
  numbers_ = numbers_ && number;
  if (number) {
    if (whole_) whole_sum_ += whole;
    sum_ += wide;
    if (least_text_.empty() || *number < least_) {
      least_ = *number;
      least_text_ = value;
    }
    if (most_text_.empty() || *number > most_) {
      most_ = *number;
      most_text_ = value;
    }
  }
  ++count_;
  last_.value = value;
  last_.ts = ts;
}

std::string Aggregate::result(Function function) const {
  if (function == Function::count) return std::to_string(count_);
  if (!numbers_ || function == Function::none || function == Function::last) return last_.value;
  if (function == Function::least) return least_text_;
  if (function == Function::most) return most_text_;
  if (function == Function::sum && whole_) return whole_text(whole_sum_);
  const long double total = whole_ ? static_cast<long double>(whole_sum_) : sum_;
  const auto value = static_cast<double>(
      function == Function::average ? total / static_cast<long double>(count_) : total);
  // Values near the largest double: their sum is none.
  return std::isfinite(value) ? double_text(value) : last_.value;
}

Sample Aggregate::finish(Function function) {
  Sample out{result(function), last_.ts};
  *this = {};
  return out;
}

}  // namespace tbgw::report
