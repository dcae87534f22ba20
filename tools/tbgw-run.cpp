// SPDX-License-Identifier: Apache-2.0
// tbgw-run: the gateway service.
#include "tbgw-run.hpp"

#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/help.hpp"
#include "core/text.hpp"

namespace tbgw::run_tool {
namespace {

void declare(CLI::App& app, Options& options) {
  declare_common(app, options.common, ConfigUse::options,
                 {"tbgw-run custom_serial.json modbus.json", "tbgw-run check gateway.toml",
                  "tbgw-run print gateway.toml >gateway.sh"});
  show_usage(app, {"tbgw-run [OPTIONS] FILE...", "tbgw-run check|print FILE...", "tbgw-run status",
                   "tbgw-run tap NAME"});
  app.add_option("FILE", options.words,
                 "A gateway.toml, a tb_gateway.json, or connector files; or what to do with them")
      ->type_name("")
      ->default_str("");
  run::ServiceOptions& service = options.service;
  app.add_option("--state", service.state, "Keep records and the table of devices in DIR")
      ->type_name("DIR");
  app.add_option("--runtime", service.runtime, "FIFOs and the control socket go to DIR")
      ->type_name("DIR");
  app.add_flag("--skip-missing", service.skip_missing,
               "Leave out connectors whose program is not installed");
  app.add_flag("--watch", service.watch,
               "Read files again when they change; status: refresh it in place");
  app.add_flag("--json", options.json, "status: print JSON");
  app.add_option("--log-dir", service.log_folder, "Log into files in DIR, one for each pipeline")
      ->type_name("DIR");
  add_size(app, "--log-size", service.log_size, "Longest log file", 4096);
  add_integer(app, "--log-files", service.log_files, 1, 100, "Log files kept of each pipeline");
}

/// Our own programs are where we are.
std::string own_folder() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "" : self.parent_path().string();
}

void settle(Options& options) {
  run::ServiceOptions& service = options.service;
  service.tools = own_folder();
  service.ready_fd = options.common.ready_fd;
  if (options.common.stats.count() > 0) service.stats = options.common.stats;
  if (options.common.quiet) service.level = log::Level::error;
  if (options.common.verbose == 1) service.level = log::Level::info;
  if (options.common.verbose > 1) service.level = log::Level::debug;
}

struct Errand {
  std::string_view name;
  Status (*run)(const Options&);
  std::size_t least;  ///< words behind it
  std::size_t most;
  const char* needs;
};
constexpr std::array<Errand, 4> kErrands{{
    {"check", check, 1, 10'000, "needs a FILE"},
    {"print", print, 1, 10'000, "needs a FILE"},
    {"status", status, 0, 0, "takes no operand"},
    {"tap", tap, 1, 1, "needs the name of a pipeline"},
}};

Status run(Options& options) {
  settle(options);
  std::vector<std::string> words = options.words;
  if (words.empty()) {
    throw Fatal(
        Status::usage,
        "needed: a gateway.toml, the tb_gateway.json of the reference gateway, or connector "
        "files such as modbus.json");
  }
  for (const Errand& errand : kErrands) {
    if (words.front() != errand.name) continue;
    words.erase(words.begin());
    if (words.size() < errand.least || words.size() > errand.most) {
      throw Fatal(Status::usage, std::string{errand.name} + " " + errand.needs);
    }
    options.service.files = std::move(words);
    return errand.run(options);
  }
  options.service.files = std::move(words);
  return run::Service(std::move(options.service)).run();
}

}  // namespace
}  // namespace tbgw::run_tool

int main(int argc, char** argv) {
  CLI::App app{"Run a gateway: start its pipelines and keep them alive", "tbgw-run"};
  return tbgw::guarded(app, [&] {
    tbgw::run_tool::Options options;
    tbgw::run_tool::declare(app, options);
    tbgw::parse_command_line(app, options.common, argc, argv);
    return tbgw::run_tool::run(options);
  });
}
