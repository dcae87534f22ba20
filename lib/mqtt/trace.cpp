// SPDX-License-Identifier: Apache-2.0
#include "mqtt/trace.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/status.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

namespace tbgw::mqtt {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kHidden = "(hidden)";
/// What claims, provisioning and its answer call their secrets.
constexpr std::array<std::string_view, 9> kSecretNames{
    "secretKey", "provisionDeviceSecret", "provisionDeviceKey", "credentialsValue",
    "token",     "accessToken",           "password",           "privateKey",
    "hash"};
constexpr std::size_t kDepth = 32;
constexpr const char* kTooDeep = "\"(too deep to show)\"";
/// A shorter one stands in every second word.
constexpr std::size_t kShortest = 4;

/// True if anything was hidden.
bool hide_secrets(Json& value) {
  bool changed = false;
  if (value.is_object()) {
    for (auto& [key, member] : value.items()) {
      if (std::find(kSecretNames.begin(), kSecretNames.end(), key) != kSecretNames.end()) {
        member = kHidden;
        changed = true;
      } else {
        changed |= hide_secrets(member);
      }
    }
  } else if (value.is_array()) {
    for (Json& element : value)
      changed |= hide_secrets(element);
  }
  return changed;
}

/// Deeper than any payload of ours, and than what a recursive look at it should be.
bool is_deep(std::string_view text) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string && c == '\\') ++i;  // whatever is escaped
    if (c == '"') in_string = !in_string;
    if (in_string) continue;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && depth > 0) --depth;
    if (depth > kDepth) return true;
  }
  return false;
}

}  // namespace

std::string shown_payload(std::string_view payload) {
  if (!is_utf8(payload)) return "{\"hex\":\"" + to_hex(payload) + "\"}";
  if (is_deep(payload)) return kTooDeep;  // and what may be a secret in it, nobody looked
  Json value = Json::parse(payload, nullptr, false);
  if (value.is_discarded()) return json_string(payload);
  const bool changed = hide_secrets(value);
  const bool one_line = payload.find_first_of("\r\n") == std::string_view::npos;
  return changed || !one_line ? value.dump() : std::string{payload};
}

Trace::Trace(const std::string& path) : fd_(STDERR_FILENO) {
  if (path == "-") return;
  file_ = Fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  if (!file_) throw_errno(Status::cannot_create, path);
  fd_ = file_.get();
}

void Trace::hide(std::string secret) {
  if (secret.size() >= kShortest) secrets_.push_back(std::move(secret));
}

void Trace::packet(std::string_view way, std::string_view packet, const std::string& members) {
  std::string line = "{\"at\":" + std::to_string(now_ms()) + ",\"way\":\"";
  line.append(way).append("\",\"packet\":\"").append(packet).append("\"").append(members);
  line += "}\n";
  for (const std::string& secret : secrets_) {
    const std::string quoted = json_string(secret);
    const std::string inside = quoted.substr(1, quoted.size() - 2);
    for (std::size_t at = line.find(inside); at != std::string::npos; at = line.find(inside, at)) {
      line.replace(at, inside.size(), kHidden);
      at += std::string_view{kHidden}.size();
    }
  }
  // Whoever watches loses the end of it, not the session, if the medium is full.
  [[maybe_unused]] const auto written = write_all(fd_, line);
}

void Trace::publish(std::string_view way, int id, std::string_view topic,
                    std::string_view payload) {
  packet(way, "PUBLISH",
         ",\"id\":" + std::to_string(id) + ",\"topic\":" + json_string(topic) + ",\"bytes\":" +
             std::to_string(payload.size()) + ",\"payload\":" + shown_payload(payload));
}

}  // namespace tbgw::mqtt
