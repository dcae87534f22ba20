// SPDX-License-Identifier: Apache-2.0
// library: convert
// An expression on the first line, a JSON message on the rest: whatever they are, the parser and
// the evaluator end, and what is calculated is one valid JSON value.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "convert/expression.hpp"
#include "convert/json_path.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tbgw::convert;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const auto expression = Expression::compile(text.substr(0, end));
  if (!expression) return 0;
  JsonDocument document;
  static_cast<void>(document.read(text.substr(std::min(end + 1, text.size()))));
  const auto value =
      expression->evaluate([&](const JsonPath& path) { return document.find(path); });
  if (!value) return 0;
  std::string out;
  append_computed(out, *value);
  JsonDocument result;
  if (!result.read(out)) std::abort();
  return 0;
}
