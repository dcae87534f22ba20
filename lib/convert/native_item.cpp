// SPDX-License-Identifier: Apache-2.0
#include "convert/native_item.hpp"

#include <string>
#include <utility>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Kind = ByteLayout::Kind;

constexpr std::int64_t kFarthest = 1 << 20;  // no record is longer

/// A value of the file as the JSON it is, or as the text of a number.
std::string json_text(const nlohmann::ordered_json& value) {
  return value.dump();
}

std::string plain_text(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::optional<Exact> exact_at(ConfigTable& table, std::string_view key) {
  const auto* value = table.value({key});
  if (value == nullptr) return std::nullopt;
  if (!value->is_number() && !value->is_string()) table.fail(key, "must be a number");
  auto exact = Exact::parse(plain_text(*value));
  if (!exact) table.fail(key, "must be a number of at most 36 digits");
  return exact;
}

void read_scaling(ConfigTable& table, Item& item) {
  item.scaling.scale = exact_at(table, "scale");
  item.scaling.offset = exact_at(table, "offset");
  if (const auto places = table.integer({"round"}, 0, 15)) {
    item.scaling.round = static_cast<int>(*places);
  }
  item.scaling.least = exact_at(table, "min");
  item.scaling.most = exact_at(table, "max");
  item.scaling.clamp = table.boolean({"clamp"}).value_or(false);
  const bool limits = item.scaling.least || item.scaling.most;
  if (item.scaling.clamp && !limits) table.fail("clamp", "needs min or max");
  if (item.scaling.least && item.scaling.most && item.scaling.most->less(*item.scaling.least)) {
    table.fail("max", "must not be less than min");
  }
}

/// `names`: {"0": "off"}, `bitNames`: {"0": "door"}, `invalid`: [-999].
void read_names(ConfigTable& table, Item& item) {
  if (auto names = table.table({"names"})) {
    for (const auto& [value, name] : names->json().items())
      item.names[value] = json_text(name);
  }
  if (auto names = table.table({"bitNames"})) {
    for (const auto& [bit, name] : names->json().items()) {
      const auto number = parse_integer(bit, 0, 63);
      if (!number || !name.is_string()) {
        names->fail(bit, "must be the number of a bit, 0 to 63, with its name");
      }
      item.bit_names.emplace_back(static_cast<unsigned>(*number), name.get<std::string>());
    }
  }
  const auto* invalid = table.value({"invalid"});
  if (invalid == nullptr) return;
  if (!invalid->is_array()) table.fail("invalid", "must be a list of values");
  for (const auto& value : *invalid)
    item.invalid.push_back(plain_text(value));
}

struct NumberType {
  Kind kind = Kind::unsigned_integer;
  std::int64_t bytes = 0;  ///< 0 = `length` says
};

/// "u16", "i24", "f32", "bcd", "string" …
std::optional<NumberType> number_type(std::string_view name) {
  if (name == "bcd") return NumberType{Kind::bcd, 0};
  if (name == "bool") return NumberType{Kind::boolean, 1};
  if (name == "string") return NumberType{Kind::text, 0};
  if (name == "latin1") return NumberType{Kind::latin1, 0};
  if (name == "hex") return NumberType{Kind::hex, 0};
  if (name.size() < 2) return std::nullopt;
  const auto bits = parse_integer(name.substr(1), 8, 64);
  if (!bits || *bits % 8 != 0) return std::nullopt;
  if (name[0] == 'u') return NumberType{Kind::unsigned_integer, *bits / 8};
  if (name[0] == 'i') return NumberType{Kind::signed_integer, *bits / 8};
  const bool real = name[0] == 'f' && (*bits == 16 || *bits == 32 || *bits == 64);
  return real ? std::optional{NumberType{Kind::real, *bits / 8}} : std::nullopt;
}

/// `bit`: 3, or `bits`: "4-7", counted from the least significant one.
void read_bits(ConfigTable& table, ByteLayout& layout) {
  if (const auto bit = table.integer({"bit"}, 0, 63)) {
    layout.first_bit = static_cast<std::uint8_t>(*bit);
    layout.bits = 1;
  }
  const auto text = table.text({"bits"});
  if (!text) return;
  const std::size_t dash = text->find('-');
  const auto first = parse_integer(std::string_view{*text}.substr(0, dash), 0, 63);
  const auto last = dash == std::string::npos
                        ? first
                        : parse_integer(std::string_view{*text}.substr(dash + 1), 0, 63);
  if (!first || !last || *last < *first) table.fail("bits", "must be like \"4-7\"");
  layout.first_bit = static_cast<std::uint8_t>(*first);
  layout.bits = static_cast<std::uint8_t>(*last - *first + 1);
}

bool little_endian_at(ConfigTable& table, std::string_view key) {
  const std::string order = table.text({key}).value_or("big");
  if (order != "big" && order != "little") table.fail(key, R"(must be "big" or "little")");
  return order == "little";
}

void read_layout(ConfigTable& table, Item& item) {
  ByteLayout& layout = item.layout;
  const auto at = table.integer({"at"}, -kFarthest, kFarthest).value_or(0);
  const std::string name = table.text({"type"}).value_or("u8");
  const auto type = number_type(name);
  if (!type) {
    table.fail("type",
               "must be u8 to u64, i8 to i64, f16, f32, f64, bcd, bool, string, latin1 or "
               "hex, is " +
                   in_quotes(name));
  }
  layout.kind = type->kind;
  const auto length = table.integer({"length"}, 1, kFarthest);
  if (type->bytes != 0 && length) table.fail("length", "is said by the type already");
  const bool rest = type->bytes == 0 && !length && type->kind != Kind::bcd;
  if (type->bytes == 0 && !length && !rest) table.fail("length: must say how many bytes");
  layout.range.from = at;
  if (!rest) {
    const std::int64_t end = at + (type->bytes != 0 ? type->bytes : *length);
    // -2 and two bytes: up to the end.
    if (at >= 0 || end < 0) layout.range.to = end;
    if (at < 0 && end > 0) table.fail("at", "is nearer to the end than the bytes it needs");
  }
  layout.little_endian = little_endian_at(table, "byteOrder");
  layout.swap_words =
      little_endian_at(table, "wordOrder") != layout.little_endian && table.has({"wordOrder"});
  read_bits(table, layout);
  if (layout.bits != 0 && layout.first_bit + layout.bits > 8 * type->bytes) {
    table.fail(table.has({"bit"}) ? "bit" : "bits", "the number has not so many bits");
  }
}

void read_value(ConfigTable& table, Item& item, const Decode& decode) {
  const bool laid_out = table.has({"at"});
  if (laid_out) {
    item.from = Item::From::layout;
    read_layout(table, item);
  }
  if (const auto expression = table.text({"expression"})) {
    item.expression = expression_at(table, "expression", *expression);
    item.from = Item::From::expression;
  }
  const auto value = table.text({"value"});
  if (laid_out && value) table.fail("value", "cannot stand beside at");
  if (laid_out) return;
  const auto type = table.text({"type"});
  const bool untyped = !type || *type == "json";
  if (type && parse_cast(*type) == Cast::text && *type != "string") {
    table.fail("type", "must be json, string, int, double or bool, is " + in_quotes(*type));
  }
  item.cast = untyped ? Cast::keep : parse_cast(*type);
  item.strict = true;
  if (value) {
    item.value = native_text(table, "value", *value, decode);
  } else if (item.from == Item::From::text) {
    const std::string key = table.text({"key"}).value_or("");
    if (decode.as == Decode::As::bytes || key.empty()) {
      item.value = parse_byte_text("[:]");
    } else {
      Text::Piece piece;
      piece.what = Text::Piece::What::path;
      auto path = parse_json_path(key);
      if (path) piece.path = *std::move(path);
      piece.text = piece.path.text = key;
      item.value.pieces.push_back(std::move(piece));
    }
  }
}

}  // namespace

Text native_text(const ConfigTable& table, std::string_view key, const std::string& value,
                 const Decode& decode) {
  if (decode.as == Decode::As::bytes && value.find("${") == std::string::npos) {
    return parse_byte_text(value);
  }
  return text_at(table, key, value);
}

Item read_native_value(ConfigTable& table, const Decode& decode) {
  Item item;
  read_value(table, item, decode);
  read_scaling(table, item);
  read_names(table, item);
  return item;
}

Item read_native_number(ConfigTable& table) {
  Item item;
  item.from = Item::From::layout;
  read_layout(table, item);
  read_scaling(table, item);
  read_names(table, item);
  return item;
}

Item read_native_item(ConfigTable& table, const Decode& decode, const report::Said& strategy,
                      Notices& notices) {
  const std::string key = table.text({"key"}).value_or("");
  if (key.empty()) table.fail("key: must name the key");
  Item item = read_native_value(table, decode);
  item.key = text_at(table, "key", key);
  if (const auto ts = table.text({"ts"})) item.time.text = native_text(table, "ts", *ts, decode);
  item.time.order.day_first = table.boolean({"dayFirst"}).value_or(false);
  item.time.order.year_first = table.boolean({"yearFirst"}).value_or(false);
  item.strategy = report::resolve(read_strategy(table, strategy, false, notices));
  table.refuse_unknown();
  return item;
}

}  // namespace tbgw::convert
