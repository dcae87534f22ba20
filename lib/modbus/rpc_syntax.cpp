// SPDX-License-Identifier: Apache-2.0
#include "modbus/rpc_syntax.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "modbus/tag_text.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kPrefix = "modbus_";

std::string_view stripped(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
    text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  return text;
}

/// The key that a pair starts with, if anybody knows it.
std::optional<std::string> key_of(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view name = stripped(pair.substr(0, equals));
  // Words of the text of a value must not be taken for keys where they only look alike.
  if (name.find(' ') != std::string_view::npos) return std::nullopt;
  return key_named(name);
}

/// Where the pair that starts at `from` ends: at the next ';' that a known key follows.
std::size_t end_of_pair(std::string_view text, std::size_t from) {
  for (std::size_t stop = text.find(';', from); stop != std::string_view::npos;
       stop = text.find(';', stop + 1)) {
    const std::string_view rest = text.substr(stop + 1);
    if (stripped(rest).empty() || key_of(rest)) return stop;
  }
  return text.size();
}

Result<Rpc> reserved(Rpc rpc, const Json& params) {
  rpc.kind = Rpc::Kind::reserved;
  if (!params.is_string()) {
    return Error{rpc.method +
                 " needs a text like type=16int;functionCode=3;objectsCount=1;"
                 "address=0;" +
                 (rpc.method == "set" ? "value=1;" : "")};
  }
  auto pairs = parse_pairs(params.get_ref<const std::string&>());
  if (!pairs) return pairs.error();
  rpc.tag = *std::move(pairs);
  if (const auto value = rpc.tag.find("value"); value != rpc.tag.end()) {
    rpc.value = std::move(*value);
    rpc.tag.erase("value");
  }
  if (rpc.method == "set" && rpc.value.is_null()) return Error{"set needs a value"};
  for (const std::string_view key : {"functionCode", "address"}) {
    // An address may say which table it is in.
    const bool optional =
        key == "functionCode" && rpc.tag.contains("address") && !rpc.tag["address"].is_number();
    if (!optional && !rpc.tag.contains(key)) {
      return Error{rpc.method + " needs " + std::string{key}};
    }
  }
  rpc.tag["tag"] = rpc.method;
  return rpc;
}

/// modbus_<method>, with no other underscore.
bool is_connector_method(std::string_view method) {
  return method.substr(0, kPrefix.size()) == kPrefix && method.size() > kPrefix.size() &&
         method.find('_', kPrefix.size()) == std::string_view::npos;
}

Result<Rpc> connector(Rpc rpc, const Json& params) {
  rpc.kind = Rpc::Kind::connector;
  rpc.method.erase(0, kPrefix.size());
  if (!params.is_object())
    return Error{"modbus_" + rpc.method + " needs an object of a tag's keys"};
  rpc.tag = params;
  if (const auto value = params.find("value"); value != params.end()) rpc.value = *value;
  rpc.tag.erase("value");
  if (!rpc.tag.contains("tag")) rpc.tag["tag"] = rpc.method;
  return rpc;
}

Result<void> read_timeout(const Json& content, Rpc& rpc) {
  const auto timeout = content.find("timeout");
  if (timeout == content.end() || timeout->is_null()) return {};
  const double seconds = timeout->is_number() ? timeout->get<double>() : -1;
  if (!(seconds > 0 && seconds <= 86400)) return Error{"timeout must be a number of seconds"};
  rpc.timeout = std::chrono::milliseconds{std::llround(seconds * 1000)};
  return {};
}

}  // namespace

Result<Json> parse_pairs(std::string_view text) {
  Json out = Json::object();
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t stop = end_of_pair(text, start);
    const std::string_view pair = text.substr(start, stop - start);
    start = stop + 1;
    if (stripped(pair).empty()) continue;
    const auto key = key_of(pair);
    if (!key || *key == "tag" || *key == "section") {
      return Error{in_quotes(pair) + " is no key=value with a key of a tag"};
    }
    if (out.contains(*key)) return Error{*key + " is given twice"};
    std::string_view value = pair.substr(pair.find('=') + 1);
    if (*key != "value") value = stripped(value);
    auto parsed = value_of_key(*key, value);
    if (!parsed) return parsed.error();
    out[*key] = *std::move(parsed);
  }
  return out;
}

Result<Rpc> parse_rpc(const Json& content) {
  const Json none;
  const auto member = [&](const Json& object, const char* key) -> const Json& {
    if (!object.is_object()) return none;
    const auto found = object.find(key);
    return found == object.end() ? none : *found;
  };
  const Json& data = member(content, "data");
  Rpc rpc;
  if (!member(data, "method").is_string()) return Error{"the RPC has no method"};
  rpc.method = member(data, "method").get<std::string>();
  if (member(content, "device").is_string()) rpc.device = content["device"].get<std::string>();
  rpc.id = data.contains("id") ? data["id"] : member(content, "id");
  if (const auto good = read_timeout(content, rpc); !good) return good.error();
  const Json& params = member(data, "params");
  if (is_connector_method(rpc.method)) return connector(std::move(rpc), params);
  if (rpc.device.empty()) {
    return Error{in_quotes(rpc.method) + " is no RPC of this connector (modbus_<method>)"};
  }
  // In any case: the reference takes GET for a set and fails.
  std::string lower = rpc.method;
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower == "raw" && params.is_string()) rpc.kind = Rpc::Kind::raw;
  if (lower == "get" || lower == "set") {
    rpc.method = lower;
    return reserved(std::move(rpc), params);
  }
  rpc.value = params;
  return rpc;
}

}  // namespace tbgw::modbus
