// SPDX-License-Identifier: Apache-2.0
// Calculating. Whole numbers stay whole as long as they fit 64 bits; what would overflow is a
// double.
#include "convert/expression.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "convert/decimal.hpp"
#include "convert/expression_node.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Node = Expression::Node;
using Kind = Node::Kind;

bool is_null(const Computed& value) {
  return value.is_null();
}

std::optional<std::int64_t> whole_of(const Computed& value) {
  if (const auto* whole = value.whole()) return *whole;
  if (const auto* yes = value.boolean()) return *yes;
  return std::nullopt;
}

std::optional<double> real_of(const Computed& value) {
  if (const auto* real = value.real()) return *real;
  if (const auto whole = whole_of(value)) return static_cast<double>(*whole);
  return std::nullopt;
}

Error not_for(std::string_view op, const Computed& left, const Computed& right) {
  return Error{std::string{op} + " cannot be done with " + in_quotes(text_of(left)) + " and " +
               in_quotes(text_of(right))};
}

/// -1, 0, 1; nullopt = they cannot be compared.
std::optional<int> compare(const Computed& left, const Computed& right) {
  const auto* a = left.text();
  const auto* b = right.text();
  if (a != nullptr && b != nullptr) return a->compare(*b) < 0 ? -1 : *a == *b ? 0 : 1;
  const auto i = whole_of(left);
  const auto j = whole_of(right);
  if (i && j) return *i < *j ? -1 : *i == *j ? 0 : 1;
  const auto x = real_of(left);
  const auto y = real_of(right);
  if (!x || !y) return std::nullopt;
  return *x < *y ? -1 : *x == *y ? 0 : 1;
}

std::optional<Computed> compared(std::string_view op, const Computed& left, const Computed& right) {
  const auto order = compare(left, right);
  const bool both_null = is_null(left) && is_null(right);
  if (op == "==") return Computed{both_null || order == 0};
  if (op == "!=") return Computed{!(both_null || order == 0)};
  if (op == "in" || op == "not in") {
    const auto* what = left.text();
    const auto* where = right.text();
    if (what == nullptr || where == nullptr) return std::nullopt;
    return Computed{(where->find(*what) != std::string::npos) == (op == "in")};
  }
  if (!order) return std::nullopt;
  if (op == "<") return Computed{*order < 0};
  if (op == ">") return Computed{*order > 0};
  if (op == "<=") return Computed{*order <= 0};
  if (op == ">=") return Computed{*order >= 0};
  return std::nullopt;
}

Result<Computed> divided(std::string_view op, std::int64_t a, std::int64_t b) {
  if (b == 0) return Error{"a division by zero"};
  if (op == "/") return Computed{static_cast<double>(a) / static_cast<double>(b)};
  if (b == -1) {  // the least number cannot be negated
    if (op == "%") return Computed{std::int64_t{0}};
    return a == std::numeric_limits<std::int64_t>::min() ? Computed{-static_cast<double>(a)}
                                                         : Computed{-a};
  }
  // Python's: toward minus infinity, the remainder has the sign of the divisor.
  const std::int64_t rest = a % b;
  const bool down = rest != 0 && (rest < 0) != (b < 0);
  if (op == "//") return Computed{a / b - (down ? 1 : 0)};
  return Computed{rest + (down ? b : 0)};
}

/// nullopt = it does not fit, or it is not for whole numbers.
std::optional<Result<Computed>> whole_arithmetic(std::string_view op, std::int64_t a,
                                                 std::int64_t b) {
  std::int64_t out = 0;
  if (op == "+" && !__builtin_add_overflow(a, b, &out)) return Computed{out};
  if (op == "-" && !__builtin_sub_overflow(a, b, &out)) return Computed{out};
  if (op == "*" && !__builtin_mul_overflow(a, b, &out)) return Computed{out};
  if (op == "/" || op == "//" || op == "%") return divided(op, a, b);
  if (op == "&") return Computed{a & b};
  if (op == "|") return Computed{a | b};
  if (op == "^") return Computed{a ^ b};
  if (op == "<<" || op == ">>") {
    if (b < 0 || b > 63) return Error{"a shift by " + std::to_string(b)};
    if (op == ">>") return Computed{a >> b};
    return Computed{static_cast<std::int64_t>(static_cast<std::uint64_t>(a) << b)};
  }
  if (op == "**" && b >= 0 && b < 64) {
    out = 1;
    for (std::int64_t i = 0; i < b; ++i) {
      if (__builtin_mul_overflow(out, a, &out)) return std::nullopt;
    }
    return Computed{out};
  }
  return std::nullopt;
}

Result<Computed> real_arithmetic(std::string_view op, double a, double b) {
  double out = 0;
  const bool division = op == "/" || op == "//" || op == "%";
  if (division && b == 0) return Error{"a division by zero"};
  if (op == "+") {
    out = a + b;
  } else if (op == "-") {
    out = a - b;
  } else if (op == "*") {
    out = a * b;
  } else if (op == "/") {
    out = a / b;
  } else if (op == "//") {
    out = std::floor(a / b);
  } else if (op == "%") {
    out = a - b * std::floor(a / b);
  } else if (op == "**") {
    out = std::pow(a, b);
  } else {
    return Error{std::string{op} + " is for whole numbers"};
  }
  if (!std::isfinite(out))
    return Error{"the result of " + std::string{op} + " is no finite number"};
  return Computed{out};
}

Result<Computed> arithmetic(std::string_view op, const Computed& left, const Computed& right) {
  if (is_null(left) || is_null(right)) return Computed{};
  const auto* a = left.text();
  const auto* b = right.text();
  if (a != nullptr || b != nullptr) {
    // Beside a text, + joins: 'ODBC ' + id, whatever id is.
    if (op != "+") return not_for(op, left, right);
    return Computed{text_of(left) + text_of(right)};
  }
  const auto i = whole_of(left);
  const auto j = whole_of(right);
  if (i && j) {
    if (const auto result = whole_arithmetic(op, *i, *j)) return *result;
  }
  const auto x = real_of(left);
  const auto y = real_of(right);
  if (!x || !y) return not_for(op, left, right);
  return real_arithmetic(op, *x, *y);
}

Result<Computed> negated(std::string_view op, const Computed& value) {
  if (op == "not") return Computed{!is_true(value)};
  if (is_null(value)) return Computed{};
  const auto whole = whole_of(value);
  if (op == "~") {
    if (!whole) return Error{"~ is for whole numbers"};
    return Computed{~*whole};
  }
  if (op == "-") return arithmetic("-", Computed{std::int64_t{0}}, value);
  return real_of(value) ? Result<Computed>{value} : not_for(op, value, value);
}

/// A position in a text of `size` bytes, as Python counts.
std::size_t position(const Computed& value, std::int64_t otherwise, std::size_t size) {
  const auto length = static_cast<std::int64_t>(size);
  const std::int64_t at = whole_of(value).value_or(otherwise);
  return static_cast<std::size_t>(std::clamp<std::int64_t>(at < 0 ? at + length : at, 0, length));
}

class Evaluator {
 public:
  Evaluator(const std::vector<JsonPath>& names, const Lookup& lookup)
      : names_(names), lookup_(lookup) {}

  Result<Computed> value(const Node& node) {
    switch (node.kind) {
      case Kind::constant:
        return node.value;
      case Kind::name: {
        const auto found = lookup_(names_[node.index]);
        return found ? computed_of(*found) : Computed{};
      }
      case Kind::both:
      case Kind::either: {
        auto first = value(*node.parts[0]);
        if (!first || is_true(*first) == (node.kind == Kind::either)) return first;
        return value(*node.parts[1]);
      }
      case Kind::conditional: {
        const auto condition = value(*node.parts[0]);
        if (!condition) return condition;
        return value(*node.parts[is_true(*condition) ? 1 : 2]);
      }
      default:
        return of_parts(node);
    }
  }

 private:
  Result<Computed> of_parts(const Node& node) {
    std::vector<Computed> parts;
    for (const NodePtr& part : node.parts) {
      auto done = value(*part);
      if (!done) return done;
      parts.push_back(*std::move(done));
    }
    switch (node.kind) {
      case Kind::unary:
        return negated(node.text, parts[0]);
      case Kind::call:
        return call_function(node.text, parts);
      case Kind::element:
      case Kind::piece:
        return piece(node, parts);
      default:
        break;
    }
    if (auto result = compared(node.text, parts[0], parts[1])) return *std::move(result);
    return arithmetic(node.text, parts[0], parts[1]);
  }

  static Result<Computed> piece(const Node& node, const std::vector<Computed>& parts) {
    if (is_null(parts[0])) return Computed{};
    const std::string text = text_of(parts[0]);
    const std::size_t from = position(parts[1], 0, text.size());
    if (node.kind == Kind::element) {
      if (from >= text.size()) return Computed{};
      return Computed{text.substr(from, 1)};
    }
    const std::size_t to = position(parts[2], static_cast<std::int64_t>(text.size()), text.size());
    return Computed{to > from ? text.substr(from, to - from) : std::string{}};
  }

  const std::vector<JsonPath>& names_;
  const Lookup& lookup_;
};

}  // namespace

bool is_true(const Computed& value) {
  if (const auto* text = value.text()) return !text->empty();
  return real_of(value).value_or(0) != 0;
}

std::string text_of(const Computed& value) {
  if (const auto* text = value.text()) return *text;
  std::string out;
  append_computed(out, value);
  return out;
}

void append_computed(std::string& out, const Computed& value) {
  if (const auto* text = value.text()) {
    if (is_utf8(*text)) {
      append_json_string(out, *text);
    } else {
      append_json_string(out, to_hex(*text));  // a slice can cut a character in two
    }
  } else if (const auto* whole = value.whole()) {
    out += std::to_string(*whole);
  } else if (const auto* real = value.real()) {
    append_double(out, *real);
  } else if (const auto* yes = value.boolean()) {
    out += *yes != 0 ? "true" : "false";
  } else {
    out += "null";
  }
}

Computed computed_of(const JsonMember& member) {
  switch (member.type) {
    case JsonType::null:
      return {};
    case JsonType::boolean:
      return member.raw == "true";
    case JsonType::number: {
      std::int64_t whole = 0;
      const char* end = member.raw.data() + member.raw.size();
      const auto read = std::from_chars(member.raw.data(), end, whole);
      if (read.ec == std::errc{} && read.ptr == end) return whole;
      double real = 0;
      std::from_chars(member.raw.data(), end, real);
      return real;
    }
    default:
      return std::string{member.text};
  }
}

Result<Computed> Expression::evaluate(const Lookup& names) const {
  return Evaluator(names_, names).value(*root_);
}

}  // namespace tbgw::convert
