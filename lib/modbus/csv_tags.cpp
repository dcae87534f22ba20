// SPDX-License-Identifier: Apache-2.0
#include "modbus/csv_tags.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/status.hpp"
#include "core/text.hpp"
#include "modbus/tag_text.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void fail(const std::string& name, int line, const std::string& text) {
  throw Fatal(Status::config, name + ":" + std::to_string(line) + ": " + text);
}

struct Row {
  int line = 0;
  std::vector<std::string> fields;
};

/// Cuts the text into rows (RFC 4180: a quoted field may hold separators, newlines and "").
class Rows {
 public:
  Rows(const std::string& name, std::string_view text) : name_(name), rest_(text) {
    if (rest_.substr(0, 3) == "\xef\xbb\xbf") rest_.remove_prefix(3);
    const std::string_view head = rest_.substr(0, rest_.find('\n'));
    for (const char candidate : {';', '\t', ','}) {
      if (head.find(candidate) != std::string_view::npos) {
        separator_ = candidate;
        break;
      }
    }
  }

  /// The next row that is neither empty nor a comment.
  bool next(Row& row) {
    while (!rest_.empty()) {
      row = {line_, {}};
      const bool comment = rest_.front() == '#';
      take_row(row);
      const bool empty = std::all_of(row.fields.begin(), row.fields.end(),
                                     [](const std::string& field) { return field.empty(); });
      if (!comment && !empty) return true;
    }
    return false;
  }

 private:
  void take_row(Row& row) {
    for (bool more = true; more;) {
      row.fields.push_back(take_field());
      more = !rest_.empty() && rest_.front() == separator_;
      if (!rest_.empty() && !more) ++line_;
      if (!rest_.empty()) rest_.remove_prefix(1);
    }
  }

  /// Leaves the separator or newline that ends it.
  std::string take_field() {
    if (!rest_.empty() && rest_.front() == '"') return take_quoted();
    const std::size_t stop =
        std::min(rest_.find_first_of(std::string{'\n', separator_}), rest_.size());
    std::string field{rest_.substr(0, stop)};
    rest_.remove_prefix(stop);
    return stripped(field);
  }

  std::string take_quoted() {
    const int start = line_;
    std::string field;
    for (rest_.remove_prefix(1);; rest_.remove_prefix(1)) {
      if (rest_.empty()) fail(name_, start, "a quoted field has no end");
      if (rest_.front() == '"' && rest_.substr(1, 1) == "\"") {
        rest_.remove_prefix(1);
      } else if (rest_.front() == '"') {
        break;
      }
      if (rest_.front() == '\n') ++line_;
      field += rest_.front();
    }
    rest_.remove_prefix(1);
    const std::size_t stop =
        std::min(rest_.find_first_of(std::string{'\n', separator_}), rest_.size());
    if (!stripped(std::string{rest_.substr(0, stop)}).empty()) {
      fail(name_, line_, "text behind the closing quote of a field");
    }
    rest_.remove_prefix(stop);
    return field;
  }

  static std::string stripped(const std::string& text) {
    const std::size_t first = text.find_first_not_of(" \t\r");
    if (first == std::string::npos) return "";
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
  }

  const std::string& name_;
  std::string_view rest_;
  char separator_ = ',';
  int line_ = 1;
};

/// The keys of the columns; "" for a column without a name.
std::vector<std::string> columns_of(const std::string& name, const Row& head) {
  std::vector<std::string> keys;
  for (const std::string& title : head.fields) {
    const auto key = title.empty() ? std::string{} : key_named(title);
    if (!key) {
      const std::string near = nearest_key(title);
      fail(name, head.line,
           "unknown column " + in_quotes(title) +
               (near.empty() ? "" : " (did you mean " + in_quotes(near) + "?)"));
    }
    if (!key->empty() && std::find(keys.begin(), keys.end(), *key) != keys.end()) {
      fail(name, head.line, "column " + in_quotes(title) + " says the same as another one");
    }
    keys.push_back(*key);
  }
  return keys;
}

Json table_of_row(const std::string& name, const Row& row, const std::vector<std::string>& keys) {
  Json table = Json::object();
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if (row.fields[i].empty()) continue;
    if (i >= keys.size() || keys[i].empty()) {
      fail(name, row.line, "has a field without a column: " + in_quotes(row.fields[i]));
    }
    if (!is_utf8(row.fields[i])) fail(name, row.line, "is not UTF-8");
    const auto value = value_of_key(keys[i], row.fields[i]);
    if (!value) fail(name, row.line, value.error().text);
    table[keys[i]] = *value;
  }
  return table;
}

}  // namespace

std::shared_ptr<const ConfigFile> parse_csv(const std::string& name, std::string_view text) {
  auto file = std::make_shared<ConfigFile>();
  file->name = name;
  file->root = {{"tags", Json::array()}};
  Rows rows(name, text);
  Row row;
  if (!rows.next(row)) fail(name, 1, "is empty: the first line must name the columns");
  const auto keys = columns_of(name, row);
  Json& tags = file->root["tags"];
  while (rows.next(row)) {
    file->lines["/tags/" + std::to_string(tags.size())] = row.line;
    tags.push_back(table_of_row(name, row, keys));
  }
  return file;
}

}  // namespace tbgw::modbus
