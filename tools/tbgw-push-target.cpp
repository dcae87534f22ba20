// SPDX-License-Identifier: Apache-2.0
#include "tbgw-push-target.hpp"

#include <sys/resource.h>

#include <cstdlib>
#include <utility>

#include "core/log.hpp"
#include "mqtt/target.hpp"
#include "tb/provision.hpp"

namespace tbgw {
namespace {

/// The token would be in a core, for whoever finds it later. With a limit of 0 the kernel still
/// hands a core to the program that core_pattern may name; with 1 it does neither.
void forbid_cores() {
  const rlimit none{1, 1};
  ::setrlimit(RLIMIT_CORE, &none);
}

std::string variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? "" : value;
}

/// The XDG base directory specification: a relative path is to be ignored.
std::string state_base(const PushOptions& options) {
  if (!options.state.empty()) return options.state;
  const std::string systemd = variable("STATE_DIRECTORY");
  if (!systemd.empty()) return systemd.substr(0, systemd.find(':'));
  const std::string xdg = variable("XDG_STATE_HOME");
  if (!xdg.empty() && xdg.front() == '/') return xdg + "/tbgw";
  const std::string home = variable("HOME");
  return home.empty() ? "" : home + "/.local/state/tbgw";
}

/// What tells our credentials from others, where they are not in the target.
std::string who(const PushOptions& options) {
  const mqtt::TargetOptions& given = options.mqtt.target;
  std::string text = options.mqtt.session.connection.client_id + "\n" + given.tls.certificate;
  if (given.provision_file.empty()) return text;
  const tb::ProvisionRequest request = tb::read_provision_file(given.provision_file);
  return text + "\n" + request.key + "\n" + request.device;
}

}  // namespace

PushTarget find_target(PushOptions& options) {
  forbid_cores();
  const mqtt::Target found = mqtt::find_target(options.mqtt.target);
  for (const std::string& warning : found.warnings)
    log::warn(warning);
  PushTarget target;
  target.without = found.without;
  mqtt::SessionOptions& session = options.mqtt.session;
  session.endpoints = found.endpoints;
  session.connection.user = found.user;
  session.connection.password = found.password;
  if (!options.mqtt.trace.empty()) {
    target.trace = std::make_unique<mqtt::Trace>(options.mqtt.trace);
    target.trace->hide(found.user);
    target.trace->hide(found.password);
    session.connection.trace = target.trace.get();
  }
  const std::string base = state_base(options);
  if (!base.empty()) target.folder = base + "/" + mqtt::folder_name(found, who(options));
  return target;
}

tb::StateStore open_state(const PushOptions& options, const PushTarget& target) {
  auto store = target.folder.empty()
                   ? Error{"none of --state, STATE_DIRECTORY, XDG_STATE_HOME and HOME is set"}
                   : tb::StateStore::open(target.folder);
  if (!store && !options.state.empty()) throw Fatal(Status::cannot_create, store.error().text);
  if (!store) {
    log::warn("what devices there are is not kept over a restart: " + store.error().text +
              "; give a place with --state DIR");
    return {};
  }
  if (store->is_reader()) {
    log::warn(
        "another tbgw-push is at work with the same credentials: ThingsBoard lets in one at a "
        "time, and each will end the other's session");
  }
  return *std::move(store);
}

}  // namespace tbgw
