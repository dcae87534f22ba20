// SPDX-License-Identifier: Apache-2.0
// Where to connect to and as whom: from options, the environment, systemd and the stored login.
#pragma once

#include <string>
#include <vector>

#include "mqtt/connection.hpp"
#include "mqtt/endpoint.hpp"

namespace tbgw::mqtt {

/// What the user said; "" = nothing.
struct TargetOptions {
  std::vector<std::string> urls;
  std::string token_file;
  std::string user_file;
  std::string password_file;
  std::string provision_file;  ///< credentials are got with it, and found in the state folder
  TlsFiles tls;
};

struct Target {
  std::vector<Endpoint> endpoints;
  std::string user;
  std::string password;
  std::vector<std::string> warnings;
  /// That there are no credentials, and each place where they were looked for; "" = there are some.
  std::string without;
};

/// The URLs of the options, else of $TB_GW_HOST and $TB_GW_PORT, else of the stored login. The
/// token of the options, else of `token` in $CREDENTIALS_DIRECTORY, else of $TB_GW_ACCESS_TOKEN
/// (which is then wiped from our environment), else the stored login's if the URL is its own. No
/// token at all is fine: some brokers want none. Fatal 64 (no URL, or options that do not fit
/// together), 66, 77, 78.
Target find_target(const TargetOptions& options);

/// A name for the folder of what is kept for this target, the same for the same URL and
/// credentials, that tells neither token nor password. `who` stands for credentials that are not in
/// the target.
std::string folder_name(const Target& target, const std::string& who);

/// A URL as parse_endpoint() takes it; Fatal 64 with the remedy.
Endpoint endpoint_of(const std::string& url);
/// URLs that options or the environment list, each with several in it if blanks or commas part
/// them.
std::vector<Endpoint> endpoints_of(const std::vector<std::string>& urls);

}  // namespace tbgw::mqtt
