// SPDX-License-Identifier: Apache-2.0
// What a gateway's files say, whichever of the three forms they have: our gateway.toml, the
// reference's tb_gateway.json, or bare connector files.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "run/mistakes.hpp"
#include "run/plan.hpp"

namespace tbgw::run {

/// What must be known of the machine to read them.
struct Surroundings {
  std::string state;  ///< folder of the spool and the router's table, where files name none
  /// Whether a program can be started: a name is looked up where we are and in PATH.
  std::function<bool(const std::string& program)> has_program;
  bool skip_missing = false;                       ///< leave out connectors whose program is absent
  std::map<std::string, std::string> environment;  ///< TB_GW_…: what the reference takes from there
};

/// Reads all of them; the gateway is whole only if there was no mistake. One main file, or any
/// number of connector files.
Gateway read_gateway(const std::vector<std::string>& files, const Surroundings& around,
                     Mistakes& mistakes);

/// The level that a word of the reference ("TRACE" … "CRITICAL", "NONE") or of ours ("warning")
/// means.
std::optional<log::Level> level_of(const std::string& word);
/// The same for a pipeline. False: it is no level.
bool take_level(Pipeline& pipeline, const std::string& word);

// For the readers of the three forms.

/// `path` as it is meant from the folder of `file`.
std::string beside(const std::string& file, const std::string& path);
/// What the connector's own file says of the pipeline: its level, its name if none was given. The
/// file's kind decides connector and map, unless the type is known already. False: there was a
/// mistake, or nothing to start, or its program is absent and that is to be skipped.
bool take_connector_file(Pipeline& pipeline, const Surroundings& around, Gateway& gateway,
                         Mistakes& mistakes);
/// Whether the programs of a pipeline are there; if not it is told, or left out.
bool has_programs(const Pipeline& pipeline, const Surroundings& around, Gateway& gateway,
                  Mistakes& mistakes);
/// Names must be unlike each other, and fit for tbgw-route.
void check_names(const Gateway& gateway, Mistakes& mistakes);

void read_native(const std::shared_ptr<const ConfigFile>& file, const Surroundings& around,
                 Gateway& gateway, Mistakes& mistakes);
void read_reference(const std::shared_ptr<const ConfigFile>& file, const Surroundings& around,
                    Gateway& gateway, Mistakes& mistakes);

}  // namespace tbgw::run
