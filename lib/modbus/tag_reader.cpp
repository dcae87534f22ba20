// SPDX-License-Identifier: Apache-2.0
#include "modbus/tag_reader.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/status.hpp"
#include "core/text.hpp"
#include "modbus/tag_keys.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

// What the reference reads at once of a range, unless told otherwise.
constexpr std::int64_t kRangeAtOnce = 16;

/// The key of one place of a range: `${address}` and the others filled in.
std::string key_at(std::string key, const Tag& tag, std::uint16_t address, std::uint8_t unit_id,
                   const std::string& type) {
  if (key.find("${address}") == std::string::npos) key += "_${address}";
  const std::pair<std::string_view, std::string> values[] = {
      {"${address}", std::to_string(address)},
      {"${unitId}", std::to_string(unit_id)},
      {"${functionCode}", std::to_string(tag.function)},
      {"${type}", type},
      {"${objectsCount}", std::to_string(tag.type.kind == Kind::bits ? tag.values : tag.count)}};
  for (const auto& [name, value] : values) {
    for (std::size_t at = key.find(name); at != std::string::npos;
         at = key.find(name, at + value.size())) {
      key.replace(at, name.size(), value);
    }
  }
  return key;
}

std::vector<Tag> expand(ConfigTable& table, const Tag& tag, const Place& place,
                        const TagDefaults& defaults) {
  const auto type = table.text({"type", "dataType"}).value_or(name_of(tag.type));
  const Json* names = table.value({"tagOverrides"});
  const std::uint32_t step = std::max<std::uint32_t>(tag.count, 1);
  std::vector<Tag> out;
  for (std::uint32_t address = place.first; address <= place.last; address += step) {
    Tag one = tag;
    one.address = static_cast<std::uint16_t>(address);
    const std::string text = std::to_string(address);
    if (names != nullptr && names->is_object() && names->contains(text) &&
        (*names)[text].is_string()) {
      one.key = (*names)[text].get<std::string>();
    } else {
      one.key = key_at(tag.key, tag, one.address, defaults.unit_id, type);
    }
    if (const auto good = finish(one); !good) table.fail("address", good.error().text);
    out.push_back(std::move(one));
  }
  return out;
}

/// A scaleFrom that names a place: the tag that reads it.
std::optional<Tag> scale_source(ConfigTable& table, const Tag& tag, const TagDefaults& defaults) {
  if (tag.scale_from.find_first_of(":@") == std::string::npos) return std::nullopt;
  const auto place = parse_place(tag.scale_from, defaults.address_base, false);
  if (!place || !place->table || is_bits(*place->table) || place->first != place->last) {
    table.fail("scaleFrom", in_quotes(tag.scale_from) + " is neither a tag nor the place of one");
  }
  Tag source;
  source.key = tag.scale_from;
  source.place = tag.place;
  source.hidden = true;
  source.function = read_function(*place->table);
  source.address = place->first;
  source.type = Type{Kind::integer, 16, Half::whole};
  source.order = Order{defaults.order.little_bytes, false};
  source.period = tag.period;
  return source;
}

std::vector<Tag> read_all(ConfigTable& table, TagUse use, const TagDefaults& defaults,
                          std::vector<std::string>& notices) {
  Tag tag;
  tag.place = table.place();
  tag.attribute = use == TagUse::attribute;
  tag.compat = defaults.compat;
  tag.key = table.text({"tag", "key", "name"}).value_or(defaults.key);
  if (tag.key.empty()) table.fail("needs a tag (its name)");
  const Place place = read_place(table, use, defaults, tag);
  read_type(table, use, tag);
  read_order(table, defaults, tag, notices);
  read_scale(table, defaults, tag, notices);
  read_meaning(table, tag, notices);
  read_handling(table, defaults, tag, notices);
  table.ignore({"value", "description", "comment", "unit", "tagOverrides", "id", "section"});
  const auto at_once = table.integer({"maxRegistersPerRequest"}, 0, 2000);
  if (const auto good = finish(tag); !good) table.fail(good.error().text);
  if (!place.range) {
    std::vector<Tag> out{tag};
    if (auto source = scale_source(table, tag, defaults)) out.push_back(*std::move(source));
    return out;
  }
  if (use == TagUse::update || use == TagUse::served) {
    table.fail("address", "must be a single one here");
  }
  tag.most_per_request = static_cast<std::uint16_t>(at_once.value_or(kRangeAtOnce));
  return expand(table, tag, place, defaults);
}

}  // namespace

std::vector<Tag> read_tags(ConfigTable& table, TagUse use, const TagDefaults& defaults,
                           std::vector<std::string>& notices) {
  try {
    std::vector<Tag> tags = read_all(table, use, defaults, notices);
    if (table.file().toml) table.refuse_unknown();
    for (std::string& text : table.unknown())
      notices.push_back(std::move(text) + ", ignored");
    return tags;
  } catch (const Fatal& fatal) {
    if (table.file().toml) throw;
    notices.push_back(std::string{fatal.what()} + "; the tag is left out");
    return {};
  }
}

Result<std::vector<Tag>> read_tags(const Json& object, TagUse use, const TagDefaults& defaults) {
  const auto without_place = [](std::string text) {
    const std::size_t end = text.find(": ");
    return Error{end == std::string::npos ? text : text.substr(end + 2)};
  };
  if (!object.is_object()) return Error{"must be an object with the keys of a tag"};
  auto file = std::make_shared<ConfigFile>();
  file->root = object;
  file->toml = true;
  std::vector<std::string> notices;
  try {
    ConfigTable table(std::move(file));
    return read_tags(table, use, defaults, notices);
  } catch (const Fatal& fatal) {
    return without_place(fatal.what());
  }
}

}  // namespace tbgw::modbus
