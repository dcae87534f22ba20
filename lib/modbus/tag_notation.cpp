// SPDX-License-Identifier: Apache-2.0
#include "modbus/tag_notation.hpp"

#include <algorithm>
#include <vector>

#include "core/text.hpp"
#include "modbus/tag_text.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

Result<void> set(Json& object, std::string_view key, std::string_view text) {
  if (object.contains(key)) return Error{std::string{key} + " is given twice"};
  const auto value = value_of_key(key, text);
  if (!value) return value.error();
  object[std::string{key}] = *value;
  return {};
}

/// CDAB, xFACTOR, +OFFSET, -OFFSET, /DIVISOR or KEY=VALUE.
Result<void> set_option(Json& object, std::string_view option) {
  if (option.empty()) return Error{"an option is empty"};
  if (parse_order(option)) return set(object, "order", option);
  const std::string_view rest = option.substr(1);
  switch (option.front()) {
    case '/':
      return set(object, "divider", rest);
    case '+':
      return set(object, "offset", rest);
    case '-':
      return set(object, "offset", option);
    default:
      break;
  }
  const std::size_t equals = option.find('=');
  if (equals == std::string_view::npos) {
    if (option.front() == 'x') return set(object, "multiplier", rest);
    return Error{in_quotes(option) + " is no option (like x0.1, +5, CDAB or round=2)"};
  }
  const std::string_view name = option.substr(0, equals);
  const auto key = key_named(name);
  if (!key || *key == "section" || *key == "tag" || *key == "address") {
    const std::string near = nearest_key(name);
    return Error{"unknown option " + in_quotes(name) +
                 (near.empty() ? "" : " (did you mean " + in_quotes(near) + "?)")};
  }
  return set(object, *key, option.substr(equals + 1));
}

/// The fields PLACE[:TYPE[:COUNT]]; a table's name belongs to its place.
std::vector<std::string_view> fields_of(std::string_view text) {
  std::vector<std::string_view> fields;
  std::size_t from = 0;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos && parse_table(text.substr(0, colon))) from = colon + 1;
  std::size_t start = 0;
  while (true) {
    const std::size_t stop = text.find(':', from);
    fields.push_back(text.substr(start, stop == std::string_view::npos ? stop : stop - start));
    if (stop == std::string_view::npos) return fields;
    from = start = stop + 1;
  }
}

Result<void> set_fields(Json& object, std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    // In a file 0 is "none", as the reference has it.
    const auto divisor = parse_decimal(text.substr(slash + 1));
    if (divisor && divisor->is_zero()) return Error{"divides by 0"};
    if (const auto good = set(object, "divider", text.substr(slash + 1)); !good) return good;
  }
  const auto fields = fields_of(text.substr(0, slash));
  if (fields.size() > 3) return Error{"has more than a place, a type and a count"};
  if (fields[0].find('-') != std::string_view::npos) return Error{"a range needs a file"};
  object["address"] = std::string{fields[0]};
  if (fields.size() > 1) {
    if (const auto good = set(object, "type", fields[1]); !good) return good;
  }
  if (fields.size() < 3) return {};
  const auto type = parse_type(fields[1], 0);
  const bool counted =
      type && (type->kind == Kind::bits || type->kind == Kind::text || type->kind == Kind::bytes);
  return set(object, counted ? "objectsCount" : "array", fields[2]);
}

Result<Json> object_of(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error{"is not NAME=PLACE (like voltage=ir:0:32float)"};
  }
  if (!is_utf8(text)) return Error{"is not UTF-8"};
  Json object{{"tag", std::string{text.substr(0, equals)}}};
  std::string_view rest = text.substr(equals + 1);
  std::size_t comma = rest.find(',');
  if (const auto good = set_fields(object, rest.substr(0, comma)); !good) return good.error();
  while (comma != std::string_view::npos) {
    rest.remove_prefix(comma + 1);
    comma = rest.find(',');
    if (const auto good = set_option(object, rest.substr(0, comma)); !good) return good.error();
  }
  return object;
}

void append_decimal(std::string& out, std::string_view prefix, const Decimal& value) {
  out += prefix;
  append_text(out, value, false);
}

}  // namespace

TagDefaults notation_defaults() {
  TagDefaults defaults;
  defaults.order = kBigEndian;
  defaults.round = std::nullopt;
  return defaults;
}

Result<std::vector<Tag>> parse_tag(std::string_view text, const TagDefaults& defaults) {
  const auto failed = [&](const Error& error) {
    return Error{"tag " + in_quotes(text) + ": " + error.text};
  };
  auto object = object_of(text);
  if (!object) return failed(object.error());
  // Bits that someone picks on a command line are true or false.
  if (!object->contains("bitTargetType")) (*object)["bitTargetType"] = "bool";
  auto tags = read_tags(*object, TagUse::read, defaults);
  if (!tags) return failed(tags.error());
  return tags;
}

std::string notation_of(const Tag& tag) {
  std::string out = tag.key + "=" + std::string{short_name(tag.table())} + ":" +
                    std::to_string(tag.address) + ":" + name_of(tag.type);
  const Kind kind = tag.type.kind;
  if (kind == Kind::bits ? tag.values > 1 : kind == Kind::text || kind == Kind::bytes) {
    out += ":" + std::to_string(kind == Kind::bits ? tag.values : tag.count);
  } else if (tag.values > 1) {
    out += ":" + std::to_string(tag.values);
  }
  const Decimal one{1, 0};
  if (compare(tag.scale.divisor, one) != 0) append_decimal(out, "/", tag.scale.divisor);
  Order order = tag.order;
  if (registers_of(tag.type) == 1) order.little_words = false;
  if (!(order == kBigEndian)) out += "," + std::string{name_of(order)};
  if (compare(tag.scale.factor, one) != 0) append_decimal(out, ",x", tag.scale.factor);
  if (!tag.scale.offset.is_zero()) {
    append_decimal(out, tag.scale.offset.digits < 0 ? "," : ",+", tag.scale.offset);
  }
  if (tag.bit) {
    out += ",bit=" + std::to_string(tag.bit->first);
    if (tag.bit->width > 1) out += "-" + std::to_string(tag.bit->first + tag.bit->width - 1);
  }
  if (!tag.scale_from.empty()) out += ",sf=" + tag.scale_from;
  if (tag.round) out += ",round=" + std::to_string(*tag.round);
  return out;
}

}  // namespace tbgw::modbus
