// SPDX-License-Identifier: Apache-2.0
#include "tbgw-push-errand.hpp"

#include <sys/random.h>

#include <array>
#include <filesystem>
#include <utility>

#include "core/fd.hpp"
#include "core/log.hpp"
#include "core/loop.hpp"
#include "core/output.hpp"
#include "core/text.hpp"
#include "mqtt/credentials.hpp"
#include "mqtt/session_text.hpp"
#include "mqtt/target.hpp"
#include "tb/gateway_proof.hpp"
#include "tb/provision.hpp"
#include "tb/session_limits.hpp"
#include "tb/topics.hpp"

namespace tbgw {
namespace {

constexpr std::chrono::seconds kPatience{5};

Errand limits_question() {
  return {std::string{tb::topics::kMyRpcRequest} + "1", std::string{tb::kAskForLimits},
          std::string{tb::topics::kMyRpcResponse} + "+",
          std::string{tb::topics::kMyRpcResponse} + "1"};
}

std::string rates_line(const char* whose, const tb::RateLimits& rates) {
  const auto shown = [](const std::string& rate) { return rate.empty() ? "no limit" : rate; };
  return std::string{whose} + ": messages " + shown(rates.messages) + ", telemetry messages " +
         shown(rates.telemetry_messages) + ", values " + shown(rates.telemetry_points) + "\n";
}

std::string describe(const tb::SessionLimits& limits) {
  const auto number = [](std::size_t n) { return n == 0 ? "unlimited" : std::to_string(n); };
  std::string out = limits.gateway ? "gateway: yes\n" : "gateway: no\n";
  out += "largest message: " + number(limits.max_payload) + " bytes\n";
  out += "messages in flight: " + number(limits.max_inflight) + "\n";
  out += rates_line("rates of the device itself", limits.own);
  if (limits.gateway) out += rates_line("rates of all devices behind it", *limits.gateway);
  return out;
}

std::string random_text() {
  std::array<char, 24> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw_errno(Status::software, "cannot make up a password");
  }
  return to_hex({bytes.data(), bytes.size()});
}

void use(const tb::Provisioned& credentials, PushOptions& options, PushTarget& target) {
  mqtt::ConnectionOptions& connection = options.mqtt.session.connection;
  connection.user = credentials.user;
  connection.password = credentials.password;
  if (!credentials.client_id.empty()) connection.client_id = credentials.client_id;
  if (!target.trace) return;
  target.trace->hide(credentials.user);
  target.trace->hide(credentials.password);
}

/// Asks the platform for credentials.
tb::Provisioned ask_for_credentials(const PushOptions& options) {
  const mqtt::TargetOptions& given = options.mqtt.target;
  tb::ProvisionRequest request = tb::read_provision_file(given.provision_file);
  if (request.type == tb::kX509) {
    if (given.tls.certificate.empty()) {
      throw Fatal(Status::usage, "--provision with X509_CERTIFICATE needs --cert and --key");
    }
    request.certificate = read_file(given.tls.certificate);
  }
  if (options.uplink.device_api) request.gateway = false;
  tb::complete(request, random_text());
  mqtt::SessionOptions session = options.mqtt.session;
  session.connection.user = tb::topics::kProvisionUser;
  session.connection.password.clear();
  session.connection.tls.certificate.clear();  // not known yet
  session.connection.tls.key.clear();
  const auto result = run_errand(
      std::move(session),
      {std::string{tb::topics::kProvisionRequest}, tb::provision_payload(request),
       std::string{tb::topics::kProvisionResponse}, std::string{tb::topics::kProvisionResponse}},
      "the platform does not provision devices");
  if (!result.answer) throw Fatal(Status::unavailable, "no answer to the provisioning request");
  auto credentials = tb::parse_provision_answer(*result.answer);
  if (!credentials) {
    throw Fatal(Status::no_permission, given.provision_file + ": " + credentials.error().text);
  }
  return *std::move(credentials);
}

}  // namespace

ErrandResult run_errand(mqtt::SessionOptions options, const Errand& errand,
                        const std::string& without) {
  options.connection.subscriptions = {errand.answer_filter};
  ErrandResult result;
  Loop loop;
  mqtt::Session* session = nullptr;
  mqtt::SessionHandlers handlers;
  handlers.up = [&](const mqtt::Up& up) {
    result.up = up;
    [[maybe_unused]] const auto sent = session->publish(errand.topic, errand.payload);
    session->flush();
    std::ignore = loop.after(kPatience, [&] { loop.quit(); });
  };
  handlers.down = [&](const mqtt::Down& down) {
    mqtt::refuse_to_go_on(down, without);
    throw Fatal(Status::unavailable,
                (down.loss.was_up ? "lost the connection to " : "cannot connect to ") + down.url +
                    ": " + down.loss.reason);
  };
  handlers.acknowledged = [](int /*id*/, int /*reason*/) {};
  handlers.message = [&](std::string_view topic, std::string_view payload) {
    if (topic != errand.answer_topic) return;
    result.answer = std::string{payload};
    loop.quit();
  };
  handlers.progress = [] {};
  mqtt::Session owner(loop, std::move(options), std::move(handlers));
  session = &owner;
  owner.start();
  loop.run();
  owner.stop();
  return result;
}

Status check(const PushOptions& options, const PushTarget& target) {
  const mqtt::ConnectionOptions& connection = options.mqtt.session.connection;
  const auto result = run_errand(options.mqtt.session, limits_question(), target.without);
  const char* as = "nobody: there are no credentials";
  if (!options.mqtt.target.tls.certificate.empty()) as = "the device with this certificate";
  if (!connection.user.empty()) as = "the device with this access token";
  if (!connection.password.empty()) as = "the device with this user name and password";
  std::string text = result.up.url + ": let us in as " + as + ", with MQTT " +
                     (result.up.version == mqtt::Version::v5 ? "5" : "3.1.1") + "\n";
  const auto limits = tb::parse_session_limits(result.answer.value_or(""));
  text +=
      limits ? describe(*limits) : "gateway: not known, the platform does not tell its limits\n";
  print(text);
  if (limits && !limits->gateway && !options.uplink.device_api) {
    throw Fatal(Status::config, std::string{tb::GatewayProof::kRemedy});
  }
  return Status::ok;
}

Status login(PushOptions& options) {
  const auto& urls = options.mqtt.target.urls;
  const mqtt::Login typed = mqtt::ask_login(urls.empty() ? "" : urls.front());
  mqtt::SessionOptions session = options.mqtt.session;
  session.endpoints = {mqtt::endpoint_of(typed.url)};
  session.connection.user = typed.token;
  const auto result = run_errand(std::move(session), limits_question(), "");
  const std::string path = mqtt::login_path();
  mqtt::store_login(path, typed);
  const auto limits = tb::parse_session_limits(result.answer.value_or(""));
  const bool plain = limits && !limits->gateway;
  log::warn("the platform took the token; it is kept with the URL in " + path +
            ", and 'tbgw-push' alone uses them");
  if (plain) log::warn(std::string{tb::GatewayProof::kRemedy});
  return Status::ok;
}

void provision(PushOptions& options, PushTarget& target) {
  if (options.mqtt.target.provision_file.empty()) return;
  if (target.folder.empty()) {
    throw Fatal(Status::cannot_create,
                "--provision: no place for the credentials: say --state DIR");
  }
  const std::string path = target.folder + "/credentials.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    mqtt::store_secret(path, tb::as_answer(ask_for_credentials(options)));
    log::info("the platform gave us credentials; they are kept in " + path);
  }
  const auto kept = tb::parse_provision_answer(read_file(path));
  if (!kept) throw Fatal(Status::config, path + ": " + kept.error().text);
  use(*kept, options, target);
  target.without = "these are the credentials that the platform gave for " +
                   options.mqtt.target.provision_file +
                   ": if the device was deleted there, remove " + path + " to get new ones";
}

}  // namespace tbgw
