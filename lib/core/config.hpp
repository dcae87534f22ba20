// SPDX-License-Identifier: Apache-2.0
// Configuration files, TOML or JSON with the same keys, read so that every error has its
// file:line and every key that nobody asked for is named.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tbgw {

/// A parsed file. Places are kept by JSON pointer ("/devices/0/port").
struct ConfigFile {
  std::string name;
  nlohmann::ordered_json root;
  std::map<std::string, int> lines;
  bool toml = false;

  /// "file:line" of a value; the nearest enclosing value we have a line for.
  [[nodiscard]] std::string place(const std::string& pointer) const;
};

/// Reads and parses. `.toml` is TOML, `.json` is JSON, otherwise a text that starts with '{' or '['
/// is JSON. Fatal 66/77 (cannot read), 78 (syntax, duplicate key, depth over 32; with file:line).
std::shared_ptr<const ConfigFile> load_config(const std::string& path);
/// The same for text already in memory; never touches the disk.
std::shared_ptr<const ConfigFile> parse_config(const std::string& name, std::string_view text,
                                               bool toml);

/// One table of a file, read key by key. Every getter takes all spellings of a key (the first is
/// ours, named in messages) and remembers them as known; two spellings at once are an error.
/// A wrong type or range throws Fatal 78: "file:12: devices[0].baudrate: must be …".
class ConfigTable {
 public:
  using Keys = std::initializer_list<std::string_view>;

  explicit ConfigTable(std::shared_ptr<const ConfigFile> file);

  [[nodiscard]] bool has(Keys keys);
  std::optional<std::string> text(Keys keys);
  std::optional<std::int64_t> integer(Keys keys, std::int64_t least, std::int64_t most);
  std::optional<double> real(Keys keys);
  std::optional<bool> boolean(Keys keys);
  /// A duration: text with a unit ("500ms") or a bare number in `unit`.
  std::optional<std::chrono::milliseconds> duration(Keys keys, std::chrono::milliseconds unit);
  std::optional<std::uint64_t> size(Keys keys);
  std::optional<ConfigTable> table(Keys keys);
  /// A list of tables; absent = empty.
  std::vector<ConfigTable> tables(Keys keys);
  /// A list of texts; a single text is a list of one; absent = nullopt.
  std::optional<std::vector<std::string>> texts(Keys keys);
  /// Any value, for what has a shape of its own; nullptr if absent.
  const nlohmann::ordered_json* value(Keys keys);

  /// Keys that are understood as the reference's but have no effect here: known, not read.
  void ignore(Keys keys);
  /// The keys nobody asked for: "file:7: unknown key 'baudrat' (did you mean 'baudrate'?)". Keys
  /// that start with '_' are comments. Call after all getters.
  [[nodiscard]] std::vector<std::string> unknown() const;
  /// Fatal 78 with the first of unknown(), if any.
  void refuse_unknown() const;

  /// Throws Fatal 78 "file:line: path: text" for this table, or for one key of it.
  [[noreturn]] void fail(const std::string& text) const;
  [[noreturn]] void fail(std::string_view key, const std::string& text) const;
  /// "file:line" of this table.
  [[nodiscard]] std::string place() const;
  /// "file:line" of a key of it.
  [[nodiscard]] std::string place(std::string_view key) const;
  [[nodiscard]] const ConfigFile& file() const { return *file_; }
  [[nodiscard]] const nlohmann::ordered_json& json() const { return *node_; }

 private:
  ConfigTable(std::shared_ptr<const ConfigFile> file, const nlohmann::ordered_json* node,
              std::string pointer);
  const nlohmann::ordered_json* find(Keys keys, std::string* found);

  std::shared_ptr<const ConfigFile> file_;
  const nlohmann::ordered_json* node_;
  std::string pointer_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace tbgw
