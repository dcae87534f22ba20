// SPDX-License-Identifier: Apache-2.0
// Device provisioning: a device that knows the key and secret of a device profile asks the platform
// for credentials of its own, once. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/config.hpp"
#include "core/result.hpp"

namespace tbgw::tb {

/// The names of credentials, in a request and in its answer.
inline constexpr std::string_view kAccessToken = "ACCESS_TOKEN";
inline constexpr std::string_view kMqttBasic = "MQTT_BASIC";
inline constexpr std::string_view kX509 = "X509_CERTIFICATE";

struct ProvisionRequest {
  std::string key;     ///< of the device profile
  std::string secret;  ///< likewise
  std::string device;  ///< its name; "" = the platform makes one up
  std::string type;    ///< of the credentials; one of the above
  bool gateway = true;
  std::string token;        ///< for ACCESS_TOKEN; "" = the platform makes one up
  std::string client_id;    ///< for MQTT_BASIC
  std::string user;         ///< likewise; "" = made up by read_provision_file()
  std::string password;     ///< likewise
  std::string certificate;  ///< for X509_CERTIFICATE: PEM
};

/// What we are let in with.
struct Provisioned {
  std::string type;
  std::string client_id;
  std::string user;  ///< or the access token
  std::string password;

  bool operator==(const Provisioned&) const = default;
};

/// A file with provisionDeviceKey and provisionDeviceSecret, and maybe deviceName, gateway,
/// credentialsType (or type) and what the type wants: token, or clientId, username and password.
/// Fatal 66, 77, 78.
ProvisionRequest read_provision_file(const std::string& path);
/// `made_up`: a random text for whatever secret is missing.
void complete(ProvisionRequest& request, const std::string& made_up);

std::string provision_payload(const ProvisionRequest& request);
/// The payload of the answer. An error: the platform said no, and why.
Result<Provisioned> parse_provision_answer(std::string_view payload);

/// As it is kept in a file: readable by parse_provision_answer().
std::string as_answer(const Provisioned& credentials);

}  // namespace tbgw::tb
