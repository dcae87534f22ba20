// SPDX-License-Identifier: Apache-2.0
// tbgw-route: many pipelines, one ring.
#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/app.hpp"
#include "core/help.hpp"
#include "core/signals.hpp"
#include "core/text.hpp"
#include "route/device_filter.hpp"
#include "route/options.hpp"
#include "route/router.hpp"

namespace tbgw {
namespace {

struct Options {
  CommonOptions common;
  route::Options route;
  std::vector<std::string> pipelines;
  std::string filter;
  std::uint64_t queue = std::uint64_t{256} << 10;
  std::uint64_t max_record = kMaxRecord;
};

void declare(CLI::App& app, Options& options) {
  declare_common(app, options.common, ConfigUse::options,
                 {"tbgw-route table a=a.up,a.down b=b.up,b.down <>down | tbgw-push 1<>down",
                  "tbgw-route --once table a=a.ndjson b=b.ndjson </dev/null"});
  show_usage(app, {"tbgw-route [OPTIONS] TABLE NAME=UP[,DOWN]..."});
  app.add_option("TABLE", options.route.table, "Keeps which pipeline each device belongs to")
      ->type_name("");
  app.add_option("PIPELINE", options.pipelines, "NAME=UP or NAME=UP,DOWN: its FIFOs")
      ->type_name("")
      ->default_str("");
  app.add_option("--filter", options.filter, "Which devices may pass (list.json, or TOML)")
      ->type_name("FILE");
  add_duration(app, "--inactivity", options.route.inactivity,
               "Say disconnect of a device silent for so long (0 = never)");
  app.add_option("--gateway", options.route.gateway,
                 "The pipeline that gets what is for the gateway itself")
      ->type_name("NAME");
  app.add_flag("--once", options.route.once, "End when each pipeline has closed its end");
  add_size(app, "--queue", options.queue, "Commands that may wait for a pipeline", 4096);
  add_size(app, "--max-record", options.max_record, "Reject lines longer than this", 1);
  app.add_option("--rejects", options.route.rejects, "Append lines that are no records to FILE")
      ->type_name("FILE");
  app.add_option("--tap", options.route.tap, "Give copies of what passes to who connects to SOCK")
      ->type_name("SOCK");
  add_duration(app, "--drain-timeout", options.route.drain_timeout,
               "Longest wait at the end, after SIGTERM");
}

void settle(Options& options) {
  route::Options& route = options.route;
  route::take_pipelines(options.pipelines, route);
  const std::vector<std::string> names = route::names_of(route.pipelines);
  const bool known = std::find(names.begin(), names.end(), route.gateway) != names.end();
  if (!route.gateway.empty() && !known) {
    throw Fatal(Status::usage,
                "--gateway " + in_quotes(route.gateway) + ": no pipeline has this name");
  }
  if (!options.filter.empty()) {
    const auto filter = std::make_shared<route::DeviceFilter>(options.filter, names);
    route.allowed = [filter](std::string_view pipeline, std::string_view device) {
      return filter->allows(pipeline, device);
    };
  }
  route.queue = options.queue;
  route.max_record = options.max_record;
  route.stats = options.common.stats;
  route.ready_fd = options.common.ready_fd;
}

Status run(Options options) {
  settle(options);
  Signals signals;
  return route::Router(std::move(options.route), signals).run();
}

}  // namespace
}  // namespace tbgw

int main(int argc, char** argv) {
  CLI::App app{"Join many pipelines to one ring", "tbgw-route"};
  return tbgw::guarded(app, [&] {
    tbgw::Options options;
    tbgw::declare(app, options);
    tbgw::parse_command_line(app, options.common, argc, argv);
    return tbgw::run(std::move(options));
  });
}
