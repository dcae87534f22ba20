// SPDX-License-Identifier: Apache-2.0
#include "mqtt/credentials.hpp"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>

#include "core/config.hpp"
#include "core/fd.hpp"
#include "core/prompt.hpp"
#include "core/status.hpp"
#include "core/text.hpp"
#include "core/whole_file.hpp"
#include "mqtt/target.hpp"

namespace tbgw::mqtt {
namespace {

constexpr std::size_t kLongestSecret = 4096;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? "" : value;
}

}  // namespace

std::string clean_secret(std::string_view text, const std::string& place, Status blame) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";
  constexpr std::string_view kAround = " \t\r\n";
  if (text.substr(0, kMark.size()) == kMark) text.remove_prefix(kMark.size());
  const std::size_t first = text.find_first_not_of(kAround);
  if (first == std::string_view::npos) throw Fatal(blame, place + ": is empty");
  text = text.substr(first, text.find_last_not_of(kAround) - first + 1);
  const bool has_controls =
      std::any_of(text.begin(), text.end(), [](char c) { return c >= '\0' && c < ' '; });
  if (has_controls || !is_utf8(text)) throw Fatal(blame, place + ": must hold one line of text");
  return std::string{text};
}

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    throw Fatal(Status::software, "cannot make a SHA-256 digest");
  }
  std::string bytes;
  for (unsigned i = 0; i < size; ++i)
    bytes.push_back(static_cast<char>(digest[i]));
  return to_hex(bytes);
}

std::string read_secret(const std::string& path) {
  return clean_secret(read_file(path, kLongestSecret), path, Status::config);
}

bool is_readable_by_others(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return false;
  return S_ISREG(status.st_mode) && (status.st_mode & (S_IRGRP | S_IROTH)) != 0;
}

std::string login_path() {
  std::string base = variable("XDG_CONFIG_HOME");
  if (base.empty() || base.front() != '/') {  // a relative one is to be ignored, says its standard
    const std::string home = variable("HOME");
    if (home.empty()) return "";
    base = home + "/.config";
  }
  return base + "/tbgw/push.json";
}

std::optional<Login> load_login(const std::string& path) {
  std::error_code ignored;
  if (path.empty() || !std::filesystem::exists(path, ignored)) return std::nullopt;
  ConfigTable table(load_config(path));
  Login login{table.text({"url"}).value_or(""), table.text({"token"}).value_or("")};
  table.refuse_unknown();
  if (login.url.empty()) table.fail("url is missing");
  return login;
}

void store_login(const std::string& path, const Login& login) {
  store_secret(path,
               nlohmann::ordered_json{{"url", login.url}, {"token", login.token}}.dump(2) + "\n");
}

void store_secret(const std::string& path, const std::string& text) {
  if (const auto stored = replace_file(path, text); !stored) {
    throw Fatal(Status::cannot_create, stored.error().text);
  }
}

Login ask_login(const std::string& url) {
  if (login_path().empty()) {
    throw Fatal(Status::usage, "--login: neither XDG_CONFIG_HOME nor HOME is set");
  }
  const std::string typed =
      url.empty() ? ask("URL of the platform (mqtt://HOST or mqtts://HOST)", false) : url;
  Login login;
  login.url = endpoint_of(typed).url();
  login.token = clean_secret(ask("Access token of the gateway device", true), "--login: the token",
                             Status::usage);
  return login;
}

}  // namespace tbgw::mqtt
