// SPDX-License-Identifier: Apache-2.0
#include "modbus/address.hpp"

#include <array>
#include <cctype>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

struct Named {
  Table table;
  std::uint8_t function;
  char modicon;
  std::string_view letters;
  std::string_view name;
};
constexpr std::array<Named, 4> kTables{{
    {Table::coils, 1, '0', "co", "coil"},
    {Table::discrete_inputs, 2, '1', "di", "discrete input"},
    {Table::holding_registers, 3, '4', "hr", "holding register"},
    {Table::input_registers, 4, '3', "ir", "input register"},
}};

const Named& named(Table table) {
  for (const Named& known : kTables) {
    if (known.table == table) return known;
  }
  return kTables[2];
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The table of a Modicon number, which has five or six digits and starts with it.
const Named* modicon_table(std::string_view digits) {
  if (!all_digits(digits) || (digits.size() != 5 && digits.size() != 6)) return nullptr;
  for (const Named& known : kTables) {
    if (known.modicon == digits.front()) return &known;
  }
  return nullptr;
}

Error not_a_place(std::string_view text) {
  return Error{in_quotes(text) +
               " is not a place (like hr:12, hr@13, ir:0x0c, 40013, 400013 or a plain address)"};
}

/// A number in words of the place it came from, counted from `base`, as the protocol counts.
Result<std::uint16_t> address_of(std::string_view text, std::uint64_t value, unsigned base) {
  if (value < base) return Error{in_quotes(text) + ": numbers count from 1"};
  if (value - base > 0xffff) return Error{in_quotes(text) + " is past the last address (65535)"};
  return static_cast<std::uint16_t>(value - base);
}

struct Point {
  std::optional<Table> table;
  std::uint16_t address = 0;
};

Result<Point> parse_point(std::string_view text, unsigned base, bool table_known) {
  Point point;
  std::string_view digits = text;
  const std::size_t mark = text.find_first_of(":@");
  if (mark != std::string_view::npos) {
    point.table = parse_table(text.substr(0, mark));
    if (!point.table) {
      return Error{in_quotes(text) + ": the table must be co, di, hr or ir"};
    }
    digits = text.substr(mark + 1);
    if (text[mark] == '@') base = 1;
  } else if (const Named* known = table_known ? nullptr : modicon_table(text)) {
    point.table = known->table;
    digits = text.substr(1);
    base = 1;
  }
  const auto value = parse_natural(digits);
  if (!value) return not_a_place(text);
  const auto address = address_of(text, *value, base);
  if (!address) return address.error();
  point.address = *address;
  return point;
}

}  // namespace

std::uint8_t read_function(Table table) {
  return named(table).function;
}

std::optional<Table> table_of(std::uint8_t function) {
  switch (function) {
    case 1:
    case 5:
    case 15:
      return Table::coils;
    case 2:
      return Table::discrete_inputs;
    case 3:
    case 6:
    case 16:
    case 22:
    case 23:
      return Table::holding_registers;
    case 4:
      return Table::input_registers;
    default:
      return std::nullopt;
  }
}

std::string_view short_name(Table table) {
  return named(table).letters;
}
std::string_view long_name(Table table) {
  return named(table).name;
}

std::optional<Table> parse_table(std::string_view text) {
  std::string wanted;
  for (const char c : text) {
    const char plain = c == '_' || c == '-' ? ' ' : c;
    wanted += static_cast<char>(std::tolower(static_cast<unsigned char>(plain)));
  }
  for (const Named& known : kTables) {
    if (wanted == known.letters || wanted == known.name ||
        wanted == std::string{known.name} + "s") {
      return known.table;
    }
  }
  if (wanted == "coils initializer") return Table::coils;
  return std::nullopt;
}

Result<Place> parse_place(std::string_view text, unsigned base, bool table_known) {
  const std::size_t dash = text.find('-');
  const auto first = parse_point(text.substr(0, dash), base, table_known);
  if (!first) return first.error();
  Place place{first->table, first->address, first->address, dash != std::string_view::npos};
  if (!place.range) return place;

  std::string_view rest = text.substr(dash + 1);
  // "hr@10-14": the end counts as the start does.
  const bool numbered = text.substr(0, dash).find('@') != std::string_view::npos;
  const bool bare = rest.find_first_of(":@") == std::string_view::npos;
  const bool modicon =
      first->table.has_value() && text.find_first_of(":@") == std::string_view::npos;
  const auto last = parse_point(rest, numbered && bare ? 1 : base, bare && !modicon);
  if (!last) return last.error();
  if (last->table && last->table != first->table) {
    return Error{in_quotes(text) + " starts and ends in different tables"};
  }
  if (last->address < first->address) return Error{in_quotes(text) + " ends before it starts"};
  place.last = last->address;
  return place;
}

std::string describe(Table table, std::uint16_t address) {
  const unsigned value = unsigned{address} + 1;
  std::string digits = std::to_string(value);
  const std::size_t width = value > 9999 ? 5 : 4;
  digits.insert(0, width - digits.size(), '0');
  return std::string{short_name(table)} + ":" + std::to_string(address) + " (" +
         named(table).modicon + digits + ")";
}

}  // namespace tbgw::modbus
