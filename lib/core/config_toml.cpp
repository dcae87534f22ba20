// SPDX-License-Identifier: Apache-2.0
// TOML into the same tree as JSON, with the line of every value.
#include <toml++/toml.h>

#include <utility>

#include "core/config_parse.hpp"
#include "core/status.hpp"

namespace tbgw {
namespace {

using Json = nlohmann::ordered_json;
constexpr int kMaxConfigDepth = 32;

class Converter {
 public:
  explicit Converter(ConfigFile& file) : file_(file) {}

  Json convert(const toml::node& node, const std::string& pointer, int depth) {
    file_.lines[pointer] = static_cast<int>(node.source().begin.line);
    if (depth > kMaxConfigDepth) fail(pointer, "nested deeper than 32 levels");
    if (const auto* table = node.as_table()) return object(*table, pointer, depth);
    if (const auto* array = node.as_array()) {
      Json out = Json::array();
      for (const toml::node& element : *array) {
        out.push_back(convert(element, pointer + "/" + std::to_string(out.size()), depth + 1));
      }
      return out;
    }
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* integer = node.as_integer()) return integer->get();
    if (const auto* real = node.as_floating_point()) return real->get();
    if (const auto* boolean = node.as_boolean()) return boolean->get();
    fail(pointer, "dates and times must be texts in quotes");
  }

 private:
  /// toml++ sorts keys; people read them in the order of the file.
  Json object(const toml::table& table, const std::string& pointer, int depth) {
    std::vector<std::pair<toml::source_position, std::string>> order;
    for (const auto& [key, value] : table) {
      order.emplace_back(key.source().begin, std::string{key.str()});
    }
    std::sort(order.begin(), order.end());
    Json out = Json::object();
    for (const auto& [position, key] : order) {
      const std::string inner = pointer + "/" + escape_pointer(key);
      out[key] = convert(*table.get(key), inner, depth + 1);
      file_.lines[inner] = static_cast<int>(position.line);
    }
    return out;
  }

  [[noreturn]] void fail(const std::string& pointer, const std::string& text) const {
    throw Fatal(Status::config, file_.place(pointer) + ": " + text);
  }

  ConfigFile& file_;
};

}  // namespace

ConfigFile parse_toml(const std::string& name, std::string_view text) {
  ConfigFile file;
  file.name = name;
  file.toml = true;
  try {
    const toml::table table = toml::parse(text, name);
    file.root = Converter(file).convert(table, "", 0);
  } catch (const toml::parse_error& error) {
    throw Fatal(Status::config, name + ":" + std::to_string(error.source().begin.line) +
                                    ": not valid TOML: " + std::string{error.description()});
  }
  return file;
}

}  // namespace tbgw
