// SPDX-License-Identifier: Apache-2.0
#include "convert/shape_text.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <string>

#include "convert/value.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Row = std::vector<FoundValue>;

constexpr std::size_t kMostColumns = 60;
constexpr std::size_t kMostLines = 50;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t end = text.find(separator);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + separator.size());
  }
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (std::string_view line : split(text, "\n")) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!strip(line).empty()) out.push_back(line);
  }
  return out;
}

FoundValue value_of(std::string_view name, std::string_view text) {
  return {std::string{name}, "${" + std::string{name} + "}", std::string{text}, false, false};
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == ' ' || c == '-' || c == '.';
         });
}

/// A number, or a word: not "21.5 C", of which the number is wanted.
bool is_bare(std::string_view value) {
  return looks_numeric(value) || value.find_first_of("0123456789") == std::string_view::npos;
}

std::optional<Row> pairs_in(std::string_view text, std::string_view separator,
                            std::string_view assign) {
  Row row;
  std::size_t bare = 0;
  for (const std::string_view piece : split(text, separator)) {
    if (strip(piece).empty()) continue;
    const std::size_t sign = piece.find(assign);
    if (sign == std::string_view::npos || row.size() >= kMostColumns) return std::nullopt;
    const std::string_view name = strip(piece.substr(0, sign));
    const std::string_view value = strip(piece.substr(sign + assign.size()));
    if (!is_name(name)) return std::nullopt;
    if (is_bare(value)) ++bare;
    if (!value.empty()) row.push_back(value_of(name, value));
  }
  if (row.empty() || bare * 2 < row.size() || bare == 0) return std::nullopt;
  return row;
}

std::string class_without(std::string_view separator) {
  return "[^" + regex_escape(separator) + "=\\n]*";
}

}  // namespace

bool read_pairs(std::string_view text, Shape& shape) {
  constexpr std::array<std::string_view, 7> kSeparators{";", ",", "&", "|", "\t", "\n", " "};
  for (const std::string_view assign : {"=", ":"}) {
    std::string_view best;
    Row row;
    for (const std::string_view separator : kSeparators) {
      auto found = pairs_in(strip(text), separator, assign);
      if (!found || found->size() <= row.size()) continue;
      best = separator;
      row = *std::move(found);
    }
    if (row.empty()) continue;
    // Alone, it is the same with any separator.
    shape.id = std::string{"pairs "}.append(assign).append(row.size() > 1 ? best : "");
    shape.settings = "decode = \"pairs\"\n";
    if (best != ";") shape.settings += "separator = " + toml_string(best) + "\n";
    if (assign != "=") shape.settings += "assign = " + toml_string(assign) + "\n";
    shape.matches = R"(^\s*[A-Za-z_][\w .-]*)" + std::string{assign};
    shape.rows.push_back(std::move(row));
    return true;
  }
  return false;
}

namespace {

struct Table {
  std::string_view separator;
  std::vector<std::vector<std::string_view>> cells;
};

std::optional<Table> table_in(const std::vector<std::string_view>& lines,
                              std::string_view separator) {
  Table table{separator, {}};
  bool numbers = false;
  for (const std::string_view line : lines) {
    auto& cells = table.cells.emplace_back();
    for (const std::string_view cell : split(line, separator))
      cells.push_back(strip(cell));
    if (cells.size() < 2 || cells.size() > kMostColumns ||
        cells.size() != table.cells.front().size()) {
      return std::nullopt;
    }
    numbers = numbers || std::any_of(cells.begin(), cells.end(), looks_numeric);
  }
  return numbers ? std::optional{std::move(table)} : std::nullopt;
}

/// The first of several lines is nothing but names.
bool has_header(const Table& table) {
  if (table.cells.size() < 2) return false;
  std::set<std::string_view> seen;
  return std::all_of(table.cells.front().begin(), table.cells.front().end(), [&](const auto& cell) {
    return !looks_numeric(cell) && is_name(cell) && seen.insert(cell).second;
  });
}

void describe(const Table& table, Shape& shape) {
  const std::size_t columns = table.cells.front().size();
  const std::string_view first = table.cells.front().front();
  // A sentence of NMEA and its like: what the columns are depends on the first.
  const bool tagged = !first.empty() && (first.front() == '$' || first.front() == '!');
  shape.id = std::string{"columns "}.append(table.separator).append(std::to_string(columns));
  if (tagged) shape.id += std::string{" "}.append(first);
  const std::string cell = class_without(table.separator);
  shape.matches = tagged ? "^" + regex_escape(first) + regex_escape(table.separator)
                         : R"(^(?!\s*[{\[$!]))" + cell + "(" + regex_escape(table.separator) +
                               cell + "){" + std::to_string(columns - 1) + R"(}\s*(\n|$))";
  // A carriage return between columns is no end of a line.
  const bool pieces = table.separator == "\r";
  shape.settings = pieces ? "decode = \"pieces\"\n" : "decode = \"csv\"\n";
  if (table.separator != ",") {
    shape.settings += "separator = " + toml_string(table.separator) + "\n";
  }
}

}  // namespace

bool read_columns(std::string_view text, Shape& shape) {
  constexpr std::array<std::string_view, 5> kSeparators{";", "\t", ",", "|", "\r"};
  const auto lines = lines_of(text);
  std::optional<Table> best;
  for (const std::string_view separator : kSeparators) {
    auto table = table_in(lines, separator);
    if (table && (!best || table->cells.front().size() > best->cells.front().size())) best = table;
  }
  if (!best) return false;
  describe(*best, shape);
  const bool header = has_header(*best);
  std::vector<std::string> names;
  std::string list;
  for (std::size_t i = 0; i < best->cells.front().size(); ++i) {
    names.push_back(header ? std::string{best->cells.front()[i]} : "c" + std::to_string(i + 1));
    list += (i > 0 ? ", " : "") + toml_string(names.back());
  }
  shape.id += header ? " header" : "";
  if (!header) shape.settings += "columns = [" + list + "]\n";
  for (std::size_t i = header ? 1 : 0; i < best->cells.size() && i < kMostLines; ++i) {
    Row& row = shape.rows.emplace_back();
    for (std::size_t k = 0; k < best->cells[i].size(); ++k) {
      if (!best->cells[i][k].empty()) row.push_back(value_of(names[k], best->cells[i][k]));
    }
  }
  return true;
}

namespace {

/// Goes through a text and makes a regular expression with a group for each number.
class Sentence {
 public:
  explicit Sentence(std::string_view text) : text_(text) {}

  bool read(Shape& shape) {
    while (at_ < text_.size() && row_.size() < kMostColumns) {
      if (!time() && !number() && !blanks()) literal();
    }
    if (row_.empty() || at_ < text_.size()) return false;
    shape.id = "text " + pattern_;
    shape.matches = pattern_;
    shape.settings = "decode = \"regex\"\npattern = " + toml_string(pattern_) + "\n";
    shape.rows.push_back(std::move(row_));
    return true;
  }

 private:
  [[nodiscard]] char at(std::size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
  [[nodiscard]] std::size_t digits(std::size_t from) const {
    std::size_t end = from;
    while (is_digit(at(end)))
      ++end;
    return end - from;
  }

  /// 2026-11-24 10:00, with or without seconds.
  bool time() {
    constexpr std::string_view kForm = "0000-00-00?00:00";
    if (at_ > 0 && is_digit(at(at_ - 1))) return false;
    std::size_t end = at_;
    for (const char form : kForm) {
      const char c = at(end++);
      const bool good = form == '0' ? is_digit(c) : form == '?' ? c == 'T' || c == ' ' : c == form;
      if (!good) return false;
    }
    if (at(end) == ':' && digits(end + 1) == 2) end += 3;
    if (at(end) == '.') end += 1 + digits(end + 1);
    if (at(end) == 'Z') ++end;
    add("time", R"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?)", end, false);
    return true;
  }

  bool number() {
    std::size_t end = at_;
    const char before = at_ > 0 ? at(at_ - 1) : ' ';
    if (is_letter(before) || is_digit(before) || before == '.') return false;
    const bool is_signed = at(end) == '-' || at(end) == '+';
    if (is_signed) ++end;
    const std::size_t behind_sign = end;
    while (is_signed && at(end) == ' ')
      ++end;
    const bool blanks = end > behind_sign;
    const std::size_t whole = digits(end);
    if (whole == 0) return false;
    end += whole;
    if (at(end) == '.' && digits(end + 1) > 0) end += 1 + digits(end + 1);
    add(name_at(end), blanks ? R"([-+]? *\d+(?:\.\d+)?)" : R"([-+]?\d+(?:\.\d+)?)", end, blanks);
    return true;
  }

  /// The word before, else the word behind.
  [[nodiscard]] std::string name_at(std::size_t end) const {
    std::size_t to = at_;
    while (to > 0 && std::string_view{" :=\t"}.find(at(to - 1)) != std::string_view::npos)
      --to;
    std::size_t from = to;
    while (from > 0 && (is_letter(at(from - 1)) || (from < to && is_digit(at(from - 1)))))
      --from;
    std::string name{text_.substr(from, to - from)};
    while (!name.empty() && is_digit(name.front()))
      name.erase(0, 1);
    if (name.empty()) {
      while (at(end) == ' ')
        ++end;
      while (is_letter(at(end)))
        name += at(end++);
    }
    return name.empty() || name.size() > 30 ? "value" : name;
  }

  void add(std::string name, std::string_view group, std::size_t end, bool blanks) {
    const std::string base = name;
    for (int i = 2; !names_.insert(name).second; ++i)
      name = base + std::to_string(i);
    pattern_.append("(?<").append(name).append(">").append(group).append(")");
    FoundValue value = value_of(name, text_.substr(at_, end - at_));
    value.blanks = blanks;
    row_.push_back(std::move(value));
    at_ = end;
  }

  bool blanks() {
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           (at(at_) == ' ' || at(at_) == '\t' || at(at_) == '\r' || at(at_) == '\n'))
      ++at_;
    if (at_ == start) return false;
    pattern_ += at_ == text_.size() || start == 0 ? R"(\s*)" : R"(\s+)";
    return true;
  }

  void literal() {
    pattern_ += regex_escape(text_.substr(at_, 1));
    ++at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::string pattern_;
  std::set<std::string> names_;
  Row row_;
};

}  // namespace

bool read_sentence(std::string_view text, Shape& shape) {
  constexpr std::size_t kLongest = 400;
  return text.size() <= kLongest && Sentence(text).read(shape);
}

}  // namespace tbgw::convert
