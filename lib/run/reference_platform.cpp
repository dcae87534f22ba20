// SPDX-License-Identifier: Apache-2.0
// Whom the reference's tb_gateway.json says to serve, and with which credentials.
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/text.hpp"
#include "run/reference_parts.hpp"

namespace tbgw::run {
namespace {

constexpr std::int64_t kTlsPort = 8883;

std::optional<std::string> from_environment(const Surroundings& around, const char* name) {
  const auto found = around.environment.find(name);
  if (found == around.environment.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

void add_option(Platform& platform, const char* name, std::string value) {
  platform.options.emplace_back(name);
  platform.options.push_back(std::move(value));
}

/// Certificates are files beside the main file, or paths.
void take_files(ConfigTable& security, Platform& platform) {
  constexpr std::array<std::pair<std::string_view, const char*>, 3> kFiles{
      {{"caCert", "--ca"}, {"cert", "--cert"}, {"privateKey", "--key"}}};
  for (const auto& [key, option] : kFiles) {
    const auto file = security.text({key});
    if (file && !file->empty()) add_option(platform, option, beside(security.file().name, *file));
  }
}

/// The secret of a type must be there; a surplus one of another type has no effect.
std::string needed(ConfigTable& security, const char* key) {
  const auto value = security.text({key});
  if (!value || value->empty()) security.fail(std::string{"`"} + key + "` is missing");
  return *value;
}

void take_secrets(ConfigTable& security, const std::string& type, Platform& platform) {
  if (type == "accessToken" || type == "tlsAccessToken") {
    platform.secrets["token-file"] = needed(security, "accessToken");
  } else if (type == "usernamePassword") {
    if (const auto id = security.text({"clientId"}); id && !id->empty()) {
      add_option(platform, "--client-id", *id);
    }
    platform.secrets["user-file"] = needed(security, "username");
    if (const auto password = security.text({"password"}); password && !password->empty()) {
      platform.secrets["password-file"] = *password;
    }
  } else {  // the reference takes any other word for client certificates
    needed(security, "cert");
    needed(security, "privateKey");
  }
}

/// True: TLS.
bool read_security(ConfigTable& security, Gateway& gateway, Mistakes& mistakes) {
  const std::string type = security.text({"type"}).value_or("accessToken");
  mistakes.attempt([&] { take_secrets(security, type, gateway.platform); });
  take_files(security, gateway.platform);
  const bool tls = security.boolean({"tls"}).value_or(false) || security.has({"caCert"}) ||
                   security.has({"cert"}) || type.compare(0, 3, "tls") == 0;
  if (security.boolean({"insecure"}).value_or(false)) {
    gateway.notices.push_back(security.place("insecure") +
                              ": insecure: certificates are always checked");
  }
  security.ignore({"accessToken", "username", "password", "clientId", "checkCertPeriod",
                   "certificateDaysLeft"});
  note_unknown(security, gateway);
  return tls;
}

/// As a file of `tbgw-push --provision`.
void read_provisioning(ConfigTable& table, Gateway& gateway) {
  nlohmann::ordered_json out;
  const std::string type = table.text({"type"}).value_or("ACCESS_TOKEN");
  out["credentialsType"] = type;
  constexpr std::array<std::pair<std::string_view, const char*>, 7> kKeys{
      {{"provisionDeviceKey", "provisionDeviceKey"},
       {"provisionDeviceSecret", "provisionDeviceSecret"},
       {"deviceName", "deviceName"},
       {"accessToken", "token"},
       {"clientId", "clientId"},
       {"username", "username"},
       {"password", "password"}}};
  for (const auto& [key, ours] : kKeys) {
    const auto value = table.text({key});
    if (value && !value->empty()) out[ours] = *value;
  }
  if (const auto file = table.text({"caCert"}); file && !file->empty()) {
    add_option(gateway.platform, "--ca", beside(table.file().name, *file));
  }
  if (!out.contains("provisionDeviceKey") || !out.contains("provisionDeviceSecret")) {
    table.fail("needs `provisionDeviceKey` and `provisionDeviceSecret`");
  }
  note_unknown(table, gateway);
  gateway.platform.secrets["provision"] = out.dump();
}

/// What is said of the session, and what the reference has no effect of either.
void read_session(ConfigTable& table, Gateway& gateway, Mistakes& mistakes) {
  mistakes.attempt([&] {
    if (const auto seconds = table.integer({"keep_alive"}, 5, 64'800)) {
      add_option(gateway.platform, "--keep-alive", std::to_string(*seconds) + "s");
    }
  });
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kNotDone{{
      {"proxy_host",
       "HTTP proxies are not spoken: give a socks5:// one as `proxy` in gateway.toml"},
      {"latencyDebugMode", "there are no stamps of the stages: see --stats"},
      {"managerEnabled", "`tbgw-run status` asks the running gateway"},
  }};
  for (const auto& [key, instead] : kNotDone) {
    const auto* value = table.value({key});
    const bool on = value != nullptr && (value->is_string() ? *value != "" : *value == true);
    if (on) {
      gateway.notices.push_back(table.place(key) + ": " + std::string{key} +
                                ": has no effect: " + std::string{instead});
    }
  }
  table.ignore({"proxy_port", "qos", "maxPayloadSizeBytes", "minPackSendDelayMS",
                "minPackSizeToSend", "handleDeviceRenaming",
                "checkConnectorsConfigurationInSeconds", "syncDevicesSharedAttributesOnConnect",
                "reportStrategyDataCacheCleanupInterval", "sendDataOnlyOnChange",
                "sendDataOnlyOnChangeTtl", "uplinkQueueSize", "grpc", "id"});
  // tbgw-push asks the platform for its limits and keeps those.
  table.ignore({"rateLimits", "dpRateLimits", "messagesRateLimits", "deviceMessagesRateLimits",
                "deviceRateLimits", "deviceDpRateLimits"});
}

}  // namespace

void read_reference_platform(ConfigTable& table, const Surroundings& around, Gateway& gateway,
                             Mistakes& mistakes) {
  Platform& platform = gateway.platform;
  bool tls = false;
  const bool secure = table.has({"security"});
  mistakes.attempt([&] {
    if (auto security = table.table({"security"}))
      tls = read_security(*security, gateway, mistakes);
  });
  mistakes.attempt([&] {
    auto provisioning = table.table({"provisioning"});
    if (provisioning && !secure) read_provisioning(*provisioning, gateway);
  });
  if (const auto token = from_environment(around, "TB_GW_ACCESS_TOKEN")) {
    platform.secrets = {{"token-file", *token}};
  }
  mistakes.attempt([&] {
    const auto named = table.text({"host"});
    const auto host = from_environment(around, "TB_GW_HOST").value_or(named.value_or(""));
    const auto written = table.integer({"port"}, 1, 65'535).value_or(1883);
    const auto port = from_environment(around, "TB_GW_PORT").value_or(std::to_string(written));
    if (host.empty()) return;  // tbgw-push finds one, or says where it looked
    tls = tls || port == std::to_string(kTlsPort);
    const bool ipv6 = host.find(':') != std::string::npos && host.front() != '[';
    platform.urls = {(tls ? "mqtts://" : "mqtt://") + (ipv6 ? "[" + host + "]" : host) + ":" +
                     port};
  });
  read_session(table, gateway, mistakes);
}

}  // namespace tbgw::run
