// SPDX-License-Identifier: Apache-2.0
#include "run/remote_secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

/// Letters and digits only, in lower case: client_secret and clientSecret are one word.
std::string plain(std::string_view key) {
  std::string word;
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) word += static_cast<char>(std::tolower(byte));
  }
  return word;
}

/// Members that say whom a connector speaks with, or as what.
bool names_peer(std::string_view key) {
  static constexpr std::array<std::string_view, 15> kWords{
      "host", "port",       "url",  "address", "server",   "broker", "brokeraddress", "jid",
      "name", "devicename", "type", "unitid",  "username", "user",   "securitytype"};
  const std::string word = plain(key);
  return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

/// "mqtt://user:password@host", "…;PWD=x;…".
bool carries_secret(const std::string& text) {
  if (const std::size_t scheme = text.find("://"); scheme != std::string::npos) {
    const std::string_view rest = std::string_view{text}.substr(scheme + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    const std::size_t at = authority.rfind('@');
    if (at != std::string_view::npos && authority.find(':') < at) return true;
  }
  std::string low = text;
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return low.find("pwd=") != std::string::npos || low.find("password=") != std::string::npos;
}

bool is_secret(std::string_view key, const Json& value) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    return !text.empty() && (names_secret(key) || carries_secret(text));
  }
  return value.is_number() && names_secret(key);
}

bool is_secret_element(const Json& value) {
  return value.is_string() && carries_secret(value.get_ref<const std::string&>());
}

bool same_peer(const Json& incoming, const Json& ours) {
  for (const auto& [key, value] : ours.items()) {
    if (!value.is_primitive() || !names_peer(key)) continue;
    const auto found = incoming.find(key);
    if (is_secret(key, value) && found == incoming.end()) continue;
    if (found == incoming.end() || *found != value) return false;
  }
  for (const auto& [key, value] : incoming.items()) {
    if (value.is_primitive() && names_peer(key) && !ours.contains(key)) return false;
  }
  return true;
}

}  // namespace

bool names_secret(std::string_view key) {
  static constexpr std::array<std::string_view, 8> kWords{
      "privatekey", "community", "authkey", "privkey", "apikey", "authorization", "pwd", "cookie"};
  static constexpr std::array<std::string_view, 4> kParts{"password", "passwd", "passphrase",
                                                          "secret"};
  const std::string word = plain(key);
  if (std::find(kWords.begin(), kWords.end(), word) != kWords.end()) return true;
  if (word.size() >= 5 && word.compare(word.size() - 5, 5, "token") == 0) return true;
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view part) { return word.find(part) != std::string::npos; });
}

Json without_secrets(const Json& value) {
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [key, member] : value.items()) {
      if (!is_secret(key, member)) out.emplace(key, without_secrets(member));
    }
    return out;
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& element : value) {
      out.push_back(is_secret_element(element) ? Json("") : without_secrets(element));
    }
    return out;
  }
  return value;
}

Json with_our_secrets(Json incoming, const Json& ours) {
  if (incoming.is_array() && ours.is_array() && incoming.size() == ours.size()) {
    Json out = Json::array();
    for (std::size_t i = 0; i < ours.size(); ++i) {
      const bool withheld = is_secret_element(ours[i]) && incoming[i] == "";
      out.push_back(withheld ? ours[i] : with_our_secrets(incoming[i], ours[i]));
    }
    return out;
  }
  if (!incoming.is_object() || !ours.is_object() || !same_peer(incoming, ours)) return incoming;
  for (const auto& [key, member] : ours.items()) {
    const auto found = incoming.find(key);
    if (found != incoming.end()) {
      Json filled = with_our_secrets(*found, member);
      found->swap(filled);
    } else if (is_secret(key, member)) {
      incoming.emplace(key, member);
    }
  }
  return incoming;
}

}  // namespace tbgw::run
