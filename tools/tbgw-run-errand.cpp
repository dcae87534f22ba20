// SPDX-License-Identifier: Apache-2.0
// tbgw-run check and print: what is in the files, without starting anything.
#include <cstdio>

#include "core/fd.hpp"
#include "core/log.hpp"
#include "core/output.hpp"
#include "run/checks.hpp"
#include "run/folders.hpp"
#include "run/script.hpp"
#include "run/spawn.hpp"
#include "serial/connector_file.hpp"
#include "tbgw-run.hpp"

namespace tbgw::run_tool {
namespace {

void say_all(const run::Mistakes& mistakes) {
  for (const std::string& text : mistakes.texts())
    log::error(text);
}

}  // namespace

Status check(const Options& options) {
  run::Mistakes mistakes;
  const run::Gateway gateway = run::read_files(options.service, mistakes);
  for (const std::string& notice : gateway.notices)
    log::warn(notice);
  const auto find = [&](const std::string& name) {
    return run::find_program(name, options.service.tools);
  };
  for (const run::Pipeline& pipeline : gateway.pipelines) {
    if (pipeline.type != "serial" || pipeline.file.empty()) continue;
    mistakes.attempt([&] { serial::read_connector_file(load_config(pipeline.file)); });
  }
  run::ask_tools(gateway, find, mistakes);
  say_all(mistakes);
  return mistakes.none() ? Status::ok : Status::config;
}

Status print(const Options& options) {
  run::Mistakes mistakes;
  const run::Gateway gateway = run::read_files(options.service, mistakes);
  for (const std::string& notice : gateway.notices)
    log::warn(notice);
  say_all(mistakes);
  if (!mistakes.none()) return Status::config;
  tbgw::print(run::script_of(gateway, run::state_folder(options.service.state)));
  return Status::ok;
}

}  // namespace tbgw::run_tool
