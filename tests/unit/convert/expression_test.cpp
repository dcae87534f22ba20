// SPDX-License-Identifier: Apache-2.0
#include "convert/expression.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "convert/json_path.hpp"

namespace tbgw::convert {
namespace {

/// The JSON of the result, or the error.
std::string result_of(std::string_view text) {
  static JsonDocument document;
  EXPECT_TRUE(document.read(
      R"({"a":7,"b":2.5,"s":"abc","t":true,"n":null,"o":{"p":[1,{"q":9}]},"big":9007199254740993})"));
  const auto expression = Expression::compile(text);
  if (!expression) return expression.error().text;
  const auto value =
      expression->evaluate([&](const JsonPath& path) { return document.find(path); });
  if (!value) return "error: " + value.error().text;
  std::string out;
  append_computed(out, *value);
  return out;
}

TEST(Expression, CalculatesAsPythonDoes) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"1 + 2 * 3", "7"},
      {"(1 + 2) * 3", "9"},
      {"7 / 2", "3.5"},
      {"7 // 2", "3"},
      {"-7 // 2", "-4"},
      {"-7 % 3", "2"},
      {"2 ** 10", "1024"},
      {"-2 ** 2", "-4"},
      {"2 ** 3 ** 2", "512"},
      {"1 << 4 | 3", "19"},
      {"6 & 3 == 2", "true"},
      {"~5", "-6"},
      {"0xff + 0b101", "260"},
      {"a + b", "9.5"},
      {"big", "9007199254740993"},
      {"big + 1", "9007199254740994"},
      {"'x' + a", "\"x7\""},
      {"a > 5 and b < 3", "true"},
      {"not a", "false"},
      {"a == 7 or missing(a)", "true"},
      {"a if t else b", "7"},
      {"n == null", "true"},
      {"n is None", "true"},
      {"a is not None", "true"},
      {"a is not None and t", "true"},
      {"n ? 1 : 2", "2"},
      {"o.p[1].q", "9"},
      {"${o.p[0]} * 2", "2"},
      {"'b' in s", "true"},
      {"'z' not in s", "true"},
      {"s == \"abc\"", "true"},
      {"nothing + 1", "null"},
      {"first(nothing, n, 3)", "3"},
      {"[i for i in [n, a] if i is not None][0]", "7"},
      {"9223372036854775807 + 1", "9.223372036854776e+18"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(result_of(text), expected) << text;
}

TEST(Expression, FunctionsDoWhatTheyAreCalled) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"round(2.5)", "3"},
      {"round(229.8499, 1)", "229.8"},
      {"round(b, 1)", "2.5"},
      {"floor(-1.5)", "-2"},
      {"ceil(1.2)", "2"},
      {"trunc(-1.9)", "-1"},
      {"int('12')", "12"},
      {"int('ff', 16)", "255"},
      {"int(3.9)", "3"},
      {"float('1.5')", "1.5"},
      {"str(1.5)", "\"1.5\""},
      {"bool('off')", "false"},
      {"abs(-3)", "3"},
      {"sqrt(9)", "3.0"},
      {"min(3, 1, 2)", "1"},
      {"max(a, b)", "7"},
      {"len(s)", "3"},
      {"upper(s)", "\"ABC\""},
      {"strip('  x ')", "\"x\""},
      {"replace(s, 'b', '-')", "\"a-c\""},
      {"hex(255)", "\"ff\""},
      {"startswith(s, 'ab')", "true"},
      {"upper(s)[0:2]", "\"AB\""},
      {"upper(s)[-1]", "\"C\""},
      {"exists(n)", "false"},
      {"abs(nothing)", "null"},
  };
  for (const auto& [text, expected] : cases)
    EXPECT_EQ(result_of(text), expected) << text;
}

TEST(Expression, ErrorsNameTheColumnOrTheCause) {
  EXPECT_EQ(result_of("1 +"), "column 4 of '1 +': the expression ends too early");
  EXPECT_EQ(result_of("a b"), "column 3 of 'a b': 'b' does not belong here");
  EXPECT_EQ(result_of("1 < a < 3"), "column 8 of '1 < a < 3': ' 3' follows a comparison: use and");
  EXPECT_EQ(result_of("(1").substr(0, 9), "column 3 ");
  EXPECT_EQ(result_of("exec('x')").substr(0, 58),
            "column 1 of 'exec('x')': 'exec('x')' is no function (there");
  EXPECT_EQ(result_of("round()"),
            "column 1 of 'round()': 'round()' has 0 arguments, which are too few");
  EXPECT_EQ(result_of("1 / 0"), "error: a division by zero");
  EXPECT_EQ(result_of("s * 2"), "error: * cannot be done with 'abc' and '2'");
  EXPECT_EQ(result_of("10.0 ** 400"), "error: the result of ** is no finite number");
  EXPECT_EQ(result_of("1 << 64"), "error: a shift by 64");
}

TEST(Expression, NestingAndLengthHaveAnEnd) {
  EXPECT_NE(result_of(std::string(500, '(') + "1" + std::string(500, ')')).find("nested too deep"),
            std::string::npos);
  EXPECT_NE(result_of(std::string(5000, '-') + "1").find("longer than 2000"), std::string::npos);
  std::string sum = "1";
  for (int i = 0; i < 400; ++i)
    sum += "+1";
  EXPECT_EQ(result_of(sum), "401");
}

}  // namespace
}  // namespace tbgw::convert
