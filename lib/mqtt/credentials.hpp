// SPDX-License-Identifier: Apache-2.0
// Secrets from files, and what `tbgw-push --login` stored.
#pragma once

#include <optional>
#include <string>

namespace tbgw::mqtt {

/// The secret in a file: its first line. Fatal 66 or 77 (cannot read), 78 (empty, or not one line
/// of text).
std::string read_secret(const std::string& path);
/// True if others than the owner may read the file.
bool is_readable_by_others(const std::string& path);

/// The address and the token for calls without arguments.
struct Login {
  std::string url;
  std::string token;
};

/// $XDG_CONFIG_HOME/tbgw/push.json, or the same below ~/.config. "" = neither variable is set.
std::string login_path();
/// nullopt: nothing is stored. Fatal 78: the file is damaged.
std::optional<Login> load_login(const std::string& path);
/// Writes the file, readable for its owner only, in place of an older one. Fatal 73.
void store_login(const std::string& path, const Login& login);

/// Asks for what is to be stored (the URL only if `url` is ""), stores it and returns the path.
/// Fatal 64 (not a URL, no token), 66 (no answer), 73.
std::string login(const std::string& url);

}  // namespace tbgw::mqtt
