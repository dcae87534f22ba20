// SPDX-License-Identifier: Apache-2.0
#include "run/remote_state.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "run/remote_secrets.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

/// FNV-1a: tells names apart that look the same in a file name.
std::string short_hash(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (int shift = 28; shift >= 0; shift -= 4)
    out += kDigits[(hash >> shift) & 15U];
  return out;
}

/// Members of the sections that name a file beside the main one. (A relative data_folder_path is in
/// the state folder, whichever main file says it.)
bool names_file(std::string_view key) {
  return key == "caCert" || key == "cert" || key == "privateKey" || key == "filterFile" ||
         key == "configuration";
}

/// The section as it means the same when it is read from another folder.
Json absolute(const Json& section, const std::string& folder) {
  if (!section.is_object()) return section;
  Json out = section;
  for (auto& [key, value] : out.items()) {
    if (value.is_object()) {
      value = absolute(value, folder);
    } else if (names_file(key) && value.is_string() && !folder.empty()) {
      const auto& path = value.get_ref<const std::string&>();
      const bool is_path = !path.empty() && path.find('\n') == std::string::npos;
      if (is_path) value = (std::filesystem::path{folder} / path).string();
    }
  }
  return out;
}

std::string file_text(const Json& content) {
  return content.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json main_file(const RemoteState& state, const std::string& folder) {
  Json main = state.others;
  Json general = absolute(state.general, folder);
  const auto filter = general.find("deviceFiltering");
  if (filter != general.end() && filter->is_object() && !filter->contains("filterFile")) {
    (*filter)["filterFile"] = (std::filesystem::path{folder} / "list.json").string();
  }
  main["thingsboard"] = std::move(general);
  if (!state.storage.is_null()) main["storage"] = absolute(state.storage, folder);
  Json list = Json::array();
  for (const RemoteConnector& connector : state.connectors) {
    Json entry = connector.entry.is_object() ? connector.entry : Json::object();
    entry["name"] = connector.name;
    entry["type"] = connector.type;
    entry["configuration"] = connector.local ? connector.path : connector_file_name(connector.name);
    list.push_back(std::move(entry));
  }
  main["connectors"] = std::move(list);
  return main;
}

template <class T>
const T& newer(const T& local, const T& base, const T& stored) {
  return local == base ? stored : local;
}

void tell(std::vector<std::string>* winners, const std::string& what, const Json& local,
          const Json& base, const Json& stored) {
  if (winners == nullptr || stored == local) return;
  winners->push_back(what + (local == base ? ": the platform's version is used"
                                           : ": the local file was changed since and is used"));
}

/// What the platform knows of it, put together anew with the local file.
RemoteConnector merge_connector(const RemoteConnector& local, const RemoteConnector* base,
                                const RemoteConnector& stored, std::vector<std::string>* winners) {
  if (stored.document.is_null()) return local;
  const bool changed =
      base == nullptr || base->configuration != local.configuration || base->type != local.type;
  if (stored.local) {
    RemoteConnector merged = local;
    if (!changed) merged.document = stored.document;
    return merged;
  }
  if (winners != nullptr) {
    winners->push_back("connector '" + local.name + "'" +
                       (changed ? ": the local file was changed since and is used"
                                : ": the platform's version is used"));
  }
  if (changed) return local;
  RemoteConnector merged = stored;
  merged.path = local.path;
  merged.changed = local.changed;
  return merged;
}

}  // namespace

RemoteConnector* RemoteState::find(std::string_view name) {
  const auto at = std::find_if(connectors.begin(), connectors.end(),
                               [&](const RemoteConnector& c) { return c.name == name; });
  return at == connectors.end() ? nullptr : &*at;
}

const RemoteConnector* RemoteState::find(std::string_view name) const {
  const auto at = std::find_if(connectors.begin(), connectors.end(),
                               [&](const RemoteConnector& c) { return c.name == name; });
  return at == connectors.end() ? nullptr : &*at;
}

std::vector<std::string> RemoteState::names() const {
  std::vector<std::string> out;
  for (const RemoteConnector& connector : connectors)
    out.push_back(connector.name);
  return out;
}

RemoteState merge_local(const RemoteState& local, const RemoteState& base,
                        const RemoteState& stored, std::vector<std::string>* winners) {
  RemoteState merged = local;
  merged.handled = stored.handled;
  merged.log_level = stored.log_level;
  merged.general = newer(local.general, base.general, stored.general);
  merged.storage = newer(local.storage, base.storage, stored.storage);
  merged.logs = newer(local.logs, base.logs, stored.logs);
  tell(winners, "thingsboard", local.general, base.general, stored.general);
  tell(winners, "storage", local.storage, base.storage, stored.storage);
  tell(winners, "logs.json", local.logs, base.logs, stored.logs);
  merged.connectors.clear();
  for (const RemoteConnector& connector : local.connectors) {
    const RemoteConnector* const kept = stored.find(connector.name);
    const RemoteConnector* const before = base.find(connector.name);
    if (kept != nullptr) {
      merged.connectors.push_back(merge_connector(connector, before, *kept, winners));
    } else if (before == nullptr || before->configuration != connector.configuration) {
      merged.connectors.push_back(connector);  // new, or changed since the platform removed it
    } else if (winners != nullptr) {
      winners->push_back("connector '" + connector.name + "': the platform removed it");
    }
  }
  for (const RemoteConnector& connector : stored.connectors) {
    if (connector.local || local.find(connector.name) != nullptr) continue;
    merged.connectors.push_back(connector);
    merged.connectors.back().path.clear();
    if (winners != nullptr) {
      winners->push_back("connector '" + connector.name + "': the platform added it");
    }
  }
  return merged;
}

std::map<std::string, std::string> files_of(const RemoteState& state, const std::string& folder) {
  std::map<std::string, std::string> files;
  files["tb_gateway.json"] = file_text(main_file(state, folder));
  if (!state.logs.is_null()) files["logs.json"] = file_text(state.logs);
  for (const RemoteConnector& connector : state.connectors) {
    if (connector.local) continue;
    files[connector_file_name(connector.name)] = file_text(connector_content(connector));
  }
  return files;
}

Json connector_content(const RemoteConnector& connector) {
  Json content = connector.configuration;
  if (!content.is_object()) return content;
  content["name"] = connector.name;
  for (const std::string_view beside : {"reportStrategy", "logLevel", "enableRemoteLogging"}) {
    const std::string key{beside};
    const auto found = connector.document.find(key);
    if (found != connector.document.end() && !found->is_null()) content[key] = *found;
  }
  return content;
}

std::string connector_file_name(std::string_view connector) {
  std::string name;
  for (const char c : connector.substr(0, 60)) {
    const auto byte = static_cast<unsigned char>(c);
    name += std::isalnum(byte) != 0 ? static_cast<char>(std::tolower(byte)) : '_';
  }
  return name + "-" + short_hash(connector) + ".json";
}

Json connector_attribute(const RemoteConnector& connector) {
  if (!connector.document.is_null()) return connector.document;
  Json out = connector.entry.is_object() ? connector.entry : Json::object();
  out["name"] = connector.name;
  out["type"] = connector.type;
  out["configuration"] = std::filesystem::path{connector.path}.filename().string();
  out["configurationJson"] =
      connector.configuration.is_null() ? Json::object() : without_secrets(connector.configuration);
  for (const std::string_view beside : {"logLevel", "enableRemoteLogging", "reportStrategy"}) {
    const auto found = connector.configuration.find(std::string{beside});
    if (found != connector.configuration.end()) out[std::string{beside}] = *found;
  }
  out["ts"] = connector.changed;
  return out;
}

Json general_attribute(const Json& general) {
  Json out = without_secrets(general);
  if (!out.is_object()) return Json::object();
  const auto security = general.find("security");
  if (security != general.end() && security->is_object()) {
    out["security"] = Json::object();
    if (security->contains("type")) out["security"]["type"] = (*security)["type"];
  }
  out.erase("provisioning");
  return out;
}

Json all_attributes(const RemoteState& state, std::string_view our_version) {
  Json out{{"Version", kReferenceVersion}, {"tbgwVersion", our_version}};
  out[std::string{shared::kGeneral}] = general_attribute(state.general);
  if (!state.storage.is_null()) out[std::string{shared::kStorage}] = state.storage;
  if (!state.logs.is_null()) out[std::string{shared::kLogs}] = state.logs;
  out[std::string{shared::kActive}] = state.names();
  for (const RemoteConnector& connector : state.connectors)
    out[connector.name] = connector_attribute(connector);
  return out;
}

}  // namespace tbgw::run
