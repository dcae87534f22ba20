// SPDX-License-Identifier: Apache-2.0
#include "convert/native_down.hpp"

#include <array>

#include "convert/mapping_import.hpp"
#include "convert/native_decode.hpp"
#include "convert/native_item.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using On = DownRule::On;

std::string hex_at(ConfigTable& table, std::string_view key) {
  auto bytes = parse_hex(table.text({key}).value_or(""));
  if (!bytes) table.fail(key, bytes.error().text);
  return *std::move(bytes);
}

void read_address(ConfigTable& table, DownRule& rule) {
  constexpr std::array<std::string_view, 8> kMembers{"topic", "url",  "path", "address",
                                                     "port",  "node", "jid",  "chargePoint"};
  for (const std::string_view member : kMembers) {
    const auto text = table.text({member});
    if (!text) continue;
    if (!rule.address_member.empty()) {
      table.fail(member, "cannot stand beside " + rule.address_member);
    }
    rule.address_member = member;
    rule.address = text_at(table, member, *text);
  }
}

/// `send`: a text; or `type`: the value as bytes.
void read_payload(ConfigTable& table, DownRule& rule) {
  if (const auto text = table.text({"send"})) rule.value = text_at(table, "send", *text);
  if (const auto value = table.text({"value"})) {
    rule.encode_value = text_at(table, "value", *value);
    if (!rule.encode_value.single_path()) table.fail("value", "must be one ${path}");
  }
  const std::string encoding = table.text({"encoding"}).value_or("utf-8");
  if (encoding == "latin-1") {
    rule.charset = Charset::latin1;
  } else if (encoding == "utf-16") {
    rule.charset = Charset::utf16;
  } else if (encoding != "utf-8") {
    table.fail("encoding", "must be utf-8, latin-1 or utf-16, is " + in_quotes(encoding));
  }
  rule.before = hex_at(table, "before");
  rule.after = hex_at(table, "after");
  if (!table.has({"type"})) {
    if (!rule.encode_value.empty()) table.fail("value", "needs a type");
    return;
  }
  if (!rule.value.empty()) table.fail("send", "cannot stand beside type");
  rule.encode = read_native_number(table);
}

DownRule read_rule(ConfigTable& table, On on) {
  DownRule rule;
  rule.on = on;
  rule.device = table.text({"device"}).value_or("");
  if (const auto filter = table.text({"deviceFilter"})) {
    rule.device_filter = regex_at(table, "deviceFilter", *filter);
  }
  const bool rpc = on == On::rpc;
  const std::string_view name = rpc ? "method" : "attribute";
  const std::string_view pattern = rpc ? "methodFilter" : "attributeFilter";
  rule.name = table.text({name}).value_or("");
  if (const auto filter = table.text({pattern})) {
    rule.name_filter = regex_at(table, pattern, *filter);
  }
  if (rule.name.empty() && !rule.name_filter) table.fail(std::string{name} + ": must be there");
  read_address(table, rule);
  read_payload(table, rule);
  if (const auto members = table.table({"members"})) {
    for (const auto& [key, value] : members->json().items())
      rule.members += "," + json_string(key) + ":" + value.dump();
  }
  if (rpc) {
    auto answer = table.table({"answer"});
    rule.with_response = answer || table.boolean({"withResponse"}).value_or(false);
    rule.timeout = table.duration({"timeout"}, std::chrono::milliseconds{1}).value_or(rule.timeout);
    if (rule.timeout.count() <= 0) table.fail("timeout", "must be more than 0");
    if (answer) {
      const auto otherwise = answer->has({"at"}) ? Decode::As::bytes : Decode::As::json;
      rule.answer_decode = read_native_decode(*answer, otherwise);
      rule.answer = read_native_value(*answer, rule.answer_decode);
      answer->refuse_unknown();
    }
  }
  table.refuse_unknown();
  return rule;
}

}  // namespace

std::vector<DownRule> read_native_down(ConfigTable& root) {
  std::vector<DownRule> out;
  for (ConfigTable& table : root.tables({"attributeUpdates"}))
    out.push_back(read_rule(table, On::attribute));
  for (ConfigTable& table : root.tables({"serverSideRpc"}))
    out.push_back(read_rule(table, On::rpc));
  return out;
}

}  // namespace tbgw::convert
