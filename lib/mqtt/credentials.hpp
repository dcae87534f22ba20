// SPDX-License-Identifier: Apache-2.0
// Secrets from files, and what `tbgw-push --login` stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/status.hpp"

namespace tbgw::mqtt {

/// The secret in a file: its first line. Fatal 66 or 77 (cannot read), 78 (empty, or not one line
/// of text).
std::string read_secret(const std::string& path);
/// One line of text, without what editors and other systems put around it: a byte order mark,
/// blanks and line ends. Fatal with `blame`, naming `place`.
std::string clean_secret(std::string_view text, const std::string& place, Status blame);
/// SHA-256 in hex.
std::string sha256_hex(std::string_view text);
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
void store_login(const std::string& path, const Login& login);
/// Writes a text that is nobody else's business: readable for its owner only, whole or not at all,
/// in place of an older file, whose folder is made if need be. Fatal 73.
void store_secret(const std::string& path, const std::string& text);

/// Asks for what is to be stored (the URL only if `url` is ""). Fatal 64 (not a URL, no token), 66
/// (no answer).
Login ask_login(const std::string& url);

}  // namespace tbgw::mqtt
