// SPDX-License-Identifier: Apache-2.0
// gateway.toml: tables of options of the tools, and [[pipeline]]s. tbgw-run(1) describes it.
#include <algorithm>
#include <string>
#include <utility>

#include "core/text.hpp"
#include "run/connector_kind.hpp"
#include "run/gateway_file.hpp"
#include "run/tool_options.hpp"

namespace tbgw::run {
namespace {

/// A command: a list of words. One text would need a shell's rules.
Argv take_command(ConfigTable& table, std::string_view key) {
  const auto words = table.texts({key});
  if (!words || words->empty() || words->front().empty()) {
    table.fail(key, "must be a list of words, the program first: [\"jq\", \"-c\", \".\"]");
  }
  if (words->size() == 1 && words->front().find(' ') != std::string::npos) {
    table.fail(key,
               "must be a list of words: [\"jq\", \"-c\", \".\"]; what needs a shell is "
               "[\"sh\", \"-c\", \"…\"]");
  }
  return *words;
}

/// A program given by a path is meant from the folder of the file.
void settle_program(Argv& command, const ConfigTable& table) {
  if (command.front().find('/') == std::string::npos) return;
  command.front() = beside(table.file().name, command.front());
}

std::vector<Argv> take_filters(ConfigTable& table) {
  std::vector<Argv> filters;
  const auto* list = table.value({"filters"});
  if (list == nullptr) return filters;
  const auto is_word = [](const auto& word) { return word.is_string(); };
  const auto is_command = [&](const auto& command) {
    return command.is_array() && !command.empty() &&
           std::all_of(command.begin(), command.end(), is_word);
  };
  if (!list->is_array() || !std::all_of(list->begin(), list->end(), is_command)) {
    table.fail("filters",
               "must be a list of commands, each a list of words: [[\"jq\", \"-c\", "
               "\".\"]]");
  }
  for (const auto& command : *list) {
    filters.push_back(command.get<Argv>());
    settle_program(filters.back(), table);
  }
  return filters;
}

void take_environment(ConfigTable& table, Pipeline& pipeline) {
  auto values = table.table({"env"});
  if (!values) return;
  for (const auto& [key, value] : values->json().items()) {
    if (!value.is_string()) values->fail(key, "must be a text in quotes");
    if (key.empty() || key.find('=') != std::string::npos) values->fail(key, "is no variable");
    pipeline.environment[key] = value.get<std::string>();
  }
}

void take_limits(ConfigTable& table, Pipeline& pipeline) {
  auto limits = table.table({"limits"});
  if (!limits) return;
  pipeline.limits.memory = limits->size({"memory"});
  pipeline.limits.open_files = limits->integer({"files"}, 16, 1'000'000);
  pipeline.limits.nice = limits->integer({"nice"}, 0, 19);
  limits->refuse_unknown();
}

void take_restart(ConfigTable& table, Pipeline& pipeline) {
  const auto word = table.text({"restart"});
  if (!word) return;
  if (*word == "always") {
    pipeline.restart = Restart::always;
  } else if (*word == "on-failure") {
    pipeline.restart = Restart::on_failure;
  } else if (*word == "never") {
    pipeline.restart = Restart::never;
  } else {
    table.fail("restart", "must be always, on-failure or never");
  }
}

void take_parts(ConfigTable& table, Pipeline& pipeline) {
  pipeline.place = table.place();
  pipeline.name = table.text({"name"}).value_or("");
  pipeline.type = table.text({"type"}).value_or("");
  if (const auto file = table.text({"file"})) pipeline.file = beside(table.file().name, *file);
  if (table.has({"command"})) {
    pipeline.connector = take_command(table, "command");
    settle_program(pipeline.connector, table);
  }
  if (pipeline.file.empty() == pipeline.connector.empty()) {
    table.fail("give either the connector's `file` or a `command`");
  }
  if (!pipeline.connector.empty() && pipeline.name.empty()) {
    table.fail("a pipeline with a command needs a `name`");
  }
  pipeline.filters = take_filters(table);
  take_environment(table, pipeline);
  take_limits(table, pipeline);
  take_restart(table, pipeline);
  if (const auto level = table.text({"level"}); level && !take_level(pipeline, *level)) {
    table.fail("level", "must be error, warning, info, debug or none");
  }
}

/// The converter of a command is what `map` says; a connector file has its own unless it does.
void take_map(ConfigTable& table, Pipeline& pipeline) {
  const auto map = table.text({"map"});
  if (map) {
    pipeline.map = beside(table.file().name, *map);
    pipeline.downlink = true;
  }
  if (const auto downlink = table.boolean({"downlink"})) {
    if (*downlink && pipeline.map.empty()) table.fail("downlink", "needs a `map`");
    pipeline.downlink = *downlink;
  }
}

void read_pipeline(ConfigTable& table, const Surroundings& around, Gateway& gateway,
                   Mistakes& mistakes) {
  Pipeline pipeline;
  bool good = mistakes.attempt([&] { take_parts(table, pipeline); });
  if (!good) return;  // not every key was asked for
  if (!table.boolean({"enabled"}).value_or(true)) good = false;
  if (good && !pipeline.file.empty()) {
    good = take_connector_file(pipeline, around, gateway, mistakes);
  } else if (good) {
    pipeline.type = pipeline.type.empty() ? "custom" : pipeline.type;
  }
  good = mistakes.attempt([&] { take_map(table, pipeline); }) && good;
  mistakes.take_unknown(table);
  if (good && pipeline.file.empty()) {
    good = has_programs(pipeline, around, gateway, mistakes);
  }
  if (good) gateway.pipelines.push_back(std::move(pipeline));
}

void read_platform(ConfigTable& table, Gateway& gateway, Mistakes& mistakes) {
  mistakes.attempt([&] {
    if (const auto urls = table.texts({"url"})) gateway.platform.urls = *urls;
  });
  take_options(table, push_options(), gateway.platform.options, mistakes);
  mistakes.take_unknown(table);
}

void read_spool(ConfigTable& table, Gateway& gateway, Mistakes& mistakes) {
  Spool& spool = gateway.spool;
  mistakes.attempt([&] {
    spool.memory = table.boolean({"in-memory"}).value_or(false);
    const auto folder = table.text({"dir"});
    if (folder && spool.memory) table.fail("dir", "a spool in memory has no folder");
    if (folder) spool.folder = beside(table.file().name, *folder);
    if (spool.memory) spool.folder.clear();
  });
  // A full spool that blocks would hold up RPCs too, so here it does not unless it is told to.
  if (table.has({"when-full"})) spool.options.clear();
  take_options(table, spool_options(), spool.options, mistakes);
  mistakes.take_unknown(table);
}

void read_log(ConfigTable& table, Gateway& gateway, Mistakes& mistakes) {
  mistakes.attempt([&] {
    Pipeline level;
    const auto word = table.text({"level"});
    if (word && !take_level(level, *word)) {
      table.fail("level", "must be error, warning, info or debug");
    }
    if (word) gateway.logging.level = *level.level;
    gateway.logging.remote = table.boolean({"remote"}).value_or(false);
  });
  mistakes.take_unknown(table);
}

void read_statistics(ConfigTable& table, Gateway& gateway, Mistakes& mistakes) {
  Statistics& statistics = gateway.statistics;
  constexpr std::chrono::milliseconds kSecond{1000};
  mistakes.attempt([&] {
    statistics.enabled = table.boolean({"enabled"}).value_or(statistics.enabled);
    statistics.interval = table.duration({"interval"}, kSecond).value_or(statistics.interval);
    statistics.custom_interval =
        table.duration({"command-interval"}, kSecond).value_or(statistics.custom_interval);
    for (ConfigTable& entry : table.tables({"command"})) {
      CustomStatistic custom;
      const auto key = entry.text({"key"});
      if (!key) entry.fail("a command needs the `key` of its telemetry");
      custom.key = *key;
      custom.command = take_command(entry, "command");
      settle_program(custom.command, entry);
      custom.timeout = entry.duration({"timeout"}, kSecond).value_or(10 * kSecond);
      entry.refuse_unknown();
      statistics.custom.push_back(std::move(custom));
      gateway.notices.push_back(entry.place() + ": a statistics command has no effect");
    }
  });
  mistakes.take_unknown(table);
}

void read_remote(ConfigTable& table, Gateway& gateway, Mistakes& mistakes) {
  gateway.notices.push_back(table.place() +
                            ": [remote] has no effect: the platform changes nothing");
  mistakes.attempt([&] {
    gateway.remote.configuration = table.boolean({"configuration"}).value_or(false);
    if (table.has({"installer"})) {
      gateway.remote.installer = take_command(table, "installer");
      settle_program(gateway.remote.installer, table);
    }
    auto commands = table.table({"commands"});
    if (!commands) return;
    for (const auto& [name, value] : commands->json().items()) {
      gateway.remote.commands[name] = take_command(*commands, name);
    }
  });
  mistakes.take_unknown(table);
}

}  // namespace

void read_native(const std::shared_ptr<const ConfigFile>& file, const Surroundings& around,
                 Gateway& gateway, Mistakes& mistakes) {
  ConfigTable root{file};
  const auto part = [&](std::string_view key, const auto& read) {
    mistakes.attempt([&] {
      if (auto table = root.table({key})) read(*table, gateway, mistakes);
    });
  };
  part("platform", read_platform);
  part("spool", read_spool);
  part("log", read_log);
  part("statistics", read_statistics);
  part("remote", read_remote);
  part("route", [](ConfigTable& table, Gateway& into, Mistakes& wrong) {
    take_options(table, route_options(), into.route.options, wrong);
    wrong.take_unknown(table);
  });
  mistakes.attempt([&] { gateway.metrics = root.text({"metrics"}).value_or(""); });
  mistakes.attempt([&] {
    for (ConfigTable& table : root.tables({"pipeline"}))
      read_pipeline(table, around, gateway, mistakes);
  });
  mistakes.take_unknown(root);
  if (gateway.pipelines.empty() && mistakes.none() && gateway.notices.empty()) {
    mistakes.add(file->name + ": there is no [[pipeline]]");
  }
}

}  // namespace tbgw::run
