// SPDX-License-Identifier: Apache-2.0
#include "convert/native_decode.hpp"

#include <array>
#include <utility>

#include "convert/mapping_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using As = Decode::As;

constexpr std::array<std::pair<std::string_view, As>, 7> kDecodings{{{"json", As::json},
                                                                     {"text", As::bytes},
                                                                     {"bytes", As::bytes},
                                                                     {"csv", As::csv},
                                                                     {"pairs", As::pairs},
                                                                     {"regex", As::regex},
                                                                     {"pieces", As::pieces}}};

}  // namespace

Decode read_native_decode(ConfigTable& table, Decode::As otherwise) {
  Decode decode;
  decode.as = otherwise;
  const auto wanted = table.text({"decode"});
  bool known = !wanted;
  for (const auto& [name, as] : kDecodings) {
    if (wanted != name) continue;
    decode.as = as;
    known = true;
  }
  if (!known) {
    table.fail("decode",
               "must be json, text, bytes, csv, pairs, regex or pieces, is " + in_quotes(*wanted));
  }
  decode.hex_text = table.boolean({"hexText"}).value_or(false);
  decode.separator = table.text({"separator"}).value_or(decode.as == As::pairs ? ";" : ",");
  if (decode.separator.empty()) table.fail("separator", "must not be empty");
  decode.assign = table.text({"assign"}).value_or("=");
  if (decode.assign.empty()) table.fail("assign", "must not be empty");
  if (const auto columns = table.texts({"columns"})) decode.columns = *columns;
  if (const auto each = table.text({"each"})) {
    auto path = parse_json_path(*each);
    if (!path) table.fail("each", path.error().text);
    if (decode.as != As::json) table.fail("each", "is for decode json");
    decode.each = *std::move(path);
  }
  const auto pattern = table.text({"pattern"});
  if (pattern) decode.regex = regex_at(table, "pattern", *pattern);
  if (decode.as == As::regex && !pattern) table.fail("pattern: must be there for decode regex");
  if (decode.as != As::regex && pattern) table.fail("pattern", "is for decode regex");
  return decode;
}

}  // namespace tbgw::convert
