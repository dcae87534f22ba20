// SPDX-License-Identifier: Apache-2.0
#include "mqtt/target.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "core/fd.hpp"
#include "core/status.hpp"
#include "core/text.hpp"
#include "mqtt/credentials.hpp"

namespace tbgw::mqtt {
namespace {

constexpr const char* kNoUrl =
    "no URL: say where the platform is, as in 'tbgw-push mqtt://tb.example.com', or in TBGW_URL, "
    "or once and for all with 'tbgw-push --login'";

void check_options(const TargetOptions& options) {
  const auto fail = [](const char* text) { throw Fatal(Status::usage, text); };
  if (options.tls.certificate.empty() != options.tls.key.empty()) {
    fail("--cert and --key belong together");
  }
  if (!options.provision_file.empty() &&
      !(options.token_file.empty() && options.user_file.empty())) {
    fail("--provision gets the credentials: leave --token-file and --user-file out");
  }
  if (!options.token_file.empty() && !options.user_file.empty()) {
    fail("--token-file and --user-file: the token is the user name, so give one of them");
  }
  if (!options.password_file.empty() && options.user_file.empty()) {
    fail("--password-file needs --user-file");
  }
}

/// Better now and with the path than as an error of the TLS library.
void check_tls(const TargetOptions& options, const std::vector<Endpoint>& endpoints) {
  const bool all_tls = std::all_of(endpoints.begin(), endpoints.end(),
                                   [](const Endpoint& endpoint) { return endpoint.tls; });
  for (const std::string& file : {options.tls.ca, options.tls.certificate, options.tls.key}) {
    if (file.empty()) continue;
    if (!all_tls) throw Fatal(Status::usage, "--ca, --cert and --key need an mqtts:// URL");
    open_for_reading(file);
  }
}

std::string secret(const std::string& path, Target& target) {
  if (is_readable_by_others(path)) {
    target.warnings.push_back(path + " can be read by others: chmod 600 " + path);
  }
  return read_secret(path);
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? "" : value;
}

/// The variables of the reference gateway, which switches TLS on by the port alone.
std::optional<Endpoint> endpoint_of_environment() {
  const std::string host = variable("TB_GW_HOST");
  if (host.empty()) return std::nullopt;
  const std::string port = variable("TB_GW_PORT");
  const std::string scheme = port == "8883" ? "mqtts://" : "mqtt://";
  return endpoint_of(scheme + host + (port.empty() ? "" : ":" + port));
}

/// Takes a secret out of the environment, where others see it as long as we live.
std::string take_variable(const char* name) {
  char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  if (value == nullptr || *value == '\0') return "";
  std::string secret = clean_secret(value, name, Status::config);
  ::explicit_bzero(value, std::strlen(value));
  ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return secret;
}

/// The token, wherever it is, or in target.without all the places where it is not.
void find_credentials(const TargetOptions& options, const std::optional<Login>& login,
                      Target& target) {
  const std::string environment = take_variable("TB_GW_ACCESS_TOKEN");
  if (!options.provision_file.empty()) return;
  if (!options.token_file.empty()) {
    target.user = secret(options.token_file, target);
    return;
  }
  if (!options.user_file.empty()) {
    target.user = secret(options.user_file, target);
    if (!options.password_file.empty()) target.password = secret(options.password_file, target);
    return;
  }
  std::string looked = "no access token was found: --token-file and TBGW_TOKEN_FILE name no file";
  // systemd's LoadCredential=token:… puts it there.
  const std::string folder = variable("CREDENTIALS_DIRECTORY");
  const std::string file = folder + "/token";
  if (!folder.empty() && ::access(file.c_str(), F_OK) == 0) {
    target.user = read_secret(file);
    return;
  }
  looked += folder.empty() ? ", CREDENTIALS_DIRECTORY is not set" : ", there is no " + file;
  if (!environment.empty()) {
    target.user = environment;
    return;
  }
  looked += ", TB_GW_ACCESS_TOKEN is not set";
  if (login && endpoints_of({login->url}) == target.endpoints) {
    target.user = login->token;
    return;
  }
  const std::string stored = login_path();
  if (stored.empty()) {
    looked += ", and without HOME nothing is stored";
  } else {
    looked += login ? ", and what " + stored + " holds is for " + login->url
                    : ", and there is no " + stored + " ('tbgw-push --login URL' makes it)";
  }
  if (options.tls.certificate.empty()) target.without = looked;
}

}  // namespace

Endpoint endpoint_of(const std::string& url) {
  if (url.find("://") == std::string::npos && ::access(url.c_str(), F_OK) == 0) {
    throw Fatal(Status::usage, url + " is a file: records come from standard input (< " + url +
                                   "), the operand is the URL of the platform");
  }
  auto endpoint = parse_endpoint(url);
  if (endpoint) return *std::move(endpoint);
  const bool secret_inside = url.find('@') != std::string::npos;
  throw Fatal(Status::usage,
              secret_inside ? "the URL: " + endpoint.error().text +
                                  ", where every user of this machine sees it: put it into a file "
                                  "and say --token-file FILE (or --user-file and --password-file)"
                            : "the URL " + in_quotes(url) + ": " + endpoint.error().text);
}

std::vector<Endpoint> endpoints_of(const std::vector<std::string>& urls) {
  constexpr std::string_view kBetween = " \t\n,";
  std::vector<Endpoint> endpoints;
  for (const std::string& list : urls) {
    std::size_t begin = list.find_first_not_of(kBetween);
    while (begin != std::string::npos) {
      const std::size_t end = list.find_first_of(kBetween, begin);
      endpoints.push_back(endpoint_of(list.substr(begin, end - begin)));
      begin = list.find_first_not_of(kBetween, end);
    }
    if (list.empty()) endpoints.push_back(endpoint_of(list));
  }
  return endpoints;
}

Target find_target(const TargetOptions& options) {
  check_options(options);
  Target target;
  const std::string login_file = login_path();
  std::optional<Login> login;
  if (options.urls.empty() || options.token_file.empty()) login = load_login(login_file);
  if (!options.urls.empty()) {
    target.endpoints = endpoints_of(options.urls);
  } else if (const auto endpoint = endpoint_of_environment()) {
    target.endpoints = {*endpoint};
  } else if (login) {
    target.endpoints = {endpoint_of(login->url)};
  } else {
    throw Fatal(Status::usage, kNoUrl);
  }
  check_tls(options, target.endpoints);
  find_credentials(options, login, target);
  return target;
}

std::string folder_name(const Target& target, const std::string& who) {
  const Endpoint& first = target.endpoints.front();
  std::string name = first.host + "_" + std::to_string(first.port);
  for (char& c : name) {  // no other character is in a host name, but a folder must be a folder
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    if (!plain) c = '_';
  }
  std::string all;
  for (const Endpoint& endpoint : target.endpoints)
    all += endpoint.url() + "\n";
  all += target.user + "\n" + target.password + "\n" + who;
  return name + "-" + sha256_hex(all).substr(0, 16);
}

}  // namespace tbgw::mqtt
