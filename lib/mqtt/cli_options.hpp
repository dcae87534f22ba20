// SPDX-License-Identifier: Apache-2.0
// The options of a command line that are about a session.
#pragma once

#include <CLI/App.hpp>
#include <string>

#include "mqtt/session.hpp"
#include "mqtt/target.hpp"

namespace tbgw::mqtt {

/// What the command line says about a session, before it is looked into.
struct CliOptions {
  TargetOptions target;
  SessionOptions session;
  std::string protocol = "auto";
  std::string proxy;
  std::string proxy_user_file;
  std::string proxy_password_file;
  std::string trace;  ///< a file, "-" = stderr, "" = none
};

/// Declares URL, credentials, TLS files and what a connection is like. `options` must outlive the
/// parsing. A value that cannot be is CLI11's error; a secret is Fatal 64 with the remedy.
void declare_options(CLI::App& app, CliOptions& options);

/// Checks what no single option can be asked (Fatal 64) and completes `session`, but for what
/// find_target() says.
void complete_options(CliOptions& options);

}  // namespace tbgw::mqtt
