// SPDX-License-Identifier: Apache-2.0
#include "run/remote.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "run/remote_secrets.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

bool is_section(std::string_view key) {
  return key == shared::kGeneral || key == shared::kStorage || key == shared::kGrpc ||
         key == shared::kLogs || key == shared::kActive || key == shared::kLogLevel;
}

Json without_ts(Json value) {
  if (value.is_object()) value.erase("ts");
  return value;
}

/// Everything that is a secret of the section "security", or stands for one.
bool has_credentials(const Json& security) {
  static constexpr std::array<const char*, 4> kMembers{"accessToken", "password", "privateKey",
                                                       "cert"};
  return std::any_of(kMembers.begin(), kMembers.end(), [&](const char* member) {
    const auto found = security.find(member);
    return found != security.end() && found->is_string() &&
           !found->get_ref<const std::string&>().empty();
  });
}

/// The section "thingsboard" as it is to be: security without a secret is what we publish
/// ourselves, and means that ours stays.
Json general_of(const Json& document, const Json& ours) {
  Json general = without_ts(document);
  const auto security = general.find("security");
  const auto mine = ours.find("security");
  const bool comes = security != general.end() && security->is_object();
  if ((!comes || !has_credentials(*security)) && mine != ours.end()) general["security"] = *mine;
  if (ours.contains("provisioning") && !general.contains("provisioning")) {
    general["provisioning"] = ours["provisioning"];
  }
  return general;
}

/// What runs, without the members that only keep the books.
Json essence(const RemoteConnector& connector) {
  Json content = connector_content(connector);
  if (content.is_object()) {
    for (const char* key : {"id", "configVersion", "name", "ts"})
      content.erase(key);
  }
  return content;
}

class Decider {
 public:
  Decider(const RemoteState& now, const std::map<std::string, Json>& refused,
          const RemoteCheck& check)
      : before_(now), refused_(refused), check_(check) {
    change_.next = now;
  }

  void general(const Json& document);
  void section(std::string_view key, const Json& document, Json RemoteState::*part);
  void grpc(const Json& document);
  void log_level(const Json& level);
  void active(const Json& list);
  void connector(const std::string& name, const Json& document);

  /// The same was dealt with, or refused, before.
  [[nodiscard]] bool is_old(std::string_view key, const Json& document) const;
  RemoteChange take() { return std::move(change_); }

 private:
  void refuse(std::string_view key, const std::string& text) {
    change_.refused.push_back({std::string{key}, text});
  }
  void unchanged(std::string_view key, const Json& acknowledgement) {
    change_.at_once[std::string{key}] = acknowledgement;
  }
  /// `candidate` takes the place of what was, if the check finds no mistake.
  bool adopt(std::string_view key, RemoteState candidate, const Json& acknowledgement);
  std::optional<RemoteConnector> described(const std::string& name, const Json& document);
  [[nodiscard]] bool is_wanted(const std::string& name) const;

  const RemoteState& before_;
  const std::map<std::string, Json>& refused_;
  const RemoteCheck& check_;
  RemoteChange change_;
};

bool Decider::is_old(std::string_view key, const Json& document) const {
  const std::string name{key};
  const auto was_refused = refused_.find(name);
  if (was_refused != refused_.end() && was_refused->second == document) return true;
  const auto handled = before_.handled.find(name);
  return handled != before_.handled.end() && handled->second == document;
}

bool Decider::adopt(std::string_view key, RemoteState candidate, const Json& acknowledgement) {
  const std::string name{key};
  std::string text;
  for (const std::string& mistake : check_(candidate, name))
    text.append(text.empty() ? "" : "\n").append(mistake);
  if (!text.empty()) {
    refuse(key, text);
    return false;
  }
  change_.next = std::move(candidate);
  change_.changed.push_back(name);
  change_.acknowledge[name] = acknowledgement;
  return true;
}

void Decider::general(const Json& document) {
  if (!document.is_object()) return refuse(shared::kGeneral, "is no object");
  RemoteState candidate = change_.next;
  candidate.general = general_of(document, change_.next.general);
  candidate.handled[std::string{shared::kGeneral}] = document;
  const Json acknowledgement = general_attribute(document);
  if (candidate.general == without_ts(change_.next.general)) {
    change_.next.handled = std::move(candidate.handled);
    return unchanged(shared::kGeneral, acknowledgement);
  }
  adopt(shared::kGeneral, std::move(candidate), acknowledgement);
}

void Decider::section(std::string_view key, const Json& document, Json RemoteState::*part) {
  if (!document.is_object()) return refuse(key, "is no object");
  RemoteState candidate = change_.next;
  candidate.*part = without_ts(document);
  candidate.handled[std::string{key}] = document;
  if (candidate.*part == without_ts(before_.*part)) {
    change_.next.handled = std::move(candidate.handled);
    return unchanged(key, document);
  }
  adopt(key, std::move(candidate), document);
}

void Decider::grpc(const Json& document) {
  change_.next.handled[std::string{shared::kGrpc}] = document;
  change_.notices.emplace_back(
      "grpc_configuration is ignored: a connector of one's own is a program that prints records");
}

void Decider::log_level(const Json& level) {
  if (!level.is_string()) return refuse(shared::kLogLevel, "is no text");
  change_.next.log_level = level.get<std::string>();
  change_.next.handled[std::string{shared::kLogLevel}] = level;
  unchanged(shared::kLogLevel, level);
}

/// Connectors that are not named any more go; those that are new are asked for.
void Decider::active(const Json& list) {
  const bool is_list = list.is_array() && std::all_of(list.begin(), list.end(), [](const Json& e) {
                         return e.is_string() && !e.get_ref<const std::string&>().empty();
                       });
  if (!is_list) return refuse(shared::kActive, "is no list of names");
  const auto names = list.get<std::vector<std::string>>();
  const auto is_active = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const std::string& name : names) {
    if (is_section(name)) return refuse(shared::kActive, in_quotes(name) + " is no connector");
    if (before_.find(name) == nullptr) change_.ask.push_back(name);
  }
  RemoteState candidate = change_.next;
  candidate.handled[std::string{shared::kActive}] = list;
  auto& connectors = candidate.connectors;
  connectors.erase(std::remove_if(connectors.begin(), connectors.end(),
                                  [&](const RemoteConnector& c) { return !is_active(c.name); }),
                   connectors.end());
  const Json acknowledgement = candidate.names();
  if (connectors.size() == change_.next.connectors.size()) {
    change_.next = std::move(candidate);
    return unchanged(shared::kActive, acknowledgement);
  }
  adopt(shared::kActive, std::move(candidate), acknowledgement);
}

bool Decider::is_wanted(const std::string& name) const {
  const auto active = change_.next.handled.find(std::string{shared::kActive});
  if (active == change_.next.handled.end() || !active->second.is_array()) return false;
  const Json& list = active->second;
  return std::find(list.begin(), list.end(), Json(name)) != list.end();
}

/// The connector that the attribute speaks of; refused if it does not say what is needed.
std::optional<RemoteConnector> Decider::described(const std::string& name, const Json& document) {
  const RemoteConnector* const ours = change_.next.find(name);
  const auto told = document.find("name");
  const auto type = document.find("type");
  const auto configuration = document.find("configurationJson");
  std::string mistake;
  if (told != document.end() && *told != name) mistake = "its name is another one";
  if (type != document.end() && !type->is_string()) mistake = "its type is no text";
  if (type == document.end() && ours == nullptr) mistake = "it has no type";
  if (configuration == document.end() || !configuration->is_object()) {
    mistake = "configurationJson is missing, or no object";
  }
  if (!mistake.empty()) {
    refuse(name, mistake);
    return std::nullopt;
  }
  RemoteConnector out = ours != nullptr ? *ours : RemoteConnector{};
  out.name = name;
  if (type != document.end()) out.type = type->get<std::string>();
  out.entry = Json::object();
  for (const char* member : {"class", "key"}) {
    const auto found = document.find(member);
    if (found != document.end() && found->is_string() && *found != "") out.entry[member] = *found;
  }
  out.document = document;
  out.local = false;
  out.configuration =
      with_our_secrets(*configuration, ours != nullptr ? ours->configuration : Json());
  return out;
}

void Decider::connector(const std::string& name, const Json& document) {
  const RemoteConnector* const ours = change_.next.find(name);
  if (ours == nullptr && !is_wanted(name)) return;  // an attribute of somebody else's
  if (!document.is_object()) return refuse(name, "is no object");
  if (ours != nullptr && ours->document == document) return;
  const auto ts = document.find("ts");
  if (ours != nullptr && ours->local && ours->document.is_null() && ts != document.end() &&
      ts->is_number() && ts->get<double>() <= static_cast<double>(ours->changed)) {
    change_.next.handled[name] = document;
    change_.notices.push_back("connector " + in_quotes(name) +
                              ": the local file is newer than what the platform has, and stays");
    return;
  }
  auto described_so = described(name, document);
  if (!described_so) return;
  RemoteState candidate = change_.next;
  candidate.handled.erase(name);
  RemoteConnector* const place = candidate.find(name);
  const bool same = ours != nullptr && ours->type == described_so->type &&
                    essence(*ours) == essence(*described_so);
  if (same) {
    described_so->configuration = ours->configuration;
    described_so->local = ours->local;
  }
  if (place != nullptr) {
    *place = std::move(*described_so);
  } else {
    candidate.connectors.push_back(std::move(*described_so));
  }
  if (same) {
    change_.next = std::move(candidate);
    return unchanged(name, document);
  }
  if (adopt(name, std::move(candidate), document) && place == nullptr) {
    change_.acknowledge[std::string{shared::kActive}] = change_.next.names();
  }
}

}  // namespace

RemoteChange decide(const RemoteState& now, const std::map<std::string, Json>& refused,
                    const Json& incoming, const RemoteCheck& check) {
  Decider decider(now, refused, check);
  const auto with = [&](std::string_view key, const auto& take) {
    const auto found = incoming.find(std::string{key});
    if (found == incoming.end()) return;
    const Json document = shared_value(*found);
    if (!decider.is_old(key, document)) take(document);
  };
  with(shared::kGeneral, [&](const Json& d) { decider.general(d); });
  with(shared::kStorage,
       [&](const Json& d) { decider.section(shared::kStorage, d, &RemoteState::storage); });
  with(shared::kGrpc, [&](const Json& d) { decider.grpc(d); });
  with(shared::kLogs,
       [&](const Json& d) { decider.section(shared::kLogs, d, &RemoteState::logs); });
  with(shared::kLogLevel, [&](const Json& d) { decider.log_level(d); });
  with(shared::kActive, [&](const Json& d) { decider.active(d); });
  for (const auto& [key, value] : incoming.items()) {
    if (!is_section(key))
      with(key, [&, &name = key](const Json& d) { decider.connector(name, d); });
  }
  RemoteChange change = decider.take();
  // What this very message describes needs no question.
  auto& ask = change.ask;
  ask.erase(std::remove_if(ask.begin(), ask.end(),
                           [&](const std::string& name) { return incoming.contains(name); }),
            ask.end());
  return change;
}

}  // namespace tbgw::run
