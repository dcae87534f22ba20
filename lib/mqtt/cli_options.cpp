// SPDX-License-Identifier: Apache-2.0
#include "mqtt/cli_options.hpp"

#include "core/app.hpp"
#include "core/status.hpp"
#include "core/text.hpp"
#include "mqtt/credentials.hpp"

namespace tbgw::mqtt {
namespace {

using namespace std::chrono_literals;

/// What people try first; said to whoever types it, hidden from the help.
void refuse_secrets(CLI::App& app) {
  const auto refuse = [](const std::string& name, const std::string& remedy) {
    return [name, remedy](const std::string& /*secret*/) {
      throw Fatal(Status::usage, name +
                                     ": every user of this machine sees a command line: put the "
                                     "secret into a file and say " +
                                     remedy);
    };
  };
  for (const char* name : {"--token", "--access-token"}) {
    app.add_option_function<std::string>(name, refuse(name, "--token-file FILE"), "")->group("");
  }
  app.add_option_function<std::string>("--password", refuse("--password", "--password-file FILE"),
                                       "")
      ->group("");
}

void declare_credentials(CLI::App& app, CliOptions& options) {
  TargetOptions& target = options.target;
  const auto file = [&](const char* name, std::string& value, const char* help) {
    return app.add_option(name, value, help)->type_name("FILE");
  };
  file("--token-file", target.token_file, "The access token")->envname("TBGW_TOKEN_FILE");
  file("--user-file", target.user_file, "The user name of MQTT basic credentials");
  file("--password-file", target.password_file, "The password for --user-file");
  file("--provision", target.provision_file, "Get credentials with the device key in FILE, once");
  file("--ca", target.tls.ca, "Trust these certificates (PEM) instead of the system's");
  file("--cert", target.tls.certificate, "Client certificate (PEM)");
  file("--key", target.tls.key, "The key of --cert (PEM)");
  refuse_secrets(app);
}

}  // namespace

void declare_options(CLI::App& app, CliOptions& options) {
  ConnectionOptions& connection = options.session.connection;
  app.add_option("URL,--url", options.target.urls,
                 "mqtt://HOST[:PORT] or mqtts://HOST[:PORT]; several are tried in turn")
      ->type_name("URL")
      ->expected(0, 16)
      ->envname("TBGW_URL");
  declare_credentials(app, options);
  app.add_option("--client-id", connection.client_id, "MQTT client id (default: a random one)")
      ->type_name("ID");
  app.add_option("--protocol", options.protocol, "MQTT version: auto, 5 or 3.1.1")
      ->check(CLI::IsMember({"auto", "5", "3.1.1"}))
      ->capture_default_str();
  app.add_option("--proxy", options.proxy, "Connect through socks5://HOST[:PORT]")
      ->type_name("URL");
  app.add_option("--proxy-user-file", options.proxy_user_file, "The user name for --proxy")
      ->type_name("FILE");
  app.add_option("--proxy-password-file", options.proxy_password_file, "The password for --proxy")
      ->type_name("FILE");
  add_duration(app, "--keep-alive", connection.keep_alive, "MQTT keep-alive, 5s to 18h", 5s, 18h);
  add_duration(app, "--connect-timeout", connection.connect_timeout,
               "Give an attempt up after this", 1ms);
  add_duration(app, "--ack-timeout", connection.ack_timeout,
               "Connect anew if an acknowledgement takes longer", 1ms);
  app.add_option("--trace", options.trace, "Append every MQTT packet to FILE, without secrets")
      ->type_name("FILE");
}

void complete_options(CliOptions& options) {
  options.session.try_v5 = options.protocol != "3.1.1";
  options.session.try_v311 = options.protocol != "5";
  options.session.connection.tls = options.target.tls;
  const auto require = [](bool good, const char* text) {
    if (!good) throw Fatal(Status::usage, text);
  };
  require(!options.proxy.empty() || options.proxy_user_file.empty(),
          "--proxy-user-file needs --proxy");
  require(!options.proxy_user_file.empty() || options.proxy_password_file.empty(),
          "--proxy-password-file needs --proxy-user-file");
  if (options.proxy.empty()) return;
  auto proxy = parse_proxy(options.proxy);
  if (!proxy) throw Fatal(Status::usage, "--proxy: " + proxy.error().text);
  if (!options.proxy_user_file.empty()) proxy->user = read_secret(options.proxy_user_file);
  if (!options.proxy_password_file.empty()) {
    proxy->password = read_secret(options.proxy_password_file);
  }
  options.session.connection.proxy = *std::move(proxy);
}

}  // namespace tbgw::mqtt
