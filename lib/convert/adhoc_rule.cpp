// SPDX-License-Identifier: Apache-2.0
#include "convert/adhoc_rule.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "convert/down_import.hpp"
#include "convert/value.hpp"
#include "core/config.hpp"
#include "core/number.hpp"
#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Json = nlohmann::ordered_json;

struct Kind {
  DownStyle style;
  std::string_view type;   ///< in front of the _ of a connector's method
  std::string_view needs;  ///< the key that makes parameters those of a reserved method
};
constexpr std::array<Kind, 8> kKinds{{
    {DownStyle::mqtt, "mqtt", "requestTopicExpression"},
    {DownStyle::request, "request", "requestUrlExpression"},
    {DownStyle::rest, "rest", "requestUrlExpression"},
    {DownStyle::ftp, "ftp", "filePath"},
    {DownStyle::socket, "socket", "address"},
    {DownStyle::can, "can", "nodeId"},
    {DownStyle::ble, "ble", "characteristicUUID"},
    {DownStyle::xmpp, "xmpp", ""},
}};

const Kind& kind_of(DownStyle style) {
  return *std::find_if(kKinds.begin(), kKinds.end(),
                       [&](const Kind& kind) { return kind.style == style; });
}

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  });
}

/// A value of a pair, of the type that the key has in a file.
Json typed(const std::string& key, const std::string& value) {
  constexpr std::array<std::string_view, 8> kNumbers{
      "nodeId", "dataLength", "responseTimeout", "timeout", "tries", "qos", "port", "priority"};
  constexpr std::array<std::string_view, 7> kFlags{"retain",        "isExtendedId", "isFd",
                                                   "bitrateSwitch", "dataSigned",   "withResponse",
                                                   "allowRedirects"};
  const auto among = [&](const auto& names) {
    return std::find(names.begin(), names.end(), key) != names.end();
  };
  if (among(kNumbers) || key == "httpHeaders") {
    Json json = Json::parse(value.front() == '.' ? "0" + value : value, nullptr, false);
    if (json.is_number() || json.is_object()) return json;
  }
  if (among(kFlags) && (value == "true" || value == "True")) return true;
  if (among(kFlags) && (value == "false" || value == "False")) return false;
  return value;
}

void rename(Json& entry, std::string_view from, std::string_view to) {
  const std::string old{from};
  if (!entry.contains(old) || entry.contains(std::string{to})) return;
  Json value = entry[old];
  entry.erase(old);
  entry[std::string{to}] = std::move(value);
}

/// What the reference calls differently in a call and in a file.
void use_names_of_files(DownStyle style, Json& entry) {
  if (style == DownStyle::can) {
    // In a file the parameters are the value; here it stands among them.
    const Json value = entry.value("value", Json(nullptr));
    entry.erase("value");
    if (!value.is_string() || entry.contains("dataExpression")) return;
    const auto text = value.get<std::string>();
    entry["dataExpression"] = parse_real(text) ? text : json_string(text);
    return;
  }
  rename(entry, "value",
         style == DownStyle::request ? "requestValueExpression" : "valueExpression");
  if (style == DownStyle::request) rename(entry, "HTTPMethod", "httpMethod");
  if (style == DownStyle::rest) rename(entry, "httpMethod", "HTTPMethod");
}

/// A text that says itself in a template: there is nothing to fill in.
std::string without_quotes(std::string text) {
  const bool quoted = text.size() > 1 && (text.front() == '\'' || text.front() == '"') &&
                      text.back() == text.front();
  return quoted ? text.substr(1, text.size() - 2) : text;
}

/// Of those that have no rules in a file like it.
std::optional<DownRule> plain_rule(DownStyle style, const Json& entry, bool get) {
  DownRule rule;
  rule.on = DownRule::On::rpc;
  const auto text = [&](const char* key) {
    const Json value = entry.value(key, Json(""));
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  const auto address = [&](std::string_view member, const std::string& value) {
    rule.address_member = member;
    rule.address = constant_text(value);
  };
  if (style == DownStyle::ftp) {
    address("path", text("filePath"));
    rule.with_response = get;
    rule.members = get ? R"(,"process":"read")" : R"(,"process":"write","writingMode":"OVERRIDE")";
    rule.value = constant_text(without_quotes(text("valueExpression")));
  } else if (style == DownStyle::socket) {
    const std::string port = text("port");
    address("address", text("address") + (port.empty() ? "" : ":" + port));
    rule.value = constant_text(text("valueExpression"));
  } else if (style == DownStyle::ble) {
    rule.with_response = get;
    rule.members = ",\"characteristic\":" + json_string(text("characteristicUUID")) +
                   (get ? R"(,"process":"read")" : R"(,"process":"write")");
    rule.value = constant_text(text("valueExpression"));
  } else if (style == DownStyle::xmpp) {
    rule.value = constant_text(entry.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    return std::nullopt;
  }
  return rule;
}

/// Such an entry as the file's importer reads it.
Result<std::optional<DownRule>> read_entry(DownStyle style, std::string_view method, Json entry) {
  const bool get = method == "get";
  if (style == DownStyle::xmpp) return plain_rule(style, entry, get);
  use_names_of_files(style, entry);
  if (auto rule = plain_rule(style, entry, get)) return rule;
  const bool http = style == DownStyle::request || style == DownStyle::rest;
  // A read has an answer, whatever it says about it.
  if (get && http && !entry.contains("responseTimeout")) entry["responseTimeout"] = 5;
  if (style == DownStyle::mqtt && entry.contains("responseTopicExpression") &&
      !entry.contains("responseTimeout")) {
    entry["responseTimeout"] = 5000;
  }
  entry.erase("methodFilter");
  entry.erase("deviceNameFilter");
  entry["method"] = method;
  const std::string file =
      Json{{"serverSideRpc", {entry}}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  try {
    ConfigTable table(parse_config("params", file, false));
    std::vector<DownRule> rules;
    Notices notices;
    read_down_rules(table, style, "", "", rules, notices);
    return std::optional{std::move(rules.front())};
  } catch (const Fatal& fatal) {
    // "params:1: serverSideRpc[0].qos: …": only the key means something to the caller.
    const std::string_view what = fatal.what();
    const std::size_t place = what.find("serverSideRpc[0]");
    const std::size_t start = place == what.npos ? 0 : what.find_first_of(".:", place) + 1;
    return Error{std::string{method} + ": " + std::string{strip(what.substr(start))}};
  }
}

}  // namespace

Result<std::vector<std::pair<std::string, std::string>>> parse_pairs(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view piece = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t sign = piece.find('=');
    const std::string_view name = strip(piece.substr(0, sign));
    if (sign != std::string_view::npos && is_name(name)) {
      out.emplace_back(name, piece.substr(sign + 1));
    } else if (!out.empty() && !(strip(piece).empty() && text.empty())) {
      out.back().second.append(";").append(piece);
    } else if (out.empty() && !strip(piece).empty()) {
      return Error{in_quotes(piece) + " is no name=value"};
    }
  }
  return out;
}

bool is_connector_call(DownStyle style, std::string_view method) {
  const std::string_view type = kind_of(style).type;
  return method.size() > type.size() + 1 && method.substr(0, type.size()) == type &&
         method[type.size()] == '_';
}

Result<std::optional<DownRule>> adhoc_rule(DownStyle style, std::string_view device,
                                           std::string_view method, const JsonMember* params) {
  const bool connector = device.empty() && is_connector_call(style, method);
  if ((!connector && method != "get" && method != "set") || params == nullptr) {
    return std::optional<DownRule>{};
  }
  const std::string_view needs = kind_of(style).needs;
  Json entry = Json::object();
  if (params->type == JsonType::object) {
    entry = Json::parse(params->raw, nullptr, false);
    if (!connector || !entry.is_object()) return std::optional<DownRule>{};
  } else if (params->type == JsonType::string) {
    const auto pairs = parse_pairs(params->text);
    if (!pairs) {
      if (!connector) return std::optional<DownRule>{};
      return pairs.error();
    }
    for (const auto& [key, value] : *pairs)
      entry[key] = value.empty() ? Json(value) : typed(key, value);
  } else {
    return std::optional<DownRule>{};
  }
  if (entry.empty() || (!needs.empty() && !entry.contains(std::string{needs}))) {
    if (!connector) return std::optional<DownRule>{};
    return Error{std::string{method} + ": needs " + std::string{needs}};
  }
  // "rest_get" does what "get" does.
  const bool get = method == "get" || method.ends_with("_get") || method.ends_with("_read");
  return read_entry(style, get ? "get" : "set", std::move(entry));
}

}  // namespace tbgw::convert
