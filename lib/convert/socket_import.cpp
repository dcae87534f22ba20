// SPDX-License-Identifier: Apache-2.0
// socket.json: texts at fixed places of what a peer sends.
#include <array>
#include <string>

#include "convert/down_import.hpp"
#include "convert/family_frame.hpp"
#include "convert/family_import.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr std::int64_t kFarthest = 1 << 20;

Charset charset_of(ConfigTable& table) {
  const std::string name = table.text({"encoding"}).value_or("utf-8");
  constexpr std::array<std::pair<std::string_view, Charset>, 10> kNames{
      {{"utf-8", Charset::utf8},
       {"utf8", Charset::utf8},
       {"ascii", Charset::utf8},
       {"latin-1", Charset::latin1},
       {"latin1", Charset::latin1},
       {"iso-8859-1", Charset::latin1},
       {"utf-16", Charset::utf16},
       {"utf16", Charset::utf16},
       {"utf-16-le", Charset::utf16},
       {"utf-16le", Charset::utf16}}};
  for (const auto& [known, charset] : kNames) {
    if (name == known) return charset;
  }
  table.fail("encoding", "must be utf-8, ascii, latin-1 or utf-16, is " + in_quotes(name));
}

Item read_slice(ConfigTable& table, const ItemStyle& style, Charset charset) {
  Item item;
  const std::string key = table.text({"key"}).value_or("");
  if (key.empty()) table.fail("key: must name the key");
  item.key = constant_text(key);
  const auto from = table.integer({"byteFrom"}, 0, kFarthest).value_or(0);
  const auto to = table.integer({"byteTo"}, -1, kFarthest).value_or(-1);
  Text::Piece piece;
  piece.what = Text::Piece::What::bytes;
  piece.range.from = from;
  if (to != -1) piece.range.to = to;
  item.value.pieces.push_back(std::move(piece));
  item.charset = charset;
  item.cast = parse_cast(table.text({"type"}).value_or("string"));
  item.strategy = item_strategy(table, style);
  treat_unknown(table, *style.notices);
  return item;
}

/// "*:*" and the like, an address, or a regular expression.
void read_address(ConfigTable& table, Match& match) {
  const std::string_view key = table.has({"addressFilter"}) ? "addressFilter" : "address";
  match.pattern = table.text({key}).value_or("*:*");
  const bool regex = match.pattern.find_first_of("\\()[]|+?^$") != std::string::npos ||
                     match.pattern.find(".*") != std::string::npos;
  match.by = match.pattern == "*:*"                         ? Match::By::any
             : regex                                        ? Match::By::regex
             : match.pattern.find('*') != std::string::npos ? Match::By::glob
                                                            : Match::By::exact;
  if (regex) match.regex = regex_at(table, key, match.pattern);
  table.ignore({"address"});
}

/// "${[0:3]==atr}" and "[3:]": what asks for attributes, and for which.
Mapping read_request(ConfigTable& table, const Mapping& device, Notices& notices) {
  Mapping mapping;
  mapping.yields = Mapping::Yields::attributes_request;
  mapping.exclusive = true;
  mapping.place = table.place();
  mapping.match = device.match;
  mapping.decode.as = Decode::As::bytes;
  mapping.device = device.device;
  mapping.profile = device.profile;
  mapping.wanted_scope = constant_text(table.text({"type"}).value_or("shared"));
  const std::string request = table.text({"requestExpression"}).value_or("");
  const std::size_t equals = request.find("==");
  const bool whole = request.size() > 3 && request.substr(0, 2) == "${" && request.back() == '}';
  const auto range = whole && equals != std::string::npos
                         ? parse_range(std::string_view{request}.substr(2, equals - 2))
                         : std::nullopt;
  if (!range) table.fail("requestExpression", "must be like ${[0:3]==atr}");
  mapping.match.bytes = {*range, request.substr(equals + 2, request.size() - equals - 3)};
  const std::string names = table.text({"attributeNameExpression"}).value_or("");
  mapping.wanted_keys = parse_byte_text(names);
  if (names.empty()) table.fail("attributeNameExpression: must say which attributes");
  treat_unknown(table, notices);
  return mapping;
}

/// The values go back to whoever asked, as they are.
DownRule answer_to_request(const std::string& address, Charset charset) {
  DownRule rule;
  rule.on = DownRule::On::attributes_response;
  rule.charset = charset;
  if (address.empty()) return rule;
  rule.address_member = "address";
  rule.address = constant_text(address);
  return rule;
}

}  // namespace

Imported import_socket(ConfigTable& root, bool compat) {
  FamilyFrame frame(root, compat, "address");
  frame.set_style(DownStyle::socket);
  return frame.run("devices", {"socket"}, [&](ConfigTable& table, std::size_t index) {
    const ItemStyle style = frame.style(table);
    Mapping mapping;
    mapping.place = "devices[" + std::to_string(index) + "]";
    mapping.decode.as = Decode::As::bytes;
    read_address(table, mapping.match);
    mapping.device = constant_text(table.text({"deviceName"}).value_or(""));
    mapping.profile = constant_text(table.text({"deviceType"}).value_or("default"));
    const Charset charset = charset_of(table);
    for (ConfigTable& item : table.tables({"telemetry", "timeseries"}))
      mapping.telemetry.push_back(read_slice(item, style, charset));
    for (ConfigTable& item : table.tables({"attributes"}))
      mapping.attributes.push_back(read_slice(item, style, charset));
    const bool exact = mapping.match.by == Match::By::exact;
    for (ConfigTable& request : table.tables({"attributeRequests"})) {
      frame.add(read_request(request, mapping, frame.notices()));
      frame.down_rules().push_back(answer_to_request(exact ? mapping.match.pattern : "", charset));
    }
    check_class(table, "converter", {"BytesSocketUplinkConverter"});
    read_down_rules(table, DownStyle::socket, table.text({"deviceName"}).value_or(""),
                    exact ? mapping.match.pattern : "", frame.down_rules(), frame.notices());
    treat_unknown(table, frame.notices());
    frame.add(std::move(mapping));
  });
}

}  // namespace tbgw::convert
