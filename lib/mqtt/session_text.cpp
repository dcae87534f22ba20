// SPDX-License-Identifier: Apache-2.0
#include "mqtt/session_text.hpp"

#include "core/number.hpp"
#include "core/status.hpp"

namespace tbgw::mqtt {
namespace {

bool needs_a_person(const Down& down) {
  switch (down.loss.kind) {
    case Loss::Kind::refused:
    case Loss::Kind::untrusted:
    case Loss::Kind::bad_files:
    case Loss::Kind::evicted:
      return true;
    default:
      return down.short_lived;
  }
}

}  // namespace

Notice describe(const Up& up) {
  const bool again = up.outage.count() > 0;
  std::string text = "connected to " + up.url;
  text += up.version == Version::v5 ? " (MQTT 5)" : " (MQTT 3.1.1)";
  if (again) text += " after " + format_duration(up.outage);
  const auto& refused = up.welcome.refused_subscriptions;
  for (const std::string& filter : refused)
    text += "; it refused the subscription to " + filter;
  return {again || !refused.empty() ? log::Level::warning : log::Level::info, text};
}

Notice describe(const Down& down) {
  std::string text = down.loss.was_up ? "lost the connection to " : "cannot connect to ";
  text += down.url + ": " + down.loss.reason;
  if (down.short_lived) text += " (does another client use the same credentials?)";
  if (needs_a_person(down)) {
    return {log::Level::error, text + "; next attempt in " + format_duration(down.retry_in)};
  }
  return {down.news ? log::Level::warning : log::Level::info, text + "; trying again"};
}

void refuse_to_go_on(const Down& down, const std::string& without) {
  if (!down.never_up || !down.hopeless) return;
  const std::string text = "cannot connect to " + down.url + ": " + down.loss.reason;
  switch (down.loss.kind) {
    case Loss::Kind::bad_files:
      throw Fatal(Status::config, text);
    case Loss::Kind::untrusted:
      throw Fatal(Status::no_permission, text);
    case Loss::Kind::refused:
      if (!without.empty()) throw Fatal(Status::no_permission, text + "; " + without);
      throw Fatal(Status::no_permission,
                  text +
                      "; compare the token with the one in ThingsBoard (Devices, the gateway, "
                      "Copy access token) and give it with --token-file");
    default:
      return;
  }
}

}  // namespace tbgw::mqtt
