// SPDX-License-Identifier: Apache-2.0
#include "run/script.hpp"

#include <map>
#include <utility>
#include <vector>

#include "run/layout.hpp"

namespace tbgw::run {
namespace {

/// Stands for the runtime folder until the words are quoted.
constexpr std::string_view kRuntime = "@runtime@";

std::string word(const std::string& text) {
  const std::size_t at = text.find(kRuntime);
  if (at == std::string::npos) return shell_word(text);
  // NAME=/run/1.up,/run/1.down: our own paths need no quotes, the name may.
  std::string out = at == 0 ? "" : shell_word(text.substr(0, at));
  std::string rest = text.substr(at);
  for (std::size_t i = rest.find(kRuntime); i != std::string::npos; i = rest.find(kRuntime, i)) {
    rest.replace(i, kRuntime.size(), "$run");
  }
  return out + "\"" + rest + "\"";
}

std::string command(const Argv& argv) {
  std::string out;
  for (const std::string& text : argv)
    out += (out.empty() ? "" : " ") + word(text);
  return out;
}

std::string fifo(const std::string& name) {
  return "\"$run/" + name + "\"";
}

/// The variables and limits of a pipeline, in front of each of its commands.
std::string surroundings(const Pipeline& pipeline) {
  std::string out;
  const Limits& limits = pipeline.limits;
  if (limits.memory) out += "ulimit -v " + std::to_string(*limits.memory / 1024) + " && ";
  if (limits.open_files) out += "ulimit -n " + std::to_string(*limits.open_files) + " && ";
  std::string prefix;
  if (!pipeline.environment.empty()) prefix += "env ";
  for (const auto& [name, value] : pipeline.environment)
    prefix += shell_word(name + "=" + value) + " ";
  if (limits.nice) prefix += "nice -n " + std::to_string(*limits.nice) + " ";
  return out + prefix;
}

std::string stage(const Pipeline& pipeline, const Process& process) {
  const std::string before = surroundings(pipeline);
  const std::string text = before + command(process.argv);
  return before.find("&&") == std::string::npos ? text : "(" + text + ")";
}

/// connector <>down | convert | filters >up, and the way down beside it.
std::string pipeline_lines(const Layout& layout, const Pipeline& pipeline, std::size_t index) {
  std::string chain;
  std::string down;
  std::string out;
  for (auto process = layout.processes.rbegin(); process != layout.processes.rend(); ++process) {
    if (process->pipeline != index) continue;
    if (process->role == Role::downlink) {
      down = stage(pipeline, *process) + " <>" + fifo(process->in.name) + " 1<>" +
             fifo(process->out.name) + " &\n";
      continue;
    }
    if (process->role == Role::connector) {
      chain = stage(pipeline, *process) + " <>" + fifo(process->in.name);
    } else {
      chain += " |\n  " + stage(pipeline, *process);
    }
    if (process->out.kind == Channel::Kind::fifo) chain += " 1<>" + fifo(process->out.name);
  }
  out = "# " + pipeline.name + "\n";
  if (!down.empty()) out += down + "ways+=(\"$!\")\n";
  // In a group of its own, which can be told to end as a whole.
  return out + "set -m\n" + chain + " &\nset +m\npipelines+=(\"$!\")\n\n";
}

/// Secrets of a file of the reference: fetched from there when the script runs.
std::string secret_lines(const Gateway& gateway) {
  static const std::map<std::string, std::string> kWhere{
      {"token-file", ".thingsboard.security.accessToken"},
      {"user-file", ".thingsboard.security.username"},
      {"password-file", ".thingsboard.security.password"},
      {"provision",
       ".thingsboard.provisioning | {credentialsType: (.type // \"ACCESS_TOKEN\"), "
       "provisionDeviceKey, provisionDeviceSecret, deviceName, token: .accessToken, clientId, "
       "username, password} | with_entries(select(.value != null))"}};
  std::string out;
  for (const auto& [option, secret] : gateway.platform.secrets) {
    out += "jq -r " + shell_word(kWhere.at(option)) + " " + shell_word(gateway.files.front()) +
           " >" + fifo(option) + "\n";
  }
  return out.empty() ? out : "# What is secret does not stand on a command line.\n" + out + "\n";
}

constexpr std::string_view kHead = R"(set -u -o pipefail
umask 077
run=$(mktemp -d "${TMPDIR:-/tmp}/tbgw.XXXXXX") || exit 73
trap 'rm -rf "$run"' EXIT
ways=() pipelines=()

)";

/// The order of the end: sources, the router, the spool.
constexpr std::string_view kTail = R"(
# SIGTERM: the connectors stop, what they said goes through, then the rest.
stop() {
  trap : TERM INT
  for group in "${pipelines[@]}"; do kill -TERM -- "-$group" 2>/dev/null; done
  for pid in "${ways[@]}" "${pipelines[@]}"; do kill -TERM "$pid" 2>/dev/null; done
  wait "${pipelines[@]}"
  kill -TERM "$route" 2>/dev/null
  wait "$route"
  kill -TERM "$spool" 2>/dev/null
  wait "$spool"
  exit 0
}
trap stop TERM INT
wait
)";

}  // namespace

std::string shell_word(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view{"-_./:=,+@%"}.find(c) != std::string_view::npos;
  };
  bool needs = text.empty();
  for (const char c : text)
    needs = needs || !plain(c);
  if (!needs) return std::string{text};
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::string script_of(const Gateway& gateway, const std::string& state) {
  LayoutOptions options;
  const Layout layout = lay_out(gateway, Places{std::string{kRuntime}, state}, options);
  std::string out = "#!/bin/bash\n# What tbgw-run starts for " + gateway.files.front() +
                    ", as a script. Nothing is started again here.\n" + std::string{kHead};
  out += "mkdir -p " + shell_word(state) + "\n";
  out += "export STATE_DIRECTORY=" + shell_word(state) + "\n";
  out += "mkfifo \"$run\"/{up,down,ready}";
  for (const std::string& name : layout.fifos)
    out += " " + fifo(name);
  for (const Process& process : layout.processes) {
    if (process.role == Role::downlink) out += " " + fifo(process.out.name);
  }
  out += "\n\n" + secret_lines(gateway);
  out += command(layout.processes[0].argv) + " <>" + fifo("up") + " 1<>" + fifo("down") +
         " &\nspool=$!\n";
  Argv route = layout.processes[1].argv;
  route.insert(route.begin() + 1, {"--ready-fd", "4"});
  out += command(route) + " <>" + fifo("down") + " 1<>" + fifo("up") + " 4>" + fifo("ready") +
         " &\nroute=$!\nread -r <" + fifo("ready") + " || exit 73\n\n";
  for (std::size_t i = 0; i < gateway.pipelines.size(); ++i) {
    out += pipeline_lines(layout, gateway.pipelines[i], i);
  }
  return out + std::string{kTail};
}

}  // namespace tbgw::run
