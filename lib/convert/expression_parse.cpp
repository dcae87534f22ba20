// SPDX-License-Identifier: Apache-2.0
// The grammar of expressions: Python's, as far as it goes. Precedence climbs.
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "convert/expression.hpp"
#include "convert/expression_node.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Node = Expression::Node;
using Kind = Node::Kind;

constexpr int kDeepest = 60;            // of nesting: the tree is walked by recursion
constexpr std::size_t kLongest = 2000;  // characters
constexpr int kComparison = 3;

struct Operator {
  std::string_view text;
  int level;
};
// Longer spellings first. Level 0 binds least.
constexpr std::array<Operator, 24> kOperators{
    {{"not in", 3}, {"==", 3}, {"!=", 3}, {"<=", 3},  {">=", 3}, {"<<", 7}, {">>", 7}, {"//", 9},
     {"**", 11},    {"&&", 1}, {"||", 0}, {"and", 1}, {"or", 0}, {"in", 3}, {"<", 3},  {">", 3},
     {"|", 4},      {"^", 5},  {"&", 6},  {"+", 8},   {"-", 8},  {"*", 9},  {"/", 9},  {"%", 9}}};

bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_word(char c) {
  return is_word_start(c) || (c >= '0' && c <= '9');
}

class Parser {
 public:
  Parser(std::string_view text, std::vector<JsonPath>& names) : text_(text), names_(names) {}

  Result<NodePtr> run() {
    if (text_.size() > kLongest) return Error{"the expression is longer than 2000 characters"};
    NodePtr root = conditional();
    skip_space();
    if (root && at_ < text_.size()) fail("does not belong here");
    if (!problem_.empty()) return Error{problem_};
    return root;
  }

 private:
  NodePtr fail(const std::string& what) {
    if (!problem_.empty()) return nullptr;
    problem_ = "column " + std::to_string(at_ + 1) + " of " + in_quotes(text_) + ": ";
    problem_ += at_ < text_.size() ? in_quotes(text_.substr(at_, 12)) + " " + what
                                   : "the expression ends too early";
    return nullptr;
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }

  bool take(std::string_view token) {
    skip_space();
    if (text_.substr(at_, token.size()) != token) return false;
    const std::size_t end = at_ + token.size();
    if (is_word(token.back()) && end < text_.size() && is_word(text_[end])) return false;
    at_ = end;
    return true;
  }

  static NodePtr node(Kind kind, std::string text = "") {
    auto out = std::make_unique<Node>();
    out->kind = kind;
    out->text = std::move(text);
    return out;
  }
  template <class... Parts>
  static NodePtr with_parts(NodePtr to, Parts&&... parts) {
    (to->parts.push_back(std::forward<Parts>(parts)), ...);
    return to;
  }

  /// a if c else b; c ? a : b
  NodePtr conditional() {
    if (++depth_ > kDeepest) return fail("is nested too deep");
    NodePtr first = binary(0);
    if (first && take("if")) {
      NodePtr condition = binary(0);
      if (!condition || !take("else")) return fail("must be: else");
      NodePtr otherwise = conditional();
      if (!otherwise) return nullptr;
      first = with_parts(node(Kind::conditional), std::move(condition), std::move(first),
                         std::move(otherwise));
    } else if (first && take("?")) {
      NodePtr then = conditional();
      if (!then || !take(":")) return fail("must be: :");
      NodePtr otherwise = conditional();
      if (!otherwise) return nullptr;
      first = with_parts(node(Kind::conditional), std::move(first), std::move(then),
                         std::move(otherwise));
    }
    --depth_;
    return first;
  }

  const Operator* next_operator(int least) {
    skip_space();
    const std::size_t start = at_;
    for (const Operator& candidate : kOperators) {
      if (candidate.level < least || !take(candidate.text)) continue;
      // The first half of an operator that binds less than what is wanted here.
      const bool half = candidate.text.size() == 1 &&
                        std::string_view{"&|*/"}.find(candidate.text[0]) != std::string_view::npos;
      if (half && text_.substr(at_, 1) == candidate.text) break;
      return &candidate;
    }
    at_ = start;
    return nullptr;
  }

  NodePtr binary(int least) {
    NodePtr left = unary();
    bool compared = false;
    while (left) {
      if (take_is(left)) continue;
      const Operator* op = next_operator(least);
      if (op == nullptr) break;
      // Python means a < b and b < c by a < b < c; others do not.
      if (compared && op->level == kComparison) return fail("follows a comparison: use and");
      compared = op->level == kComparison;
      // A power binds to the right, everything else to the left.
      if (++depth_ > kDeepest) return fail("is nested too deep");
      NodePtr right = op->text == "**" ? binary(op->level) : binary(op->level + 1);
      --depth_;
      if (!right) return nullptr;
      const Kind kind = op->level == 1 ? Kind::both : op->level == 0 ? Kind::either : Kind::binary;
      left = with_parts(node(kind, std::string{op->text}), std::move(left), std::move(right));
      if (++length_ > kLongest) return fail("is too long");
    }
    return left;
  }

  /// "x is None", "x is not None"
  bool take_is(NodePtr& left) {
    const std::size_t start = at_;
    if (!take("is")) return false;
    const bool negative = take("not");
    if (!take("None") && !take("null")) {
      at_ = start;
      return false;
    }
    left = with_parts(node(Kind::call, negative ? "exists" : "missing"), std::move(left));
    return true;
  }

  NodePtr unary() {
    if (++depth_ > kDeepest) return fail("is nested too deep");
    NodePtr out;
    skip_space();
    for (const std::string_view op : {"-", "+", "~", "not", "!"}) {
      if (op == "!" && text_.substr(at_, 2) == "!=") continue;
      if (!take(op)) continue;
      NodePtr of = op == "not" ? binary(3) : binary(10);
      if (of)
        out = with_parts(node(Kind::unary, op == "!" ? "not" : std::string{op}), std::move(of));
      --depth_;
      return out;
    }
    out = primary();
    while (out && text_.substr(at_, 1) == "[" && out->kind != Kind::name)
      out = subscript(std::move(out));
    --depth_;
    return out;
  }

  NodePtr primary() {
    skip_space();
    if (at_ >= text_.size()) return fail("");
    const char c = text_[at_];
    if (take("(")) {
      NodePtr inside = conditional();
      if (inside && !take(")")) return fail("must be: )");
      return inside;
    }
    if (c == '"' || c == '\'') return text_literal(c);
    if ((c >= '0' && c <= '9') || c == '.') return number();
    if (text_.substr(at_, 2) == "${") return placeholder();
    if (c == '[') return first_of_list();
    if (is_word_start(c)) return word();
    return fail("does not belong here");
  }

  NodePtr text_literal(char quote) {
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c == 'n') c = '\n';
        if (c == 'r') c = '\r';
        if (c == 't') c = '\t';
      }
      value += c;
    }
    if (at_ >= text_.size()) return fail("");
    ++at_;
    NodePtr out = node(Kind::constant);
    out->value = std::move(value);
    return out;
  }

  NodePtr number() {
    NodePtr out = node(Kind::constant);
    const std::string_view rest = text_.substr(at_);
    int base = 10;
    if (rest.substr(0, 2) == "0x" || rest.substr(0, 2) == "0X") base = 16;
    if (rest.substr(0, 2) == "0b" || rest.substr(0, 2) == "0B") base = 2;
    const char* start = rest.data() + (base == 10 ? 0 : 2);
    const char* end = rest.data() + rest.size();
    std::int64_t whole = 0;
    auto result = std::from_chars(start, end, whole, base);
    const bool real = base == 10 && result.ptr < end &&
                      (*result.ptr == '.' || *result.ptr == 'e' || *result.ptr == 'E');
    if (real || result.ec != std::errc{}) {
      double value = 0;
      const auto read = std::from_chars(start, end, value);
      if (base != 10 || read.ec != std::errc{}) return fail("is no number");
      result.ptr = read.ptr;
      out->value = value;
    } else {
      out->value = whole;
    }
    at_ += static_cast<std::size_t>(result.ptr - rest.data());
    if (at_ < text_.size() && is_word(text_[at_])) return fail("is no number");
    return out;
  }

  NodePtr named(std::string_view path_text) {
    auto path = parse_json_path(path_text);
    if (!path) return fail(path.error().text);
    NodePtr out = node(Kind::name);
    out->index = names_.size();
    names_.push_back(*std::move(path));
    return out;
  }

  NodePtr placeholder() {
    const std::size_t close = text_.find('}', at_);
    if (close == std::string_view::npos) return fail("has no }");
    NodePtr out = named(text_.substr(at_ + 2, close - at_ - 2));
    at_ = close + 1;
    return out;
  }

  /// A constant, a function, or a name with its path: a.b[1].c
  NodePtr word() {
    const std::size_t start = at_;
    while (at_ < text_.size() && is_word(text_[at_]))
      ++at_;
    const std::string_view name = text_.substr(start, at_ - start);
    if (name == "True" || name == "true" || name == "False" || name == "false") {
      NodePtr out = node(Kind::constant);
      out->value = name == "True" || name == "true";
      return out;
    }
    if (name == "None" || name == "null") return node(Kind::constant);
    std::size_t end = at_;
    if (take("(")) return call(name, start);
    while (end < text_.size() && (text_[end] == '.' || text_[end] == '[')) {
      const std::size_t close = text_[end] == '[' ? text_.find(']', end) : end;
      if (close == std::string_view::npos) break;
      const std::string_view inside = text_.substr(end + 1, close > end ? close - end - 1 : 0);
      // [i] of a list is a place; a calculated position, or a slice of a text, is an operation.
      if (text_[end] == '[' &&
          (inside.empty() || inside.find_first_not_of("0123456789-") != std::string_view::npos)) {
        break;
      }
      end = close + 1;
      while (end < text_.size() && is_word(text_[end]))
        ++end;
    }
    at_ = end;
    return named(text_.substr(start, end - start));
  }

  NodePtr call(std::string_view name, std::size_t start) {
    const Function* function = find_function(name);
    if (function == nullptr) {
      at_ = start;
      return fail("is no function (there are " + function_names() + ")");
    }
    NodePtr out = node(Kind::call, std::string{name});
    while (!take(")")) {
      if (!out->parts.empty() && !take(",")) return fail("must be: , or )");
      NodePtr argument = conditional();
      if (!argument) return nullptr;
      out->parts.push_back(std::move(argument));
    }
    if (out->parts.size() >= function->least && out->parts.size() <= function->most) return out;
    at_ = start;
    return fail("has " + std::to_string(out->parts.size()) + " arguments, which are too " +
                (out->parts.size() < function->least ? "few" : "many"));
  }

  /// [i for i in [a, b] if i is not None][0]: the first that there is. The idiom of the
  /// reference's ODBC sample, and all of Python's lists that makes sense here.
  NodePtr first_of_list() {
    take("[");
    skip_space();
    const std::size_t name_start = at_;
    while (at_ < text_.size() && is_word(text_[at_]))
      ++at_;
    const std::string name{text_.substr(name_start, at_ - name_start)};
    if (name.empty() || !take("for") || !take(name) || !take("in") || !take("[")) {
      at_ = name_start;
      return fail("is a list, which is not known here: use first(a, b, …)");
    }
    NodePtr out = node(Kind::call, "first");
    do {
      NodePtr element = conditional();
      if (!element) return nullptr;
      out->parts.push_back(std::move(element));
    } while (take(","));
    const bool rest = take("]") && take("if") && take(name) && take("is") && take("not") &&
                      take("None") && take("]") && take("[") && take("0") && take("]");
    return rest ? std::move(out) : fail("is a list, which is not known here: use first(a, b, …)");
  }

  /// text[i], text[from:to]
  NodePtr subscript(NodePtr of) {
    take("[");
    NodePtr from = take(":") ? nullptr : conditional();
    const bool open_start = !from;
    if (!problem_.empty()) return nullptr;
    if (!open_start && take("]")) {
      return with_parts(node(Kind::element), std::move(of), std::move(from));
    }
    if (!open_start && !take(":")) return fail("must be: ] or :");
    const bool closed = take("]");
    NodePtr to = closed ? node(Kind::constant) : conditional();
    if (!to) return nullptr;
    if (!closed && !take("]")) return fail("must be: ]");
    if (open_start) {
      from = node(Kind::constant);
      from->value = std::int64_t{0};
    }
    return with_parts(node(Kind::piece), std::move(of), std::move(from), std::move(to));
  }

  std::string_view text_;
  std::vector<JsonPath>& names_;
  std::size_t at_ = 0;
  std::size_t length_ = 0;
  int depth_ = 0;
  std::string problem_;
};

}  // namespace

Result<Expression> Expression::compile(std::string_view text) {
  Expression out;
  out.text_ = text;
  auto root = Parser(out.text_, out.names_).run();
  if (!root) return root.error();
  out.root_ = *std::move(root);
  return out;
}

bool Expression::is_name() const {
  return root_->kind == Kind::name;
}

}  // namespace tbgw::convert
