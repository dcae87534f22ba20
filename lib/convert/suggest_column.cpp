// SPDX-License-Identifier: Apache-2.0
#include "convert/suggest_column.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "convert/byte_layout.hpp"
#include "convert/timestamp.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr std::size_t kMostDistinct = 33;

std::string plain_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c >= 'A' && c <= 'Z') out += static_cast<char>(c + 32);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), plain_name(name)) != names.end();
}

bool is_identity(std::string_view name) {
  constexpr std::array<std::string_view, 22> kNames{
      "id",   "device", "deviceid", "devicename", "deveui",   "eui",    "imei",         "mac",
      "name", "node",   "nodeid",   "sensor",     "sensorid", "serial", "serialnumber", "serialno",
      "sn",   "uid",    "uuid",     "meter",      "meterid",  "dev"};
  return is_one_of(kNames, name);
}

bool is_boolean(std::string_view text) {
  return text == "true" || text == "false";
}

/// "007", "00123": text, whatever it looks like.
bool is_padded(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9';
}

std::string type_of(const Column& column) {
  if (column.json) return "";
  if (column.numeric && !column.padded && !column.is_attribute()) {
    return column.whole ? "int" : "double";
  }
  return column.boolean ? "bool" : "string";
}

std::string seen_in(const Column& column, std::uint64_t rows) {
  std::string out = column.numeric && !column.padded && !column.constant()
                        ? column.low + " to " + column.high
                        : in_comment(column.first, 30);
  if (!column.constant() && !column.numeric) out += " and others";
  if (column.count < rows) {
    out += ", in " + std::to_string(column.count) + " of " + std::to_string(rows);
  }
  return out;
}

}  // namespace

std::string in_comment(std::string_view text, std::size_t limit) {
  return in_quotes(text, limit);
}

void Column::add(const FoundValue& value) {
  ++count;
  if (count == 1) first = value.text.substr(0, 200);
  json = json && value.json;
  boolean = boolean && is_boolean(value.text);
  padded = padded || is_padded(value.text);
  blanks = blanks || value.blanks;
  times = times && static_cast<bool>(parse_timestamp(value.text, {}));
  if (distinct.size() < kMostDistinct) distinct.insert(value.text.substr(0, 200));
  std::string number = value.text;
  if (value.blanks) number.erase(std::remove(number.begin(), number.end(), ' '), number.end());
  if (!number.empty() && number.front() == '+') number.erase(0, 1);
  const auto real = parse_real(number);
  if (!looks_numeric(number) || !real) {
    numeric = whole = false;
    return;
  }
  whole = whole && looks_whole(number);
  if (low.empty() || *real < least) {
    least = *real;
    low = number;
  }
  if (high.empty() || *real > most) {
    most = *real;
    high = number;
  }
}

bool Column::names_device(std::uint64_t rows) const {
  if (!is_identity(name) || count < rows || boolean || (numeric && !whole)) return false;
  return distinct.size() < kMostDistinct && (rows < 10 || distinct.size() * 2 < rows);
}

bool Column::tells_time() const {
  constexpr std::array<std::string_view, 9> kNames{"ts",      "time",        "timestamp",
                                                   "date",    "datetime",    "when",
                                                   "sampled", "timestampms", "measuredat"};
  return times && is_one_of(kNames, name);
}

bool Column::is_attribute() const {
  if (is_identity(name)) return true;
  // Many digits that never change are a number of a thing, not a measurement.
  if (!json && whole && constant() && count > 1 && first.size() >= 8) return true;
  return (!numeric || padded) && !boolean && constant();
}

std::string entry_of(const Column& column, std::uint64_t rows) {
  std::string out = "  { key = " + toml_string(column.name);
  const bool own = column.place == "${" + column.name + "}";
  const std::string type = type_of(column);
  if (column.blanks && type != "string") {
    out += ", expression = " + toml_string("float(replace(" + column.name + ", ' ', ''))");
  } else {
    if (!own) out += ", value = " + toml_string(column.place);
    if (!type.empty()) out += ", type = \"" + type + "\"";
  }
  return out + " },  # " + seen_in(column, rows) + "\n";
}

namespace {

/// A value at a place of all samples, as a layout reads it.
struct Range {
  double least = INFINITY;
  double most = -INFINITY;
};

Range range_of(const std::vector<std::string>& samples, const ByteLayout& layout) {
  Range range;
  for (const std::string& sample : samples) {
    std::string text;
    const auto value =
        append_layout(text, layout, sample) ? parse_real(text) : Result<double>{Error{}};
    if (!value) return {NAN, NAN};
    range.least = std::min(range.least, *value);
    range.most = std::max(range.most, *value);
  }
  return range;
}

/// What people measure lies in here; bytes that are no float hardly ever do.
bool plausible(const Range& range) {
  const double largest = std::max(std::fabs(range.least), std::fabs(range.most));
  return largest > 1e-3 && largest < 1e7;
}

std::string entry_at(std::size_t at, std::string_view type, bool little, const Range& range) {
  std::string out = "  { key = \"b" + std::to_string(at) + "\", at = " + std::to_string(at);
  out.append(", type = \"")
      .append(type)
      .append("\"")
      .append(little ? ", byteOrder = \"little\"" : "");
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%.6g to %.6g", range.least, range.most);
  return out + " },  # " + text.data() + "\n";
}

}  // namespace

namespace {

ByteLayout layout_at(ByteLayout::Kind kind, std::size_t at, std::size_t size, bool little) {
  ByteLayout layout;
  layout.kind = kind;
  const auto from = static_cast<std::int64_t>(at);
  layout.range = {from, from + static_cast<std::int64_t>(size), false};
  layout.little_endian = little;
  return layout;
}

/// A float around the bytes that change from `i` on: its exponent hardly moves. `free`: the first
/// byte that belongs to nothing yet. Returns the byte behind it; 0 = there is none.
std::size_t append_float(const std::vector<std::string>& samples, std::size_t free, std::size_t i,
                         std::size_t end, std::string& out) {
  for (const std::size_t before : {2U, 1U, 0U}) {
    if (i < free + before || i - before + 4 > samples.front().size()) continue;
    const std::size_t at = i - before;
    if (end > at + 4 && before > 0) continue;
    for (const bool little : {false, true}) {
      if (little && before > 0) continue;
      const Range range = range_of(samples, layout_at(ByteLayout::Kind::real, at, 4, little));
      if (!plausible(range)) continue;
      out += entry_at(at, "f32", little, range);
      return at + 4;
    }
  }
  return 0;
}

}  // namespace

std::string byte_entries(const std::vector<std::string>& samples) {
  const std::size_t size = samples.front().size();
  const auto changes = [&](std::size_t i) {
    return std::any_of(samples.begin(), samples.end(),
                       [&](const std::string& sample) { return sample[i] != samples[0][i]; });
  };
  std::string out;
  std::size_t free = 0;
  for (std::size_t i = 0; i < size && out.size() < 4000;) {
    std::size_t end = i;
    while (end < size && changes(end))
      ++end;
    if (end == i) {
      ++i;
      continue;
    }
    if (const std::size_t behind = append_float(samples, free, i, end, out); behind != 0) {
      free = i = behind;
      continue;
    }
    // The high byte of a small number is a zero that never changes.
    const bool wide = end - i < 2 && i > free && samples.front()[i - 1] == '\0';
    const std::size_t at = wide ? i - 1 : i;
    const std::size_t width = wide || end - i >= 2 ? 2 : 1;
    out += entry_at(
        at, width == 2 ? "u16" : "u8", false,
        range_of(samples, layout_at(ByteLayout::Kind::unsigned_integer, at, width, false)));
    free = i = at + width;
  }
  return out;
}

}  // namespace tbgw::convert
