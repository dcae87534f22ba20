// SPDX-License-Identifier: Apache-2.0
// What a gateway of the reference consists of, as the platform may change it: the sections of
// tb_gateway.json and its connectors. Pure data; version_store.hpp keeps it on disk.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tbgw::run {

/// The version of the reference gateway whose configuration we speak: with another one, or none,
/// the platform's pages write older layouts.
inline constexpr std::string_view kReferenceVersion = "3.8.3";

/// The shared attributes that are no connectors.
namespace shared {
inline constexpr std::string_view kGeneral = "general_configuration";
inline constexpr std::string_view kStorage = "storage_configuration";
inline constexpr std::string_view kGrpc = "grpc_configuration";
inline constexpr std::string_view kLogs = "logs_configuration";
inline constexpr std::string_view kActive = "active_connectors";
inline constexpr std::string_view kLogLevel = "RemoteLoggingLevel";
}  // namespace shared

struct RemoteConnector {
  std::string name;
  std::string type;
  nlohmann::json entry;          ///< more members of its entry in the list: class, key …
  nlohmann::json configuration;  ///< what its file holds, secrets included; null = no JSON
  /// The shared attribute as the platform sent it last; null = it never did.
  nlohmann::json document;
  bool local = true;         ///< its local file is what runs
  std::string path;          ///< its local file; "" = it has none
  std::int64_t changed = 0;  ///< when the local file was changed, ms since 1970

  bool operator==(const RemoteConnector&) const = default;
};

struct RemoteState {
  nlohmann::json general = nlohmann::json::object();  ///< section "thingsboard"
  nlohmann::json storage;                             ///< section "storage"; null = none
  nlohmann::json logs;                                ///< logs.json; null = none
  nlohmann::json others = nlohmann::json::object();   ///< sections that nobody changes
  std::string log_level;                              ///< RemoteLoggingLevel, "" = never told
  std::vector<RemoteConnector> connectors;
  /// The shared attributes that were dealt with last, by name, connectors excepted: the same again
  /// is no news.
  std::map<std::string, nlohmann::json> handled;

  bool operator==(const RemoteState&) const = default;

  [[nodiscard]] RemoteConnector* find(std::string_view name);
  [[nodiscard]] const RemoteConnector* find(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
};

/// Three-way: what differs in the local files from `base`, which they were when `stored` was
/// applied, was changed by hand since, and wins; all else is as `stored`. `winners` gets a line for
/// each file that is not what its local copy says, or wins over the platform's.
RemoteState merge_local(const RemoteState& local, const RemoteState& base,
                        const RemoteState& stored, std::vector<std::string>* winners);

/// The files of the reference that say this, by name: tb_gateway.json, logs.json, and one for each
/// connector that is not a local file. Relative paths in the sections mean files in `folder`.
std::map<std::string, std::string> files_of(const RemoteState& state, const std::string& folder);

/// The name of a connector's file there: made of the connector's name, never of a path that came
/// from outside, and different for different connectors.
std::string connector_file_name(std::string_view connector);

/// What the file of a connector says: its configuration, under its name, and what stands beside it
/// in the shared attribute (log level, report strategy).
nlohmann::json connector_content(const RemoteConnector& connector);

/// The client attribute of a connector: the platform's own document, or what the local file says,
/// without its secrets.
nlohmann::json connector_attribute(const RemoteConnector& connector);
/// The client attribute general_configuration: of the section "security" only the type.
nlohmann::json general_attribute(const nlohmann::json& general);
/// All client attributes that say how this gateway is configured, the versions included.
nlohmann::json all_attributes(const RemoteState& state, std::string_view our_version);

/// To keep it on disk, and back. Error: it is not what to_json() wrote.
nlohmann::json to_json(const RemoteState& state);
Result<RemoteState> state_from_json(const nlohmann::json& json);

}  // namespace tbgw::run
