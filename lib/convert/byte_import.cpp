// SPDX-License-Identifier: Apache-2.0
#include "convert/byte_import.hpp"

#include <string>

#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr std::int64_t kFarthest = 1 << 20;  // no record is longer

ByteLayout::Kind kind_of(ConfigTable& table) {
  const std::string_view key = table.has({"datatype"}) ? "datatype" : "type";
  const std::string type = table.text({key}).value_or("int");
  const Cast cast = parse_cast(type);
  const bool is_signed = table.boolean({"signed"}).value_or(false);
  if (cast == Cast::integer) {
    return is_signed ? ByteLayout::Kind::signed_integer : ByteLayout::Kind::unsigned_integer;
  }
  if (cast == Cast::real) return ByteLayout::Kind::real;
  if (cast == Cast::boolean) return ByteLayout::Kind::boolean;
  if (type == "hex" || type == "raw") return ByteLayout::Kind::hex;
  if (type == "string" || type == "text" || type == "str") return ByteLayout::Kind::text;
  table.fail(key, "must be int, float, bool, string or hex, is " + in_quotes(type));
}

Item read_byte_item(ConfigTable& table, const ItemStyle& style) {
  Item item;
  item.from = Item::From::layout;
  const std::string name = table.text({"key"}).value_or("");
  if (name.empty()) table.fail("key: must name the key");
  item.key = constant_text(name);
  item.layout.kind = kind_of(table);
  item.layout.little_endian = read_little_endian(table, "byteorder");
  if (const auto at = table.integer({"byteAddress"}, 0, kFarthest)) {
    const auto from = table.integer({"fromBit"}, 0, 7).value_or(0);
    const auto to = table.integer({"toBit"}, 1, 8).value_or(8);
    if (to <= from) table.fail("toBit", "must be greater than fromBit: it is the first not taken");
    item.layout.range = {*at, *at + 1, false};
    item.layout.first_bit = static_cast<std::uint8_t>(from);
    item.layout.bits = static_cast<std::uint8_t>(to - from);
  } else {
    const auto from = table.integer({"fromByte"}, -kFarthest, kFarthest).value_or(0);
    item.layout.range.from = from;
    item.layout.range.to = table.integer({"toByte"}, -kFarthest, kFarthest);
    const auto to = item.layout.range.to.value_or(0);
    const bool comparable = item.layout.range.to && (to < 0) == (from < 0);
    if (comparable && to <= from) table.fail("toByte", "must be greater than fromByte");
  }
  if (const auto* multiplier = table.value({"multiplier"})) {
    item.scaling.scale =
        Exact::parse(multiplier->is_string() ? multiplier->get<std::string>() : multiplier->dump());
    if (!item.scaling.scale) table.fail("multiplier", "must be a number");
    // Times 1 changes nothing, and an integer stays one.
    if (item.scaling.scale->text() == "1") item.scaling.scale.reset();
  }
  item.strategy = item_strategy(table, style);
  treat_unknown(table, *style.notices);
  return item;
}

}  // namespace

bool read_little_endian(ConfigTable& table, std::string_view key) {
  const std::string order = table.text({key}).value_or("big");
  if (order == "little" || order == "LITTLE") return true;
  if (order == "big" || order == "BIG") return false;
  table.fail(key, R"(must be "big" or "little")");
}

std::vector<Item> read_byte_items(ConfigTable& converter, std::string_view key,
                                  const ItemStyle& style) {
  std::vector<Item> out;
  const auto* value = converter.value({key});
  if (value == nullptr) converter.fail(std::string{key} + ": must say which bytes each key has");
  if (value->is_object()) {
    if (auto table = converter.table({key})) out.push_back(read_byte_item(*table, style));
    return out;
  }
  for (ConfigTable& table : converter.tables({key}))
    out.push_back(read_byte_item(table, style));
  return out;
}

}  // namespace tbgw::convert
