// SPDX-License-Identifier: Apache-2.0
#include "convert/down_import.hpp"

#include <utility>

#include "convert/mapping_import.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using On = DownRule::On;

constexpr std::chrono::milliseconds kMs{1};
constexpr std::chrono::milliseconds kSecond{1000};

class DownImport {
 public:
  DownImport(DownStyle style, const std::string& device, const std::string& address,
             Notices& notices)
      : style_(style), device_(device), address_(address), notices_(notices) {}

  DownRule read(ConfigTable& table, On on) {
    DownRule rule;
    rule.on = on;
    rule.device = device_;
    read_names(table, rule);
    switch (style_) {
      case DownStyle::mqtt:
        read_mqtt(table, rule);
        break;
      case DownStyle::request:
      case DownStyle::rest:
        read_http(table, rule);
        break;
      case DownStyle::ftp:
        read_ftp(table, rule);
        break;
      case DownStyle::can:
        read_can(table, rule);
        break;
      case DownStyle::socket:
      case DownStyle::ble:
      case DownStyle::xmpp:
        read_device_rule(table, rule);
        break;
    }
    treat_unknown(table, notices_);
    return rule;
  }

 private:
  /// By filters for many devices, or by its name for one.
  void read_names(ConfigTable& table, DownRule& rule) const {
    if (const auto filter = table.text({"deviceNameFilter"})) {
      rule.device_filter = regex_at(table, "deviceNameFilter", *filter);
    }
    const bool rpc = rule.on == On::rpc;
    const std::string_view filter_key = rpc ? "methodFilter" : "attributeFilter";
    if (const auto filter = table.text({filter_key})) {
      rule.name_filter = regex_at(table, filter_key, *filter);
    }
    rule.search = rpc && style_ == DownStyle::mqtt;
    const auto name = rpc ? table.text({"method", "methodRPC"})
                          : table.text({"attributeOnThingsBoard", "attributeOnPlatform"});
    rule.name = name.value_or("");
    const bool needed = style_ != DownStyle::ftp;
    if (needed && rule.name.empty() && !rule.name_filter) {
      table.fail(std::string{device_.empty() ? filter_key
                             : rpc           ? "methodRPC"
                                             : "attributeOnThingsBoard"} +
                 ": must be there");
    }
  }

  static void read_text(ConfigTable& table, std::string_view key, Text& to) {
    if (const auto text = table.text({key}); text && !text->empty())
      to = text_at(table, key, *text);
  }

  /// Takes a key of any type over into the command, under another name.
  static void copy_member(ConfigTable& table, std::string_view key, std::string_view as,
                          DownRule& rule) {
    const auto* value = table.value({key});
    if (value == nullptr || value->is_null()) return;
    rule.members += "," + json_string(as) + ":" + value->dump();
  }

  void read_mqtt(ConfigTable& table, DownRule& rule) const {
    rule.address_member = "topic";
    const std::string_view key = rule.on == On::rpc ? "requestTopicExpression" : "topicExpression";
    read_text(table, key, rule.address);
    if (rule.address.empty()) table.fail(std::string{key} + ": must say the topic");
    read_text(table, "valueExpression", rule.value);
    copy_member(table, "retain", "retain", rule);
    copy_member(table, "qos", "qos", rule);
    if (rule.on != On::rpc) return;
    read_text(table, "responseTopicExpression", rule.answer_topic);
    const auto timeout = table.duration({"responseTimeout"}, kMs);
    // Two-way only with both, as in the reference.
    rule.with_response = timeout && !rule.answer_topic.empty();
    rule.timeout = timeout.value_or(rule.timeout);
    table.ignore({"type", "responseTopicQoS"});
  }

  void read_http(ConfigTable& table, DownRule& rule) const {
    const bool rest = style_ == DownStyle::rest;
    rule.address_member = "url";
    read_text(table, "requestUrlExpression", rule.address);
    if (rule.address.empty()) table.fail("requestUrlExpression: must say the URL");
    read_text(table, rest ? "valueExpression" : "requestValueExpression", rule.value);
    copy_member(table, rest ? "HTTPMethod" : "httpMethod", "httpMethod", rule);
    copy_member(table, "httpHeaders", "httpHeaders", rule);
    read_text(table, "responseValueExpression", rule.response);
    const auto timeout = table.duration({"responseTimeout"}, kSecond);
    rule.with_response = rule.on == On::rpc && (timeout || !rule.response.empty());
    rule.timeout = timeout.value_or(rule.timeout);
    table.ignore({"timeout", "tries", "allowRedirects", "SSLVerify", "security"});
  }

  static void read_ftp(ConfigTable& table, DownRule& rule) {
    if (rule.on == On::attribute) {
      rule.address_member = "path";
      read_text(table, "path", rule.address);
      if (rule.address.empty()) table.fail("path: must name the file");
      copy_member(table, "writingMode", "writingMode", rule);
    } else {
      rule.with_response = true;
    }
    read_text(table, "valueExpression", rule.value);
  }

  void read_device_rule(ConfigTable& table, DownRule& rule) const {
    read_text(table, "valueExpression", rule.value);
    rule.with_response = rule.on == On::rpc && style_ != DownStyle::xmpp &&
                         table.boolean({"withResponse"}).value_or(false);
    if (!address_.empty()) {
      rule.address_member = style_ == DownStyle::xmpp ? "jid" : "address";
      rule.address = constant_text(address_);
    }
    copy_member(table, "characteristicUUID", "characteristic", rule);
    copy_member(table, "methodProcessing", "process", rule);
    const std::string encoding = table.text({"encoding"}).value_or("utf-8");
    if (encoding.find("16") != std::string::npos) rule.charset = Charset::utf16;
    if (encoding.find("latin") != std::string::npos) rule.charset = Charset::latin1;
    table.ignore({"withResponse"});
  }

  static std::string hex_at(ConfigTable& table, std::string_view key) {
    std::string text;
    for (const char c : table.text({key}).value_or("")) {
      if (c != ' ' && c != '\t') text += c;
    }
    // The reference's own sample has a digit alone at its end.
    if (text.size() % 2 == 1) text.insert(text.size() - 1, "0");
    auto bytes = parse_hex(text);
    if (!bytes) table.fail(key, bytes.error().text);
    return *std::move(bytes);
  }

  static void read_can(ConfigTable& table, DownRule& rule) {
    const auto node = table.integer({"nodeId"}, 0, 0x1FFFFFFF);
    if (!node) table.fail("nodeId: must say whose frames");
    rule.address_member = "node";
    rule.address = constant_text(std::to_string(*node));
    copy_member(table, "isExtendedId", "extended", rule);
    copy_member(table, "isFd", "fd", rule);
    copy_member(table, "bitrateSwitch", "bitrateSwitch", rule);
    DownRule::Frame frame;
    frame.length = static_cast<std::size_t>(table.integer({"dataLength"}, 1, 64).value_or(1));
    const std::string order = table.text({"dataByteorder"}).value_or("big");
    if (order != "big" && order != "little") table.fail("dataByteorder", "must be big or little");
    frame.little_endian = order == "little";
    frame.is_signed = table.boolean({"dataSigned"}).value_or(false);
    if (const auto expression = table.text({"dataExpression"})) {
      frame.expression = expression_at(table, "dataExpression", *expression);
    }
    frame.before = hex_at(table, "dataBefore");
    frame.after = hex_at(table, "dataAfter");
    if (table.has({"dataInHex"})) frame.fixed = hex_at(table, "dataInHex");
    rule.frame = std::move(frame);
    table.ignore({"dataEncoding", "response"});
  }

  DownStyle style_;
  const std::string& device_;
  const std::string& address_;
  Notices& notices_;
};

}  // namespace

void read_down_rules(ConfigTable& table, DownStyle style, const std::string& device,
                     const std::string& address, std::vector<DownRule>& to, Notices& notices) {
  DownImport import(style, device, address, notices);
  for (ConfigTable& entry : table.tables({"attributeUpdates"}))
    to.push_back(import.read(entry, On::attribute));
  for (ConfigTable& entry : table.tables({"serverSideRpc"}))
    to.push_back(import.read(entry, On::rpc));
}

DownRule read_response_rule(ConfigTable& table) {
  DownRule rule;
  rule.on = On::attributes_response;
  rule.address_member = "topic";
  rule.address = text_at(table, "topicExpression", table.text({"topicExpression"}).value_or(""));
  if (const auto value = table.text({"valueExpression"})) {
    rule.value = text_at(table, "valueExpression", *value);
  }
  for (const std::string_view key : {"retain", "qos"}) {
    const auto* value = table.value({key});
    if (value != nullptr) rule.members += "," + json_string(key) + ":" + value->dump();
  }
  return rule;
}

}  // namespace tbgw::convert
