// SPDX-License-Identifier: Apache-2.0
#include "convert/python_text.hpp"

#include <nlohmann/json.hpp>

#include "convert/decimal.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Json = nlohmann::ordered_json;

/// repr() of a string: single quotes unless it holds some and no double ones.
void append_repr(std::string& out, const std::string& text) {
  const bool single = text.find('\'') == std::string::npos || text.find('"') != std::string::npos;
  const char quote = single ? '\'' : '"';
  out += quote;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == quote || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (code < 0x20 || code == 0x7F) {
      out += "\\x" + to_hex({&c, 1});
    } else {
      out += c;
    }
  }
  out += quote;
}

void append(std::string& out, const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      out += "None";
      return;
    case Json::value_t::boolean:
      out += value.get<bool>() ? "True" : "False";
      return;
    case Json::value_t::number_float:
      append_double(out, value.get<double>());
      return;
    case Json::value_t::string:
      append_repr(out, value.get_ref<const std::string&>());
      return;
    case Json::value_t::array:
    case Json::value_t::object:
      break;
    default:
      out += value.dump();
      return;  // whole numbers
  }
  const bool object = value.is_object();
  out += object ? '{' : '[';
  bool any = false;
  for (const auto& [key, element] : value.items()) {
    if (any) out += ", ";
    any = true;
    if (object) {
      append_repr(out, key);
      out += ": ";
    }
    append(out, element);
  }
  out += object ? '}' : ']';
}

}  // namespace

std::string python_text(std::string_view json) {
  const Json value = Json::parse(json, nullptr, false);
  // A number beyond a double is all that a checked text can fail with; Python's int has no limit.
  if (value.is_discarded()) return std::string{json};
  if (value.is_number_float() && json.find_first_of(".eE") == std::string_view::npos) {
    return std::string{json};
  }
  std::string out;
  append(out, value);
  return out;
}

}  // namespace tbgw::convert
