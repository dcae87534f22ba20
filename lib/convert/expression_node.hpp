// SPDX-License-Identifier: Apache-2.0
// The tree an expression is compiled to. Only the parser and the evaluator include this.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "convert/expression.hpp"

namespace tbgw::convert {

struct Expression::Node {
  enum class Kind : std::uint8_t {
    constant,
    name,         ///< names()[index]
    unary,        ///< text: - + ~ not
    binary,       ///< text: the operator
    both,         ///< and: the first that is false, else the last
    either,       ///< or: the first that is true, else the last
    conditional,  ///< parts: condition, then, otherwise
    call,         ///< text: the function
    element,      ///< parts: text, position
    piece,        ///< parts: text, from, to
  };
  Kind kind = Kind::constant;
  Computed value;
  std::string text;
  std::size_t index = 0;
  std::vector<std::unique_ptr<Node>> parts;
};

using NodePtr = std::unique_ptr<Expression::Node>;

/// The functions, each with the least and the most number of arguments.
struct Function {
  std::string_view name;
  std::size_t least;
  std::size_t most;
};
/// nullptr = there is none of this name.
const Function* find_function(std::string_view name);
/// Names of all, for messages.
std::string function_names();

/// Calls a function with values; the numbers of arguments were checked.
Result<Computed> call_function(std::string_view name, const std::vector<Computed>& arguments);

}  // namespace tbgw::convert
