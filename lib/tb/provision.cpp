// SPDX-License-Identifier: Apache-2.0
#include "tb/provision.hpp"

#include <nlohmann/json.hpp>

namespace tbgw::tb {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

void add(Json& object, const char* key, const std::string& text) {
  if (!text.empty()) object[key] = text;
}

}  // namespace

ProvisionRequest read_provision_file(const std::string& path) {
  ConfigTable table(load_config(path));
  ProvisionRequest request;
  request.key = table.text({"provisionDeviceKey", "deviceKey"}).value_or("");
  request.secret = table.text({"provisionDeviceSecret", "deviceSecret"}).value_or("");
  request.device = table.text({"deviceName"}).value_or("");
  request.type = table.text({"credentialsType", "type"}).value_or(std::string{kAccessToken});
  request.gateway = table.boolean({"gateway"}).value_or(true);
  request.token = table.text({"token"}).value_or("");
  request.client_id = table.text({"clientId"}).value_or("");
  request.user = table.text({"username"}).value_or("");
  request.password = table.text({"password"}).value_or("");
  table.refuse_unknown();
  if (request.key.empty()) table.fail("provisionDeviceKey is missing");
  if (request.secret.empty()) table.fail("provisionDeviceSecret is missing");
  if (request.type != kAccessToken && request.type != kMqttBasic && request.type != kX509) {
    table.fail("credentialsType", "must be ACCESS_TOKEN, MQTT_BASIC or X509_CERTIFICATE");
  }
  return request;
}

void complete(ProvisionRequest& request, const std::string& made_up) {
  if (request.type != kMqttBasic) return;
  if (request.user.empty()) request.user = made_up.substr(0, made_up.size() / 2);
  if (request.password.empty()) request.password = made_up.substr(made_up.size() / 2);
}

std::string provision_payload(const ProvisionRequest& request) {
  Json out;
  add(out, "deviceName", request.device);
  out["provisionDeviceKey"] = request.key;
  out["provisionDeviceSecret"] = request.secret;
  if (request.gateway) out["gateway"] = true;
  out["credentialsType"] = request.type;
  if (request.type == kAccessToken) add(out, "token", request.token);
  if (request.type == kX509) add(out, "hash", request.certificate);
  if (request.type == kMqttBasic) {
    add(out, "clientId", request.client_id);
    add(out, "username", request.user);
    add(out, "password", request.password);
  }
  return out.dump();
}

Result<Provisioned> parse_provision_answer(std::string_view payload) {
  const Json answer = Json::parse(payload, nullptr, false);
  if (!answer.is_object()) return Error{"the answer is no JSON object"};
  if (text_of(answer, "status") != "SUCCESS") {
    const std::string why = text_of(answer, "errorMsg");
    const bool unknown = text_of(answer, "status") == "NOT_FOUND";
    return Error{(unknown ? "no device profile has this provisionDeviceKey and secret"
                          : "the platform refuses to provision the device") +
                 (why.empty() ? "" : ": " + why)};
  }
  Provisioned credentials;
  credentials.type = text_of(answer, "credentialsType");
  const auto value = answer.find("credentialsValue");
  if (credentials.type == kAccessToken && value != answer.end() && value->is_string()) {
    credentials.user = value->get<std::string>();
    if (!credentials.user.empty()) return credentials;
  } else if (credentials.type == kMqttBasic && value != answer.end() && value->is_object()) {
    credentials.client_id = text_of(*value, "clientId");
    credentials.user = text_of(*value, "userName");
    credentials.password = text_of(*value, "password");
    return credentials;
  } else if (credentials.type == kX509) {
    return credentials;
  }
  return Error{"the answer has no credentials in it"};
}

std::string as_answer(const Provisioned& credentials) {
  Json out{{"status", "SUCCESS"}, {"credentialsType", credentials.type}};
  if (credentials.type == kAccessToken) out["credentialsValue"] = credentials.user;
  if (credentials.type == kMqttBasic) {
    Json value = Json::object();
    add(value, "clientId", credentials.client_id);
    add(value, "userName", credentials.user);
    add(value, "password", credentials.password);
    out["credentialsValue"] = value;
  }
  return out.dump(2) + "\n";
}

}  // namespace tbgw::tb
