// SPDX-License-Identifier: Apache-2.0
#include "core/record.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace tbgw {
namespace {

/// In the order in which they decide, which is also that of LineKind.
constexpr std::array<std::pair<std::string_view, LineKind>, 5> kKindMembers{{
    {"spool", LineKind::hello},
    {"event", LineKind::event},
    {"send", LineKind::command},
    {"rpc", LineKind::answer},
    {"data", LineKind::raw},
}};

constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kAddresses{{
    {"serial", "port"},
    {"mqtt", "topic"},
    {"http", "url"},
    {"rest", "url"},
    {"socket", "address"},
    {"ftp", "path"},
    {"can", "node"},
    {"ble", "address"},
    {"xmpp", "jid"},
}};

void append_member(std::string& out, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  out.append(",\"").append(key).append("\":");
  append_json_string(out, value);
}

std::string dump(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void append_members(nlohmann::ordered_json& to, const nlohmann::ordered_json& members) {
  for (const auto& [key, value] : members.items())
    to[key] = value;
}

}  // namespace

LineKind kind_of(std::span<const JsonMember> members) {
  constexpr std::size_t kLongest = 5;
  LineKind first = LineKind::reading;
  for (const JsonMember& member : members) {
    if (member.key.size() > kLongest) continue;
    for (const auto& [key, kind] : kKindMembers) {
      if (kind < first && member.key == key) first = kind;
    }
  }
  return first;
}

std::string_view address_member(std::string_view source) {
  if (source == "ocpp") return "chargePoint";
  for (const auto& [name, member] : kAddresses) {
    if (name == source) return member;
  }
  return "";
}

void append_raw(std::string& out, const RawRecord& record) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), record.ts).ptr;
  out.append("{\"ts\":").append(digits.data(), end);
  append_member(out, "source", record.source);
  append_member(out, address_member(record.source), record.address);
  append_member(out, "device", record.device);
  out.append(",\"data\":");
  append_json_string(out, record.data);
  append_member(out, "encoding", record.encoding);
  if (!record.clock.empty()) out.append(",").append(record.clock);
  if (!record.rpc.empty()) out.append(",\"rpc\":").append(record.rpc);
  out.append("}\n");
}

std::string event_line(std::string_view event, std::string_view device,
                       const nlohmann::ordered_json& members) {
  nlohmann::ordered_json line{{"event", event}};
  if (!device.empty()) line["device"] = device;
  append_members(line, members);
  return dump(line);
}

std::string stats_line(std::string_view tool, std::string_view name, const Counters& counters) {
  nlohmann::ordered_json line{{"event", "stats"}, {"tool", tool}};
  if (!name.empty()) line["name"] = name;
  auto& values = line["counters"] = nlohmann::ordered_json::object();
  for (const auto& [key, value] : counters)
    values[std::string{key}] = value;
  return dump(line);
}

std::string fault_line(std::string_view tool, std::string_view text, std::string_view device,
                       const nlohmann::ordered_json& more) {
  nlohmann::ordered_json line{{"event", "fault"}, {"tool", tool}, {"text", text}};
  if (!device.empty()) line["device"] = device;
  append_members(line, more);
  return dump(line);
}

}  // namespace tbgw
