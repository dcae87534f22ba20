// SPDX-License-Identifier: Apache-2.0
// Secrets in connector files: what of a file of ours must not reach the platform, and how a file
// that comes back from there without it gets it again.
#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace tbgw::run {

/// Whether a member of this name holds a secret (password, accessToken, privateKey, community …).
bool names_secret(std::string_view key);

/// The value without its secrets, at any depth: members that are named so, and texts that carry a
/// password inside (a URL with one, a connection string).
nlohmann::json without_secrets(const nlohmann::json& value);

/// `incoming` with the secrets of `ours` that it lacks, so that a file which was published without
/// them and comes back changed still works. Only where both have the same kind of security and the
/// same peer (host, port, url …): nobody else gets a secret of ours.
nlohmann::json with_our_secrets(nlohmann::json incoming, const nlohmann::json& ours);

}  // namespace tbgw::run
