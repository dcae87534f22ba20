// SPDX-License-Identifier: Apache-2.0
#include "core/config.hpp"

#include <cmath>
#include <utility>

#include "core/config_parse.hpp"
#include "core/fd.hpp"
#include "core/number.hpp"
#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw {
namespace {

bool ends_with(std::string_view text, std::string_view tail) {
  return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}

/// "/devices/0/port" → "devices[0].port", as people write it.
std::string readable(const std::string& pointer) {
  std::string out;
  std::size_t at = 0;
  while (at < pointer.size()) {
    const std::size_t stop = std::min(pointer.find('/', at + 1), pointer.size());
    std::string part = pointer.substr(at + 1, stop - at - 1);
    at = stop;
    if (!part.empty() && part.find_first_not_of("0123456789") == std::string::npos) {
      out += "[" + part + "]";
      continue;
    }
    for (const auto& [code, plain] : {std::pair{"~1", "/"}, std::pair{"~0", "~"}}) {
      for (std::size_t i = part.find(code); i != std::string::npos; i = part.find(code, i + 1)) {
        part.replace(i, 2, plain);
      }
    }
    out += (out.empty() ? "" : ".") + part;
  }
  return out;
}

}  // namespace

std::string ConfigFile::place(const std::string& pointer) const {
  for (std::string at = pointer;; at.erase(at.rfind('/'))) {
    if (const auto found = lines.find(at); found != lines.end()) {
      return name + ":" + std::to_string(found->second);
    }
    if (at.empty()) return name + ":1";
  }
}

std::shared_ptr<const ConfigFile> parse_config(const std::string& name, std::string_view text,
                                               bool toml) {
  return std::make_shared<const ConfigFile>(toml ? parse_toml(name, text) : parse_json(name, text));
}

std::shared_ptr<const ConfigFile> load_config(const std::string& path) {
  const std::string text = read_file(path);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  // A TOML file may start with a [table], never with "{"; a JSON list of tables is "[{" or "[\n".
  const bool looks_json = first != std::string::npos && text[first] == '{';
  const bool toml = ends_with(path, ".toml") || (!ends_with(path, ".json") && !looks_json);
  return parse_config(path == "-" ? "stdin" : path, text, toml);
}

ConfigTable::ConfigTable(std::shared_ptr<const ConfigFile> file)
    : file_(std::move(file)), node_(&file_->root) {
  if (!node_->is_object()) fail("must be a table of keys");
}

ConfigTable::ConfigTable(std::shared_ptr<const ConfigFile> file, const nlohmann::ordered_json* node,
                         std::string pointer)
    : file_(std::move(file)), node_(node), pointer_(std::move(pointer)) {
  if (!node_->is_object()) fail("must be a table of keys");
}

std::string ConfigTable::place() const {
  return file_->place(pointer_);
}

std::string ConfigTable::place(std::string_view key) const {
  return file_->place(pointer_ + "/" + escape_pointer(key));
}

void ConfigTable::fail(const std::string& text) const {
  const std::string path = readable(pointer_);
  throw Fatal(Status::config, place() + ": " + (path.empty() ? "" : path + ": ") + text);
}

void ConfigTable::fail(std::string_view key, const std::string& text) const {
  const std::string pointer = pointer_ + "/" + escape_pointer(key);
  throw Fatal(Status::config, file_->place(pointer) + ": " + readable(pointer) + ": " + text);
}

const nlohmann::ordered_json* ConfigTable::find(Keys keys, std::string* found) {
  const nlohmann::ordered_json* value = nullptr;
  for (const std::string_view key : keys) {
    known_.emplace(key);
    const auto at = node_->find(key);
    if (at == node_->end()) continue;
    if (value != nullptr) fail(key, "says the same as '" + *found + "': give only one of them");
    *found = key;
    value = &*at;
  }
  return value;
}

bool ConfigTable::has(Keys keys) {
  std::string key;
  return find(keys, &key) != nullptr;
}

const nlohmann::ordered_json* ConfigTable::value(Keys keys) {
  std::string key;
  return find(keys, &key);
}

std::optional<std::string> ConfigTable::text(Keys keys) {
  std::string key;
  const auto* value = find(keys, &key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) fail(key, "must be a text in quotes");
  return value->get<std::string>();
}

std::optional<std::int64_t> ConfigTable::integer(Keys keys, std::int64_t least, std::int64_t most) {
  std::string key;
  const auto* value = find(keys, &key);
  if (value == nullptr) return std::nullopt;
  const std::string range =
      "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most);
  if (!value->is_number_integer()) fail(key, range);
  const bool huge = value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX;
  if (huge || value->get<std::int64_t>() < least || value->get<std::int64_t>() > most) {
    fail(key, range);
  }
  return value->get<std::int64_t>();
}

std::optional<double> ConfigTable::real(Keys keys) {
  std::string key;
  const auto* value = find(keys, &key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number() || !std::isfinite(value->get<double>())) fail(key, "must be a number");
  return value->get<double>();
}

std::optional<bool> ConfigTable::boolean(Keys keys) {
  std::string key;
  const auto* value = find(keys, &key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) fail(key, "must be true or false");
  return value->get<bool>();
}

std::optional<std::chrono::milliseconds> ConfigTable::duration(Keys keys,
                                                               std::chrono::milliseconds unit) {
  std::string key;
  const auto* value = find(keys, &key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) {
    const auto parsed = parse_duration(value->get<std::string>());
    if (!parsed) fail(key, parsed.error().text);
    return *parsed;
  }
  const double ms =
      value->is_number() ? value->get<double>() * static_cast<double>(unit.count()) : -1;
  if (!(ms >= 0 && ms < 1e12)) fail(key, "must be a time: a number, or a text like \"500ms\"");
  return std::chrono::milliseconds{std::llround(ms)};
}

std::optional<std::uint64_t> ConfigTable::size(Keys keys) {
  std::string key;
  const auto* value = find(keys, &key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) {
    const auto parsed = parse_size(value->get<std::string>());
    if (!parsed) fail(key, parsed.error().text);
    return *parsed;
  }
  if (!value->is_number_integer() || *value < 0) fail(key, "must be a size: bytes, or \"64M\"");
  return value->get<std::uint64_t>();
}

std::optional<ConfigTable> ConfigTable::table(Keys keys) {
  std::string key;
  const auto* value = find(keys, &key);
  if (value == nullptr) return std::nullopt;
  return ConfigTable(file_, value, pointer_ + "/" + escape_pointer(key));
}

std::vector<ConfigTable> ConfigTable::tables(Keys keys) {
  std::string key;
  const auto* value = find(keys, &key);
  std::vector<ConfigTable> out;
  if (value == nullptr) return out;
  if (!value->is_array()) fail(key, "must be a list");
  for (std::size_t i = 0; i < value->size(); ++i) {
    out.push_back(ConfigTable(file_, &(*value)[i],
                              pointer_ + "/" + escape_pointer(key) + "/" + std::to_string(i)));
  }
  return out;
}

std::optional<std::vector<std::string>> ConfigTable::texts(Keys keys) {
  std::string key;
  const auto* value = find(keys, &key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return std::vector{value->get<std::string>()};
  if (!value->is_array()) fail(key, "must be a text or a list of texts");
  std::vector<std::string> out;
  for (const auto& element : *value) {
    if (!element.is_string()) fail(key, "must be a text or a list of texts");
    out.push_back(element.get<std::string>());
  }
  return out;
}

void ConfigTable::ignore(Keys keys) {
  for (const std::string_view key : keys)
    known_.emplace(key);
}

std::vector<std::string> ConfigTable::unknown() const {
  std::vector<std::string> out;
  const std::vector<std::string> candidates(known_.begin(), known_.end());
  for (const auto& [key, value] : node_->items()) {
    if (known_.find(key) != known_.end() || key.empty() || key[0] == '_') continue;
    const std::string near = nearest(key, candidates);
    out.push_back(place(key) + ": unknown key " + in_quotes(key) +
                  (near.empty() ? "" : " (did you mean " + in_quotes(near) + "?)"));
  }
  return out;
}

void ConfigTable::refuse_unknown() const {
  if (const auto names = unknown(); !names.empty()) throw Fatal(Status::config, names.front());
}

}  // namespace tbgw
