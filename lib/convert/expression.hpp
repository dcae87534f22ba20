// SPDX-License-Identifier: Apache-2.0
// A small expression language: numbers, texts, comparison, arithmetic, a handful of functions. It
// always ends, and it can do nothing but calculate. tbgw-map(5) is its manual. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "convert/json_path.hpp"
#include "core/json_view.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// A value while calculating; null is no value.
class Computed {
 public:
  Computed() = default;
  Computed(bool value) : type_(Type::boolean), whole_(value ? 1 : 0) {}
  Computed(std::int64_t value) : type_(Type::whole), whole_(value) {}
  Computed(double value) : type_(Type::real), real_(value) {}
  Computed(std::string value) : type_(Type::text), text_(std::move(value)) {}

  [[nodiscard]] bool is_null() const { return type_ == Type::null; }
  // nullptr = it is something else.
  [[nodiscard]] const std::int64_t* boolean() const {
    return type_ == Type::boolean ? &whole_ : nullptr;
  }
  [[nodiscard]] const std::int64_t* whole() const {
    return type_ == Type::whole ? &whole_ : nullptr;
  }
  [[nodiscard]] const double* real() const { return type_ == Type::real ? &real_ : nullptr; }
  [[nodiscard]] const std::string* text() const { return type_ == Type::text ? &text_ : nullptr; }

 private:
  enum class Type : std::uint8_t { null, boolean, whole, real, text };
  Type type_ = Type::null;
  std::int64_t whole_ = 0;
  double real_ = 0;
  std::string text_;
};

/// Where names get their values; nullopt = no such value.
using Lookup = std::function<std::optional<JsonMember>(const JsonPath&)>;

/// Compiled once. Immutable; copies share it.
class Expression {
 public:
  /// Errors name the column, from 1.
  static Result<Expression> compile(std::string_view text);

  /// Errors: texts in arithmetic, a division by zero, an overflow. A missing name is null, and null
  /// in arithmetic gives null.
  [[nodiscard]] Result<Computed> evaluate(const Lookup& names) const;

  [[nodiscard]] const std::string& text() const { return text_; }
  /// The names it looks up.
  [[nodiscard]] const std::vector<JsonPath>& names() const { return names_; }
  /// It is one bare name.
  [[nodiscard]] bool is_name() const;

  struct Node;

 private:
  Expression() = default;
  std::string text_;
  std::vector<JsonPath> names_;
  std::shared_ptr<const Node> root_;
};

/// What Python takes for true.
bool is_true(const Computed& value);
/// Appends the value as JSON; null as null. A double always has a point or an exponent.
void append_computed(std::string& out, const Computed& value);
/// The value as a text.
std::string text_of(const Computed& value);
/// What a value of a message is in an expression: numbers as numbers, texts as texts.
Computed computed_of(const JsonMember& member);

}  // namespace tbgw::convert
