// SPDX-License-Identifier: Apache-2.0
// The options of tbgw-push. (A file of its own: with more in it, g++ 12 warns inside CLI11.)
#include "tbgw-push-options.hpp"

#include <map>
#include <memory>

#include "core/number.hpp"
#include "core/time.hpp"
#include "mqtt/session.hpp"
#include "tb/topics.hpp"

namespace tbgw {

void declare(CLI::App& app, PushOptions& options) {
  declare_common(app, options.common, ConfigUse::options,
                 {"tbgw-push mqtt://thingsboard.example.com --token-file token < readings.ndjson",
                  "tbgw-push --dry-run < readings.ndjson"},
                 mqtt::library_version());
  mqtt::declare_options(app, options.mqtt);
  app.add_flag("--dry-run", options.dry_run, "Print 'topic TAB payload' lines; connect to nothing");
  app.add_flag("--check", options.check,
               "Say what the platform says of these credentials, and exit");
  app.add_flag("--login", options.login,
               "Ask for URL and access token, try them, keep them for later");
  app.add_flag("--device-api", options.uplink.device_api,
               "The credentials are a device's that is no gateway: all data are its own");
  app.add_option("--firmware", options.firmware,
                 "Fetch the images that the platform offers into DIR")
      ->type_name("DIR");
  app.add_option("--state", options.state, "Keep what devices there are below DIR")
      ->type_name("DIR");
  add_duration(app, "--linger", options.uplink.linger,
               "How long a reading may wait for company while more input comes");
  app.add_option("--window", options.uplink.window.messages, "Messages sent and not acknowledged")
      ->type_name("N")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_size(app, "--max-payload", options.uplink.max_payload, "Largest MQTT remaining length", 1024);
  add_duration(app, "--keep-devices", options.uplink.keep_devices,
               "Ask for a device that was silent so long: the platform would forget it");
  add_duration(app, "--rpc-timeout", options.uplink.rpc_timeout,
               "Answer an RPC with an error if nobody left of us did by then",
               std::chrono::milliseconds{100});
  app.add_option("--doubtful", options.uplink.doubtful,
                 "Records stamped before the clock was set: hold, send or drop")
      ->type_name("WHAT")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, tb::Doubtful>{{"hold", tb::Doubtful::hold},
                                              {"send", tb::Doubtful::send},
                                              {"drop", tb::Doubtful::drop}}))
      ->default_str("hold");
  add_size(app, "--memory", options.memory, "Stop reading when readings not acknowledged need this",
           std::uint64_t{12} << 20);
  add_size(app, "--max-record", options.max_record, "Reject lines longer than this", 1);
  app.add_option("--rejects", options.rejects,
                 "Append records that cannot be sent, or not wholly, to FILE")
      ->type_name("FILE");
  options.drain_option =
      add_duration(app, "--drain-timeout", options.drain_timeout,
                   "Wait so long after SIGTERM; if given, after the end of input too");
}

void complete(PushOptions& options) {
  options.uplink.ask_limits = true;
  options.uplink.clock = [trust = std::make_shared<ClockTrust>()] {
    const EpochMs now = now_ms();
    return tb::ClockFacts{!trust->doubt(now), now, boot_id(), uptime_ms()};
  };
  mqtt::complete_options(options.mqtt);
  mqtt::ConnectionOptions& connection = options.mqtt.session.connection;
  if (options.uplink.device_api) {
    connection.subscriptions.assign(tb::topics::kDeviceSubscriptions.begin(),
                                    tb::topics::kDeviceSubscriptions.end());
  } else {
    connection.subscriptions.assign(tb::topics::kSubscriptions.begin(),
                                    tb::topics::kSubscriptions.end());
  }
  if (!options.firmware.empty()) {
    connection.subscriptions.insert(connection.subscriptions.end(),
                                    tb::topics::kFirmwareSubscriptions.begin(),
                                    tb::topics::kFirmwareSubscriptions.end());
  }
  // Answers go beside the window.
  connection.in_flight = static_cast<unsigned>(options.uplink.window.messages) + 20;
}

}  // namespace tbgw
