// SPDX-License-Identifier: Apache-2.0
// tbgw-run status and tap: a look at a gateway that runs.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "core/fd.hpp"
#include "core/listener.hpp"
#include "core/output.hpp"
#include "core/time.hpp"
#include "run/checks.hpp"
#include "run/control.hpp"
#include "run/folders.hpp"
#include "run/spawn.hpp"
#include "run/state_text.hpp"
#include "tbgw-run.hpp"

namespace tbgw::run_tool {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::seconds kRefresh{2};

/// What tbgw-spoolctl says of the folder, which it reads beside the spool.
Json look_at_spool(const Options& options, const Json& state) {
  const Json& spool = state.value("spool", Json::object());
  if (!spool.contains("dir")) return nullptr;
  const std::string program = run::find_program("tbgw-spoolctl", options.service.tools);
  if (program.empty()) return nullptr;
  const auto answer = run::ask(program, {program, "stat", "--json", spool["dir"]});
  return Json::parse(answer.output, nullptr, false);
}

}  // namespace

Status status(const Options& options) {
  const std::string runtime = run::runtime_folder(options.service.runtime);
  Json before;
  while (true) {
    const std::string text = run::ask_state(runtime);
    const Json state = Json::parse(text, nullptr, false);
    if (!state.is_object())
      throw Fatal(Status::unavailable, runtime + ": the gateway does not answer");
    const Json spool = look_at_spool(options, state);
    if (options.json) {
      Json whole = state;
      if (spool.is_object()) whole["spool"]["stat"] = spool;
      tbgw::print(whole.dump() + "\n");
    } else {
      const std::string clear = options.service.watch ? "\x1b[H\x1b[J" : "";
      tbgw::print(clear + run::state_text(state, before,
                                          std::chrono::duration<double>(kRefresh).count(), spool,
                                          now_ms()));
    }
    if (!options.service.watch) return Status::ok;
    before = state;
    std::this_thread::sleep_for(kRefresh);
  }
}

Status tap(const Options& options) {
  const std::string runtime = run::runtime_folder(options.service.runtime);
  const std::string& name = options.service.files.front();
  const Json state = Json::parse(run::ask_state(runtime), nullptr, false);
  const Json pipelines =
      state.is_object() ? state.value("pipelines", Json::array()) : Json::array();
  const bool known = std::any_of(pipelines.begin(), pipelines.end(), [&](const Json& pipeline) {
    return pipeline.value("name", "") == name;
  });
  if (!known) throw Fatal(Status::no_input, "no pipeline " + name + " runs (tbgw-run status)");
  const Fd socket = connect_to(run::tap_path(runtime));
  if (!socket) throw Fatal(Status::unavailable, runtime + ": the router does not run");
  if (!write_all(socket.get(), name + "\n")) return Status::unavailable;
  std::array<char, 65536> block{};
  ssize_t got = 0;
  while ((got = ::read(socket.get(), block.data(), block.size())) > 0)
    tbgw::print(std::string_view{block.data(), static_cast<std::size_t>(got)});
  return Status::ok;
}

}  // namespace tbgw::run_tool
