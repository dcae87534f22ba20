// SPDX-License-Identifier: Apache-2.0
#include "convert/shape.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "convert/json_path.hpp"
#include "convert/shape_text.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<FoundValue>>;

constexpr std::size_t kMostValues = 60;    // of one message
constexpr std::size_t kMostRows = 50;      // of one record
constexpr std::size_t kMostElements = 4;   // of a list of values
constexpr std::size_t kMostBytes = 65536;  // of a record that is looked at closely

/// Whether a name can stand in ${…}.
bool is_path_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return word || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view{" _:-@/."}.find(c) != std::string_view::npos;
  });
}

void add_leaves(const Json& node, const std::string& name, const std::string& path,
                std::vector<FoundValue>& row) {
  if (row.size() >= kMostValues) return;
  if (node.is_object()) {
    for (const auto& [key, value] : node.items()) {
      if (!is_path_name(key)) continue;
      // At the top a member of the very name goes first; further in, a dot needs brackets.
      const bool plain = path.empty() || key.find_first_of(".:") == std::string::npos;
      const std::string step =
          plain ? (path.empty() ? "" : ".") + key : std::string{"['"} + key + "']";
      add_leaves(value, key, path + step, row);
    }
  } else if (node.is_array()) {
    for (std::size_t i = 0; i < node.size() && i < kMostElements; ++i) {
      const std::string index = std::to_string(i);
      add_leaves(node[i], name + index, path + "[" + index + "]", row);
    }
  } else if (!node.is_null()) {
    FoundValue value{name, "${" + path + "}", "", !node.is_string(), false};
    value.text = node.is_string() ? node.get<std::string>() : node.dump();
    row.push_back(std::move(value));
  }
}

Rows rows_of(const Json& list) {
  Rows rows;
  for (const Json& element : list) {
    if (rows.size() >= kMostRows) break;
    add_leaves(element, "", "", rows.emplace_back());
  }
  return rows;
}

bool is_list_of_objects(const Json& node) {
  return node.is_array() && !node.empty() &&
         std::all_of(node.begin(), node.end(), [](const Json& one) { return one.is_object(); });
}

/// The only member that is a list of objects, where nothing beside it is a number.
std::string list_in(const Json& object) {
  std::string found;
  for (const auto& [key, value] : object.items()) {
    if (value.is_number()) return "";
    if (!is_list_of_objects(value)) continue;
    if (!found.empty() || !is_path_name(key)) return "";
    found = key;
  }
  return found;
}

bool read_json(std::string_view bytes, Shape& shape) {
  JsonDocument document;
  if (!document.read(bytes)) return false;
  const Json json = Json::parse(bytes, nullptr, false);
  if (json.is_discarded()) return false;
  shape.id = "json";
  shape.matches = R"(^\s*[{\[])";
  if (is_list_of_objects(json)) {
    shape.rows = rows_of(json);
    return true;
  }
  if (!json.is_object() || json.empty()) return false;
  if (const std::string each = list_in(json); !each.empty()) {
    shape.id += " " + each;
    shape.settings = "each = " + toml_string(each) + "\n";
    shape.rows = rows_of(json[each]);
    return true;
  }
  add_leaves(json, "", "", shape.rows.emplace_back());
  return true;
}

bool is_printable(std::string_view bytes) {
  return is_utf8(bytes) && std::all_of(bytes.begin(), bytes.end(), [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 ? c != 0x7F
                                                        : c == '\t' || c == '\r' || c == '\n';
         });
}

}  // namespace

bool looks_numeric(std::string_view text) {
  return !text.empty() && text.size() < 40 && text.find_first_of("0123456789") < 3 &&
         static_cast<bool>(parse_real(text.front() == '+' ? text.substr(1) : text));
}

bool looks_whole(std::string_view text) {
  if (text.substr(0, 1) == "-") text.remove_prefix(1);
  return !text.empty() && text.size() < 20 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string toml_string(std::string_view text) {
  return json_string(text);
}

std::string regex_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view{R"(\^$.[]|()?*+{}#)"}.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

Shape shape_of(std::string_view bytes) {
  Shape shape;
  if (bytes.empty() || bytes.size() > kMostBytes || !is_printable(bytes)) {
    shape.binary = true;
    shape.id = "bytes " + std::to_string(bytes.size());
    shape.settings = "decode = \"bytes\"\nlength = " + std::to_string(bytes.size()) + "\n";
    return shape;
  }
  if (read_json(bytes, shape)) return shape;
  shape = {};
  if (read_pairs(bytes, shape) || read_columns(bytes, shape) || read_sentence(bytes, shape)) {
    return shape;
  }
  shape = {};
  shape.id = "text";
  shape.plain = true;
  shape.settings = "decode = \"text\"\n";
  return shape;
}

}  // namespace tbgw::convert
