// SPDX-License-Identifier: Apache-2.0
// The folders of a gateway: what it keeps, and what is there only while it runs.
#pragma once

#include <string>

#include "core/fd.hpp"

namespace tbgw::run {

/// What is kept: the spool, the router's table. `given`, else the first of $STATE_DIRECTORY, else
/// tbgw in $XDG_STATE_HOME (~/.local/state).
std::string state_folder(const std::string& given);
/// FIFOs, secrets, the control socket: `given`, else $RUNTIME_DIRECTORY, else tbgw in
/// $XDG_RUNTIME_DIR, else /tmp/tbgw-UID.
std::string runtime_folder(const std::string& given);

/// Makes it, with what is above it. Fatal 73.
void make_folder(const std::string& path);
/// The runtime folder is ours alone: made 0700, nobody else may write there. Fatal 73, 77.
void make_private_folder(const std::string& path);
/// Held as long as the descriptor lives. Fatal 75 if another process has it; 73.
Fd lock_folder(const std::string& path);

}  // namespace tbgw::run
