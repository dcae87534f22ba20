// SPDX-License-Identifier: Apache-2.0
#include "modbus/tag_keys.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/number.hpp"
#include "core/text.hpp"
#include "modbus/encode_parts.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return text;
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// A number, or one as text; nullopt if absent, null or 0 (which the reference takes for absent).
std::optional<Decimal> factor(ConfigTable& table, std::string_view key) {
  const Json* value = table.value({key});
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto number = parse_decimal(text_of(*value));
  if (!number) table.fail(key, "must be a number");
  if (number->is_zero()) return std::nullopt;
  return *number;
}

std::optional<Decimal> limit(ConfigTable& table, std::string_view key) {
  const Json* value = table.value({key});
  if (value == nullptr) return std::nullopt;
  const auto number = parse_decimal(text_of(*value));
  if (!number) table.fail(key, "must be a number");
  return *number;
}

bool is_number(const Tag& tag) {
  const Kind kind = tag.type.kind;
  return kind != Kind::bits && kind != Kind::text && kind != Kind::bytes && kind != Kind::date;
}

void read_bit(ConfigTable& table, Tag& tag) {
  const Json* value = table.value({"bit"});
  const auto target = table.text({"bitTargetType"});
  if (target && lower(*target) != "bool" && lower(*target) != "int") {
    table.fail("bitTargetType", "must be \"bool\" or \"int\"");
  }
  tag.bits_as_numbers = target && lower(*target) == "int";
  if (value == nullptr || value->is_null()) return;
  const std::string text = text_of(*value);
  const std::size_t dash = text.find('-', 1);
  const auto first = parse_integer(text.substr(0, dash), 0, 255);
  const auto last =
      dash == std::string::npos ? first : parse_integer(text.substr(dash + 1), 0, 255);
  if (!first || !last || *last < *first || *last - *first > 15) {
    table.fail("bit", "must be the number of a bit, or of the first and the last (\"4-7\")");
  }
  tag.bit =
      BitField{static_cast<std::uint8_t>(*first), static_cast<std::uint8_t>(*last - *first + 1)};
  if (tag.type.kind == Kind::bits && tag.bit->width > 1) {
    tag.type = Type{};  // several bits of a register are a number
    tag.count = 1;
    tag.values = 1;
  }
  // The reference gives a bit that it picked as a number.
  if (!target && tag.type.kind == Kind::bits) tag.bits_as_numbers = true;
}

void read_text_options(ConfigTable& table, Tag& tag) {
  tag.text.trim = table.boolean({"trim"}).value_or(!tag.compat);
  if (const auto word = table.text({"characters"})) {
    if (*word != "both" && *word != "high" && *word != "low") {
      table.fail("characters", "must be \"both\", \"high\" or \"low\"");
    }
    tag.text.characters = *word == "high"  ? Characters::high
                          : *word == "low" ? Characters::low
                                           : Characters::both;
  }
  if (const auto word = table.text({"pad"})) {
    if (*word != "nul" && *word != "space") table.fail("pad", "must be \"nul\" or \"space\"");
    tag.text.pad = *word == "space" ? ' ' : '\0';
  }
}

/// The bits of a marker: those of a hexadecimal number; of an integer whatever its sign (-1 of a
/// 16uint is 0xffff); of any other number as the type holds it.
std::uint64_t marker_of(const ConfigTable& table, const Json& value, const Tag& tag) {
  const std::string text = text_of(value);
  const bool hexadecimal = text.rfind("0x", 0) == 0 || text.rfind("0X", 0) == 0;
  if (const auto pattern = parse_natural(text); pattern && hexadecimal) return *pattern;
  const auto number = parse_decimal(text);
  if (!number) table.fail("invalid", in_quotes(text) + " is not a number");
  const auto whole = nearest_whole(*number);
  if (tag.type.kind == Kind::natural && whole && *whole < 0) {
    const auto pattern = static_cast<std::uint64_t>(*whole);
    return tag.type.width >= 64 ? pattern : pattern & ((std::uint64_t{1} << tag.type.width) - 1);
  }
  const auto pattern = number_pattern(tag, *number);
  if (!pattern) table.fail("invalid", pattern.error().text);
  return *pattern;
}

}  // namespace

Place read_place(ConfigTable& table, TagUse use, const TagDefaults& defaults, Tag& tag) {
  std::optional<std::uint8_t> code;
  std::optional<Table> known;
  if (const Json* value = table.value({"functionCode", "function", "table"}); value != nullptr) {
    if (value->is_string()) known = parse_table(value->get<std::string>());
    const auto number = parse_integer(text_of(*value), 1, 16);
    if (number) code = static_cast<std::uint8_t>(*number);
    if (code) known = table_of(*code);
    if (!known) table.fail("functionCode", "must be 1 to 6, 15 or 16, or one of co, di, hr, ir");
  }
  if (defaults.table) known = defaults.table;
  const Json* value = table.value({"address", "register"});
  if (value == nullptr) table.fail("needs an address");
  const auto place = parse_place(text_of(*value), defaults.address_base, known.has_value());
  if (!place) table.fail("address", place.error().text);
  if (place->table && known && *place->table != *known) {
    table.fail("address", "is in another table than the function code");
  }
  if (!known) known = place->table;
  if (!known) {
    table.fail("needs a function code, or an address that says which table (hr:12, 40013)");
  }
  tag.function = code && table_of(*code) == known ? *code : read_function(*known);
  tag.address = place->first;
  const bool reads = use == TagUse::read || use == TagUse::attribute;
  if (reads && !tag.reads()) table.fail("functionCode", "must be 1, 2, 3 or 4 to read");
  if (use == TagUse::update && (tag.function == 2 || tag.function == 4)) {
    table.fail("functionCode", "must be 5, 6, 15 or 16 to write");
  }
  return *place;
}

void read_type(ConfigTable& table, TagUse use, Tag& tag) {
  const bool coils = is_bits(tag.table());
  const auto count =
      table.integer({"objectsCount", "registersCount", "registerCount", "count"}, 0, 2000);
  const bool given = table.has({"objectsCount", "registersCount", "registerCount", "count"});
  tag.count = static_cast<std::uint16_t>(count.value_or(0));
  const auto name = table.text({"type", "dataType"});
  const auto by_count = coils ? 0U : static_cast<unsigned>(tag.count);
  if (name) {
    const auto type = parse_type(*name, by_count);
    if (!type) table.fail("type", type.error().text);
    tag.type = *type;
  } else {
    // The reference looks the tag's name up as a type when it writes.
    const bool writes = use == TagUse::update || use == TagUse::method;
    const auto type = parse_type(tag.key, by_count);
    tag.type = coils ? Type{Kind::bits, 0, Half::whole} : writes && type ? *type : Type{};
  }
  if (given && tag.count == 0) table.fail("objectsCount", "must be at least 1");
  if (tag.type.kind == Kind::bits) {
    tag.values = std::max<std::uint16_t>(tag.count, 1);
    tag.count = coils ? tag.values : 0;
  }
  const auto values = table.integer({"array"}, 1, 125);
  if (values && is_number(tag)) {
    tag.values = static_cast<std::uint16_t>(*values);
    tag.count = 0;
  } else if (values && *values > 1) {
    table.fail("array", "goes with numbers only");
  }
  read_bit(table, tag);
  read_text_options(table, tag);
}

void read_order(ConfigTable& table, const TagDefaults& defaults, Tag& tag,
                std::vector<std::string>& notices) {
  const auto both = table.text({"order"});
  const auto bytes = table.text({"byteOrder"});
  const auto words = table.text({"wordOrder"});
  Order order = defaults.order;
  if (both) {
    const auto parsed = parse_order(*both);
    if (!parsed) table.fail("order", parsed.error().text);
    order = *parsed;
  }
  bool own = both.has_value();
  if ((bytes || words) && defaults.compat) {
    notices.push_back(table.place(bytes ? "byteOrder" : "wordOrder") +
                      ": the order of a single tag has no effect in the reference");
  } else if (bytes || words) {
    if (bytes) order.little_bytes = lower(*bytes) != "big";
    if (words) order.little_words = lower(*words) != "big";
    own = true;
  }
  const bool by_unit = is_number(tag) && tag.type.width > 8;
  tag.order = own || by_unit || tag.type.kind == Kind::date ? order : kBigEndian;
  if (!defaults.repack || !order.little_bytes) return;
  if (by_unit) tag.write_order = Order{false, order.little_words};
  if (tag.type.kind == Kind::text || tag.type.kind == Kind::bytes) tag.write_order = {true, false};
}

void read_scale(ConfigTable& table, const TagDefaults& defaults, Tag& tag,
                std::vector<std::string>& notices) {
  const auto divider = factor(table, "divider");
  const auto multiplier = factor(table, "multiplier");
  const auto offset = factor(table, "offset");
  const auto source = table.text({"scaleFrom"});
  tag.round = tag.type.kind == Kind::real ? defaults.round : std::nullopt;
  if (const Json* value = table.value({"round"}); value != nullptr && *value == "exact") {
    tag.round.reset();
  } else if (const auto places = table.integer({"round"}, 0, 15)) {
    // The reference rounds floats only.
    if (!tag.compat || tag.type.kind == Kind::real) tag.round = static_cast<int>(*places);
  }
  if (!divider && !multiplier && !offset && !source) return;
  if (!is_number(tag) || is_bits(tag.table())) {
    notices.push_back(table.place() + ": a " + name_of(tag.type) + " is not scaled");
    return;
  }
  if (divider && multiplier) {
    notices.push_back(table.place("multiplier") + ": multiplier has no effect beside divider");
  }
  if (divider) {
    tag.scale.divisor = *divider;
    tag.scale.real = true;
  } else if (multiplier) {
    tag.scale.factor = *multiplier;
    const Json& value = *table.value({"multiplier"});
    tag.scale.real = multiplier->exponent < 0 || value.is_number_float();
  }
  if (offset) {
    tag.scale.offset = *offset;
    tag.scale.real = tag.scale.real || offset->exponent < 0;
  }
  tag.scale_from = source.value_or("");
}

void read_meaning(ConfigTable& table, Tag& tag, std::vector<std::string>& notices) {
  if (const Json* value = table.value({"variants", "enum"});
      value != nullptr && !value->is_null()) {
    if (!value->is_object()) table.fail("variants", "must be a table {value: name}");
    for (const auto& [key, name] : value->items()) {
      auto label = parse_label(key, text_of(name));
      if (!label) {
        notices.push_back(table.place("variants") + ": " + label.error().text + ", ignored");
        continue;
      }
      tag.labels.push_back(*std::move(label));
    }
  }
  if (const Json* value = table.value({"invalid"}); value != nullptr) {
    if (!is_number(tag)) table.fail("invalid", "goes with numbers only");
    if (!value->is_array()) {
      tag.invalid.push_back(marker_of(table, *value, tag));
    } else {
      for (const Json& element : *value)
        tag.invalid.push_back(marker_of(table, element, tag));
    }
  }
  tag.least = limit(table, "min");
  tag.most = limit(table, "max");
}

void read_handling(ConfigTable& table, const TagDefaults& defaults, Tag& tag,
                   std::vector<std::string>& notices) {
  if (const Json* value = table.value({"pollPeriod", "period"}); value != nullptr) {
    tag.once = *value == "connect";
    if (!tag.once) tag.period = table.duration({"pollPeriod", "period"}, Milliseconds{1});
    if (tag.period && tag.period->count() == 0) table.fail("pollPeriod", "must be more than 0");
  }
  tag.hidden = table.boolean({"hidden"}).value_or(false);
  tag.raw_write = table.boolean({"raw"}).value_or(false);
  tag.verify = table.boolean({"verify"}).value_or(false);
  tag.strategy =
      report::resolve(report::within(defaults.report, report::read_said(table, notices)));
}

}  // namespace tbgw::modbus
