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
  std::string url;
  std::string token_file;
  std::string user_file;
  std::string password_file;
  TlsFiles tls;
};

struct Target {
  Endpoint endpoint;
  std::string user;
  std::string password;
  std::vector<std::string> warnings;
};

/// The URL of the options, else of the stored login. The token file of the options, else `token` in
/// $CREDENTIALS_DIRECTORY, else the stored login's token if the URL is its own. No token at all is
/// fine: some brokers want none. Fatal 64 (no URL, or options that do not fit together), 66,
/// 77, 78.
Target find_target(const TargetOptions& options);

/// A URL as parse_endpoint() takes it; Fatal 64 with the remedy.
Endpoint endpoint_of(const std::string& url);

}  // namespace tbgw::mqtt
