// SPDX-License-Identifier: Apache-2.0
// The reference's tb_gateway.json: its connectors and what it says of the gateway itself.
// reference_platform.cpp reads whom it serves, reference_storage.cpp where it keeps records.
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "core/text.hpp"
#include "run/connector_kind.hpp"
#include "run/gateway_file.hpp"
#include "run/reference_parts.hpp"

namespace tbgw::run {
namespace {

constexpr std::chrono::milliseconds kSecond{1000};

/// A connector of ours in the reference's file: what to start instead of a Python class.
void take_own_command(ConfigTable& entry, Pipeline& pipeline) {
  const auto words = entry.texts({"command"});
  if (!words) return;
  if (words->empty()) entry.fail("command", "must be a list of words, the program first");
  pipeline.connector = *words;
  if (pipeline.type.empty()) pipeline.type = "custom";
}

/// Which program does the work of `class`, if it is not the reference's own for the type.
void settle_class(ConfigTable& entry, Pipeline& pipeline) {
  const auto python = entry.text({"class"});
  if (!python || python->empty()) return;
  if (const ConnectorKind* kind = find_kind(*python)) {
    pipeline.type = kind->type;
  } else if (pipeline.connector.empty()) {
    entry.fail("class", in_quotes(*python) +
                            " is a class in Python, which only the reference gateway runs; a "
                            "program that prints records takes its place: \"command\": [\"…\"]");
  }
}

void take_entry(ConfigTable& entry, Pipeline& pipeline) {
  pipeline.place = entry.place();
  pipeline.name = entry.text({"name"}).value_or("");
  pipeline.type = entry.text({"type"}).value_or("");
  const auto file = entry.text({"configuration"});
  if (file) pipeline.file = beside(entry.file().name, *file);
  entry.ignore({"key", "useGRPCForce", "id", "ts", "configVersion"});
  take_own_command(entry, pipeline);
  settle_class(entry, pipeline);
  if (!pipeline.connector.empty()) return;
  if (!file) entry.fail("a connector needs its `configuration`, the name of a file");
  if (find_kind(pipeline.type) == nullptr) {
    entry.fail("type", in_quotes(pipeline.type) + " is no connector that we know");
  }
  pipeline.type = find_kind(pipeline.type)->type;
}

void read_connector(ConfigTable& entry, const Surroundings& around, Gateway& gateway,
                    Mistakes& mistakes) {
  Pipeline pipeline;
  bool good = mistakes.attempt([&] { take_entry(entry, pipeline); });
  note_unknown(entry, gateway);
  if (!good) return;
  if (pipeline.file.empty()) {
    good = has_programs(pipeline, around, gateway, mistakes);
  } else {
    good = take_connector_file(pipeline, around, gateway, mistakes);
  }
  if (good) gateway.pipelines.push_back(std::move(pipeline));
}

void read_custom_statistics(const std::string& path, Gateway& gateway, Mistakes& mistakes) {
  mistakes.attempt([&] {
    const auto file = load_config(path);
    if (!file->root.is_array()) {
      throw Fatal(Status::config, path + ":1: must be a list of commands");
    }
    gateway.files.push_back(path);
    gateway.notices.push_back(path + ": commands for statistics are not run");
    for (std::size_t i = 0; i < file->root.size(); ++i) {
      const auto& entry = file->root[i];
      const std::string place = file->place("/" + std::to_string(i));
      CustomStatistic custom;
      if (!entry.is_object() ||
          !entry.value("attributeOnGateway", nlohmann::ordered_json{}).is_string()) {
        throw Fatal(Status::config, place + ": needs `attributeOnGateway`");
      }
      custom.key = entry["attributeOnGateway"].get<std::string>();
      const auto command = entry.find("command");
      if (command != entry.end() && command->is_string()) {
        custom.command = {"/bin/sh", "-c", command->get<std::string>()};
      } else if (command != entry.end() && command->is_array() && !command->empty()) {
        custom.command = command->get<Argv>();
      } else {
        throw Fatal(Status::config, place + ": `command` must be a list of words");
      }
      const auto timeout = entry.find("timeout");
      const bool given = timeout != entry.end() && timeout->is_number();
      custom.timeout = std::chrono::milliseconds{
          static_cast<std::int64_t>((given ? timeout->get<double>() : 10) * 1000)};
      gateway.statistics.custom.push_back(std::move(custom));
    }
  });
}

void read_statistics(ConfigTable& table, Gateway& gateway, Mistakes& mistakes) {
  Statistics& statistics = gateway.statistics;
  statistics.enabled = table.boolean({"enable"}).value_or(true);
  statistics.interval =
      table.duration({"statsSendPeriodInSeconds"}, kSecond).value_or(statistics.interval);
  statistics.custom_interval = table.duration({"customStatsSendPeriodInSeconds"}, kSecond)
                                   .value_or(statistics.custom_interval);
  const bool custom = table.boolean({"enableCustom"}).value_or(true);
  const auto file = table.text({"configuration"});
  note_unknown(table, gateway);
  if (custom && file && !file->empty()) {
    read_custom_statistics(beside(table.file().name, *file), gateway, mistakes);
  }
}

void read_filter(ConfigTable& table, Gateway& gateway, Mistakes& mistakes) {
  const auto file = table.text({"filterFile"}).value_or("list.json");
  const bool enabled = table.boolean({"enable"}).value_or(false);
  note_unknown(table, gateway);
  if (!enabled) return;
  const std::string path = beside(table.file().name, file);
  if (!mistakes.attempt([&] { load_config(path); })) return;
  gateway.files.push_back(path);
  gateway.route.options.insert(gateway.route.options.end(), {"--filter", path});
}

void read_activity(ConfigTable& table, Gateway& gateway, Mistakes& /*mistakes*/) {
  const bool enabled = table.boolean({"checkDeviceInactivity"}).value_or(false);
  const auto timeout = table.integer({"inactivityTimeoutSeconds"}, 1, 1'000'000'000).value_or(300);
  table.ignore({"inactivityCheckPeriodSeconds"});
  note_unknown(table, gateway);
  if (!enabled) return;
  gateway.route.options.insert(gateway.route.options.end(),
                               {"--inactivity", std::to_string(timeout) + "s"});
}

void read_gateway_keys(ConfigTable& table, Gateway& gateway, Mistakes& mistakes) {
  const auto part = [&](std::string_view key, const auto& read) {
    mistakes.attempt([&] {
      if (auto inner = table.table({key})) read(*inner, gateway, mistakes);
    });
  };
  part("statistics", read_statistics);
  part("deviceFiltering", read_filter);
  part("checkingDeviceActivity", read_activity);
  mistakes.attempt([&] {
    gateway.remote.configuration = table.boolean({"remoteConfiguration"}).value_or(true);
    if (table.boolean({"remoteShell"}).value_or(false)) {
      gateway.notices.push_back(table.place("remoteShell") +
                                ": remoteShell: there is none: fixed commands can be allowed in a "
                                "gateway.toml");
    }
  });
  mistakes.attempt([&] {
    const auto strategy = table.table({"reportStrategy"});
    if (!strategy) return;
    const auto type = strategy->json().find("type");
    if (type == strategy->json().end() || *type == "ON_RECEIVED") return;
    gateway.notices.push_back(table.place("reportStrategy") +
                              ": reportStrategy: is taken from each connector's file only");
  });
}

std::optional<log::Level> logger_level(const nlohmann::ordered_json& loggers, const char* name) {
  const auto logger = loggers.find(name);
  if (logger == loggers.end() || !logger->is_object()) return std::nullopt;
  const auto level = logger->find("level");
  if (level == logger->end() || !level->is_string()) return std::nullopt;
  return level_of(level->get<std::string>());
}

/// logs.json beside the main file: levels only. Where lines go is --log-dir's to say.
void read_logs(const std::string& main_file, Gateway& gateway, Mistakes& mistakes) {
  const std::string path = beside(main_file, "logs.json");
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return;
  mistakes.attempt([&] {
    const auto file = load_config(path);
    gateway.files.push_back(path);
    const auto loggers = file->root.find("loggers");
    if (loggers == file->root.end() || !loggers->is_object()) return;
    Logging& logging = gateway.logging;
    logging.level = logger_level(*loggers, "service").value_or(logging.level);
    logging.connectors = logger_level(*loggers, "connector");
    logging.converters = logger_level(*loggers, "converter");
    logging.storage = logger_level(*loggers, "storage");
    logging.connection = logger_level(*loggers, "tb_connection");
  });
}

}  // namespace

void note_unknown(const ConfigTable& table, Gateway& gateway) {
  for (const std::string& text : table.unknown())
    gateway.notices.push_back(text);
}

void read_reference(const std::shared_ptr<const ConfigFile>& file, const Surroundings& around,
                    Gateway& gateway, Mistakes& mistakes) {
  gateway.reference = true;
  ConfigTable root{file};
  mistakes.attempt([&] {
    if (auto table = root.table({"thingsboard"})) {
      read_reference_platform(*table, around, gateway, mistakes);
      read_gateway_keys(*table, gateway, mistakes);
      note_unknown(*table, gateway);
    }
  });
  mistakes.attempt([&] {
    if (auto table = root.table({"storage"})) {
      read_reference_storage(*table, around, gateway);
    }
  });
  mistakes.attempt([&] {
    if (auto table = root.table({"grpc"}); table && table->boolean({"enabled"}).value_or(false)) {
      gateway.notices.push_back(table->place() +
                                ": grpc: is not served: a connector of your own "
                                "is a program that prints records");
    }
  });
  mistakes.attempt([&] {
    for (ConfigTable& entry : root.tables({"connectors"}))
      read_connector(entry, around, gateway, mistakes);
  });
  note_unknown(root, gateway);
  read_logs(file->name, gateway, mistakes);
}

}  // namespace tbgw::run
