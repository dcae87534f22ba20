// SPDX-License-Identifier: Apache-2.0
#include "mqtt/target.hpp"

#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "core/fd.hpp"
#include "core/status.hpp"
#include "core/text.hpp"
#include "mqtt/credentials.hpp"

namespace tbgw::mqtt {
namespace {

constexpr const char* kNoUrl =
    "no URL: say where the platform is, as in 'tbgw-push mqtt://tb.example.com', or in TBGW_URL, "
    "or "
    "once and for all with 'tbgw-push --login'";

void check_options(const TargetOptions& options) {
  const auto fail = [](const char* text) { throw Fatal(Status::usage, text); };
  if (options.tls.certificate.empty() != options.tls.key.empty()) {
    fail("--cert and --key belong together");
  }
  if (!options.token_file.empty() && !options.user_file.empty()) {
    fail("--token-file and --user-file: the token is the user name, so give one of them");
  }
  if (!options.password_file.empty() && options.user_file.empty()) {
    fail("--password-file needs --user-file");
  }
}

/// Better now and with the path than as an error of the TLS library.
void check_tls(const TargetOptions& options, const Endpoint& endpoint) {
  for (const std::string& file : {options.tls.ca, options.tls.certificate, options.tls.key}) {
    if (file.empty()) continue;
    if (!endpoint.tls) throw Fatal(Status::usage, "--ca, --cert and --key need an mqtts:// URL");
    open_for_reading(file);
  }
}

std::string secret(const std::string& path, Target& target) {
  if (is_readable_by_others(path)) {
    target.warnings.push_back(path + " can be read by others: chmod 600 " + path);
  }
  return read_secret(path);
}

/// The token that systemd's LoadCredential=token:… puts there.
std::string credential_path() {
  const char* const directory =
      std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe): one thread
  if (directory == nullptr || *directory == '\0') return "";
  const std::string path = std::string{directory} + "/token";
  return ::access(path.c_str(), F_OK) == 0 ? path : "";
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

Target find_target(const TargetOptions& options) {
  check_options(options);
  Target target;
  std::optional<Login> login;
  if (options.url.empty() || options.token_file.empty()) login = load_login(login_path());
  if (options.url.empty() && !login) throw Fatal(Status::usage, kNoUrl);
  target.endpoint = endpoint_of(options.url.empty() ? login->url : options.url);
  check_tls(options, target.endpoint);
  if (!options.token_file.empty()) {
    target.user = secret(options.token_file, target);
  } else if (!options.user_file.empty()) {
    target.user = secret(options.user_file, target);
    if (!options.password_file.empty()) target.password = secret(options.password_file, target);
  } else if (const std::string path = credential_path(); !path.empty()) {
    target.user = read_secret(path);
  } else if (login && endpoint_of(login->url) == target.endpoint) {
    target.user = login->token;
  }
  return target;
}

}  // namespace tbgw::mqtt
