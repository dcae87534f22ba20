// SPDX-License-Identifier: Apache-2.0
#include "run/layout.hpp"

#include <algorithm>
#include <utility>

#include "core/number.hpp"

namespace tbgw::run {
namespace {

Channel pipe_of(std::string name) {
  return {Channel::Kind::pipe, std::move(name)};
}
Channel fifo_of(std::string name) {
  return {Channel::Kind::fifo, std::move(name)};
}

bool is_ours(const std::string& program) {
  return program.compare(0, 5, "tbgw-") == 0;
}

const Pipeline* pipeline_of(const Gateway& gateway, const Process& process) {
  return process.pipeline ? &gateway.pipelines[*process.pipeline] : nullptr;
}

/// FIFOs and pipes have numbers: names of pipelines may hold anything.
std::string number(const LayoutOptions& options, std::size_t pipeline) {
  return std::to_string(options.numbers.empty() ? pipeline + 1 : options.numbers[pipeline]);
}

/// What all our tools are told, behind the program: what follows may be another program's.
Argv manners(log::Level level, std::chrono::milliseconds stats) {
  Argv argv;
  if (const std::string loud = loudness(level); !loud.empty()) argv.push_back(loud);
  if (stats.count() > 0) argv.insert(argv.end(), {"--stats", format_duration(stats)});
  return argv;
}

void add(Layout& layout, const Gateway& gateway, const LayoutOptions& options, Process process) {
  const Argv words =
      manners(level_for(gateway, process, pipeline_of(gateway, process)), options.stats);
  if (is_ours(process.argv.front())) {
    process.argv.insert(process.argv.begin() + 1, words.begin(), words.end());
  }
  layout.processes.push_back(std::move(process));
}

Argv push_command(const Gateway& gateway, const Places& places, const LayoutOptions& options) {
  Argv argv{"tbgw-push"};
  const Argv words =
      manners(gateway.logging.connection.value_or(gateway.logging.level), options.stats);
  argv.insert(argv.end(), words.begin(), words.end());
  for (const auto& [option, secret] : gateway.platform.secrets) {
    argv.push_back("--" + option);
    argv.push_back(secret_path(places, option));
  }
  argv.insert(argv.end(), gateway.platform.options.begin(), gateway.platform.options.end());
  argv.insert(argv.end(), gateway.platform.urls.begin(), gateway.platform.urls.end());
  return argv;
}

Process spool_process(const Gateway& gateway, const Places& places, const LayoutOptions& options) {
  Process spool{Role::spool, std::nullopt, "spool", {"tbgw-spool"}, {}, {}};
  spool.argv.insert(spool.argv.end(), gateway.spool.options.begin(), gateway.spool.options.end());
  // Together with the ends of the pipelines and the router it must end within ten seconds.
  const auto& options_given = gateway.spool.options;
  if (std::find(options_given.begin(), options_given.end(), "--drain-timeout") ==
      options_given.end()) {
    spool.argv.insert(spool.argv.end(), {"--drain-timeout", "3s"});
  }
  spool.argv.push_back(gateway.spool.memory ? "--memory" : gateway.spool.folder);
  spool.argv.emplace_back("--");
  const Argv push = push_command(gateway, places, options);
  spool.argv.insert(spool.argv.end(), push.begin(), push.end());
  spool.in = pipe_of("uplink");
  spool.out = pipe_of("downlink");
  return spool;
}

Process route_process(const Gateway& gateway, const Places& places, const LayoutOptions& options) {
  Process route{Role::route, std::nullopt, "route", {"tbgw-route"}, {}, {}};
  Argv& argv = route.argv;
  argv.insert(argv.end(), gateway.route.options.begin(), gateway.route.options.end());
  if (!options.tap.empty()) argv.insert(argv.end(), {"--tap", options.tap});
  if (options.own_pipeline) argv.insert(argv.end(), {"--gateway", kOwnPipeline});
  argv.push_back(places.state + "/devices.table");
  const auto pipeline = [&](const std::string& name, const std::string& paths) {
    argv.push_back(name + "=" + places.runtime + "/" + paths + ".up," + places.runtime + "/" +
                   paths + ".down");
  };
  if (options.own_pipeline) pipeline(kOwnPipeline, kOwnPipeline);
  for (std::size_t i = 0; i < gateway.pipelines.size(); ++i)
    pipeline(gateway.pipelines[i].name, number(options, i));
  route.in = pipe_of("downlink");
  route.out = pipe_of("uplink");
  return route;
}

/// connector → convert → filters, chained by pipes, the last one into the FIFO up.
std::vector<Process> chain_of(const Pipeline& pipeline, std::size_t index,
                              const std::string& number) {
  std::vector<Process> chain;
  const auto stage = [&](Role role, const std::string& what, Argv argv) {
    chain.push_back({role, index, pipeline.name + "/" + what, std::move(argv), {}, {}});
  };
  stage(Role::connector, "connector", pipeline.connector);
  if (!pipeline.map.empty()) stage(Role::convert, "convert", {"tbgw-convert", pipeline.map});
  for (std::size_t i = 0; i < pipeline.filters.size(); ++i) {
    stage(Role::filter, "filter" + std::to_string(i + 1), pipeline.filters[i]);
  }
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    chain[i].out = pipe_of(number + ".chain" + std::to_string(i + 1));
    chain[i + 1].in = chain[i].out;
  }
  chain.back().out = fifo_of(number + ".up");
  return chain;
}

void add_pipeline(Layout& layout, const Gateway& gateway, const LayoutOptions& options,
                  std::size_t index) {
  const Pipeline& pipeline = gateway.pipelines[index];
  const std::string id = number(options, index);
  std::vector<Process> chain = chain_of(pipeline, index, id);
  const Channel down = fifo_of(id + ".down");
  const Channel commands = pipe_of(id + ".commands");
  chain.front().in = pipeline.downlink ? commands : down;
  while (!chain.empty()) {
    add(layout, gateway, options, std::move(chain.back()));
    chain.pop_back();
  }
  if (!pipeline.downlink) return;
  add(layout, gateway, options,
      {Role::downlink,
       index,
       pipeline.name + "/downlink",
       {"tbgw-convert", "--downlink", pipeline.map},
       down,
       commands});
}

}  // namespace

std::string secret_path(const Places& places, const std::string& option) {
  return places.runtime + "/" + option;
}

std::string loudness(log::Level level) {
  switch (level) {
    case log::Level::error:
      return "-q";
    case log::Level::warning:
      return "";
    case log::Level::info:
      return "-v";
    case log::Level::debug:
      return "-vv";
  }
  return "";
}

log::Level level_for(const Gateway& gateway, const Process& process, const Pipeline* pipeline) {
  const Logging& logging = gateway.logging;
  switch (process.role) {
    case Role::spool:
      return logging.storage.value_or(logging.level);
    case Role::route:
      return logging.level;
    default:
      break;
  }
  const bool connector = process.role == Role::connector;
  const auto part = (connector ? logging.connectors : logging.converters).value_or(logging.level);
  return pipeline == nullptr ? part : pipeline->level.value_or(part);
}

Layout lay_out(const Gateway& gateway, const Places& places, const LayoutOptions& options) {
  Layout layout;
  const auto fifos = [&](const std::string& name) {
    layout.fifos.push_back(name + ".up");
    layout.fifos.push_back(name + ".down");
  };
  if (options.own_pipeline) fifos(kOwnPipeline);
  add(layout, gateway, options, spool_process(gateway, places, options));
  add(layout, gateway, options, route_process(gateway, places, options));
  for (std::size_t i = 0; i < gateway.pipelines.size(); ++i) {
    fifos(number(options, i));
    add_pipeline(layout, gateway, options, i);
  }
  return layout;
}

}  // namespace tbgw::run
