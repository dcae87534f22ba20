// SPDX-License-Identifier: Apache-2.0
// The connectors of the reference gateway, and which of our programs does the work of each.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "run/plan.hpp"

namespace tbgw::run {

/// How a kind of connector file is run.
struct ConnectorKind {
  std::string_view type;     ///< the reference's word
  std::string_view program;  ///< ours
  bool config_option;        ///< the file follows --config instead of being an operand
  bool raw;                  ///< it prints raw records: tbgw-convert reads the same file
};

/// The kind by its name, or nullptr. Classes of the reference that are built in here
/// ("CustomSerialConnector") are names too.
const ConnectorKind* find_kind(std::string_view name);
/// The kind whose file has these keys, or nullptr.
const ConnectorKind* guess_kind(const nlohmann::ordered_json& root);
/// "serial", "modbus", …: for messages.
std::vector<std::string> kind_names();

/// Fills in connector, map and downlink for a connector file.
void use_kind(Pipeline& pipeline, const ConnectorKind& kind);

/// A file without keys, or with bookkeeping ones only, which the reference does not start either.
bool is_empty_connector(const nlohmann::ordered_json& root);

}  // namespace tbgw::run
