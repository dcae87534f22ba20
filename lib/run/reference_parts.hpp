// SPDX-License-Identifier: Apache-2.0
// Parts of the reference's tb_gateway.json.
#pragma once

#include "core/config.hpp"
#include "run/gateway_file.hpp"

namespace tbgw::run {

/// Keys that nobody asked for: of another version maybe, which the reference passes over too.
void note_unknown(const ConfigTable& table, Gateway& gateway);
/// `thingsboard`: host, port, security, provisioning and what else concerns the session.
void read_reference_platform(ConfigTable& table, const Surroundings& around, Gateway& gateway,
                             Mistakes& mistakes);
/// `storage`, as limits of the spool: tbgw-run(1) has the table.
void read_reference_storage(ConfigTable& table, const Surroundings& around, Gateway& gateway);

}  // namespace tbgw::run
