// SPDX-License-Identifier: Apache-2.0
#include "run/gateway_rpc.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cmath>

#include "core/number.hpp"
#include "core/record.hpp"
#include "core/text.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

/// An answer that is larger would end the connection to the platform.
constexpr std::size_t kLongest = std::size_t{32} << 10;
constexpr std::chrono::seconds kLongestWait{3600};
constexpr std::string_view kPrefix = "gateway_";

Json good(Json answer) {
  return {{"code", 200}, {"resp", std::move(answer)}};
}

Json bad(int code, const std::string& text) {
  return {{"error", text}, {"code", code}};
}

RpcAnswer reply(Json data) {
  RpcAnswer out;
  out.reply = std::move(data);
  return out;
}

std::string valid(std::string_view text) {
  std::string out{text.substr(0, kLongest)};
  if (is_utf8(out)) return out;
  while (!out.empty() && out.size() + 4 > kLongest && !is_utf8(out))
    out.pop_back();  // cut in the middle of a character
  return is_utf8(out) ? out : latin1_to_utf8(text.substr(0, kLongest / 2));
}

Json devices(const GatewayFacts& facts) {
  Json list = Json::object();
  std::size_t size = 0;
  for (const auto& [device, connector] : facts.devices) {
    size += device.size() + connector.size() + 6;
    if (size > kLongest) return bad(413, "the list of devices is too large for one answer");
    list[device] = connector;
  }
  return good(std::move(list));
}

/// Seconds, at least one: the reference's meaning. A text holds a number, too.
std::optional<std::chrono::seconds> wait_of(const Json& params) {
  if (params.is_null() || params == Json::object() || params == "{}" || params == "") {
    return std::chrono::seconds{1};
  }
  if (params.is_array() && params.size() == 1) return wait_of(params[0]);
  double seconds = 0;
  if (params.is_number()) {
    seconds = params.get<double>();
  } else if (params.is_string()) {
    const auto number = parse_real(params.get_ref<const std::string&>());
    if (!number) return std::nullopt;
    seconds = *number;
  } else {
    return std::nullopt;
  }
  if (!std::isfinite(seconds) || seconds > static_cast<double>(kLongestWait.count())) {
    return std::nullopt;
  }
  return std::chrono::seconds{std::max<std::int64_t>(1, std::llround(seconds))};
}

RpcAnswer run_command(const std::string& name) {
  RpcAnswer out;
  out.command = name;
  return out;
}

RpcAnswer restart(const Json& params) {
  const auto wait = wait_of(params);
  if (!wait) return reply(bad(400, "needs a number of seconds, at most 3600, or nothing"));
  RpcAnswer out = reply({{"success", true}});
  out.restart = *wait;
  return out;
}

/// The methods of the gateway itself, without their prefix.
RpcAnswer own(const std::string& method, const Json& params, const GatewayFacts& facts) {
  if (method == "ping") return reply(good("pong"));
  if (method == "devices") return reply(devices(facts));
  if (method == "stats") return reply(facts.stats);
  if (method == "version") return reply(good({{"current_version", facts.version}}));
  if (method == "restart") return restart(params);
  if (facts.commands.count(method) > 0) return run_command(method);
  if (method == "reboot") {
    return reply(bad(403, "no command reboot is allowed in the gateway's file"));
  }
  if (method == "update") {
    return reply(bad(501, "tbgw is updated by the packages of the machine"));
  }
  if (method == "remove_provisioned_credentials") {
    return reply(bad(501, "the credentials are in the state folder of tbgw-push"));
  }
  return reply(bad(404, "Method not found"));
}

Json terminal_info() {
  utsname name{};
  if (::uname(&name) != 0) return bad(500, "uname failed");
  return {{"platform", name.sysname}, {"release", name.release}, {"cwd", "/"}};
}

RpcAnswer send_command(const Json& params, const GatewayFacts& facts, const RemoteShell& shell) {
  const auto command = params.find("command");
  const std::string name =
      command != params.end() && command->is_string() ? command->get<std::string>() : "";
  if (facts.commands.count(name) == 0) {
    std::string names;
    for (const auto& [allowed, argv] : facts.commands)
      names.append(names.empty() ? "" : ", ").append(allowed);
    return reply({{"ok", false}, {"error", "only these commands are allowed: " + names}});
  }
  if (shell.is_busy()) return reply({{"ok", false}, {"error", "another command runs"}});
  RpcAnswer out = reply({{"ok", true}});
  out.command = name;
  out.shell = true;
  return out;
}

/// nullopt: no method of the remote shell, or there is none.
std::optional<RpcAnswer> of_shell(std::string_view method, const Json& params,
                                  const GatewayFacts& facts, RemoteShell& shell) {
  if (facts.commands.empty()) return std::nullopt;
  if (method == "getTermInfo") return reply(terminal_info());
  if (method == "sendCommand") return send_command(params, facts, shell);
  if (method == "getCommandStatus") return reply(shell.status("/"));
  if (method != "terminateCommand") return std::nullopt;
  RpcAnswer out = reply({{"ok", true}});
  out.terminate = true;
  return out;
}

}  // namespace

void RemoteShell::started() {
  out_.clear();
  err_.clear();
  done_ = false;
}

void RemoteShell::output(std::string_view out, std::string_view err) {
  out_.append(out.substr(0, kMost - std::min(kMost, out_.size())));
  err_.append(err.substr(0, kMost - std::min(kMost, err_.size())));
}

Json RemoteShell::status(const std::string& folder) {
  Json data = Json::array();
  if (!out_.empty() || !err_.empty()) {
    data.push_back({{"stdout", valid(out_)}, {"stderr", valid(err_)}});
  }
  out_.clear();
  err_.clear();
  return {{"data", std::move(data)}, {"cwd", folder}, {"done", done_}};
}

RpcAnswer answer(std::string_view method, const Json& params, const GatewayFacts& facts,
                 RemoteShell& shell) {
  if (method.substr(0, kPrefix.size()) == kPrefix) {
    return own(std::string{method.substr(kPrefix.size())}, params, facts);
  }
  if (auto found = of_shell(method, params, facts, shell)) return *std::move(found);
  const std::size_t end = method.find('_');
  if (end == std::string_view::npos) return reply(bad(404, "Method not found"));
  const std::string type{method.substr(0, end)};
  RpcAnswer out;
  for (const auto& [name, of_type] : facts.connectors) {
    if (of_type == type) out.pipelines.push_back(name);
  }
  if (out.pipelines.empty()) {
    return reply(bad(404, valid(type) + " connector not found in available connectors"));
  }
  out.method = method.substr(end + 1);
  return out;
}

std::string reply_line(const Json& event, const Json& data) {
  const auto call = event.find("data");
  const Json id = call != event.end() && call->is_object() ? call->value("id", Json()) : Json();
  return event_line("rpc-reply", "", {{"id", id}, {"data", data}});
}

Json command_reply(int status, std::string_view out, std::string_view err) {
  if (status == 0) return good(valid(out));
  const std::string said = valid(err.empty() ? out : err);
  return {{"error", said.empty() ? "ended with " + std::to_string(status) : said},
          {"code", 500},
          {"status", status}};
}

}  // namespace tbgw::run
