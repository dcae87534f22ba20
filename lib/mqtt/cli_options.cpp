// SPDX-License-Identifier: Apache-2.0
#include "mqtt/cli_options.hpp"

#include "core/app.hpp"
#include "core/status.hpp"

namespace tbgw::mqtt {

void declare_options(CLI::App& app, CliOptions& options) {
  TargetOptions& target = options.target;
  ConnectionOptions& connection = options.session.connection;
  const auto file = [&](const char* name, std::string& value, const char* help) {
    return app.add_option(name, value, help)->type_name("FILE");
  };
  app.add_option("URL,--url", target.url, "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]")
      ->type_name("URL")
      ->envname("TBGW_URL");
  file("--token-file", target.token_file, "The access token")->envname("TBGW_TOKEN_FILE");
  file("--user-file", target.user_file, "The user name of MQTT basic credentials");
  file("--password-file", target.password_file, "The password for --user-file");
  file("--ca", target.tls.ca, "Trust these certificates (PEM) instead of the system's");
  file("--cert", target.tls.certificate, "Client certificate (PEM)");
  file("--key", target.tls.key, "The key of --cert (PEM)");
  app.add_option("--client-id", connection.client_id, "MQTT client id (default: a random one)")
      ->type_name("ID");
  app.add_option("--protocol", options.protocol, "MQTT version: auto, 5 or 3.1.1")
      ->check(CLI::IsMember({"auto", "5", "3.1.1"}))
      ->capture_default_str();
  add_duration(app, "--keep-alive", connection.keep_alive, "MQTT keep-alive, 5s to 18h");
  add_duration(app, "--connect-timeout", connection.connect_timeout,
               "Give an attempt up after this");
  add_duration(app, "--ack-timeout", connection.ack_timeout,
               "Connect anew if an acknowledgement takes longer");
}

void complete_options(CliOptions& options) {
  using namespace std::chrono_literals;
  const auto keep_alive = options.session.connection.keep_alive;
  if (keep_alive < 5s || keep_alive > 18h) {
    throw Fatal(Status::usage, "--keep-alive: 5s to 18h");
  }
  if (options.session.connection.connect_timeout == 0ms) {
    throw Fatal(Status::usage, "--connect-timeout: 0 leaves no time to connect");
  }
  if (options.session.connection.ack_timeout == 0ms) {
    throw Fatal(Status::usage, "--ack-timeout: 0 leaves no time for an acknowledgement");
  }
  options.session.try_v5 = options.protocol != "3.1.1";
  options.session.try_v311 = options.protocol != "5";
  options.session.connection.tls = options.target.tls;
}

}  // namespace tbgw::mqtt
