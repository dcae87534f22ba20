// SPDX-License-Identifier: Apache-2.0
#include "run/desk.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"
#include "core/version.hpp"
#include "run/control.hpp"
#include "run/metrics.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::ordered_json;

const char* word(Unit::State state) {
  switch (state) {
    case Unit::State::waiting:
      return "waiting";
    case Unit::State::running:
      return "running";
    case Unit::State::done:
      return "done";
    case Unit::State::failed:
      return "failed";
    case Unit::State::stopped:
      return "stopped";
  }
  return "";
}

Json process_state(const Unit& unit, Loop::Time now) {
  Json out{{"name", unit.process.name}, {"state", word(unit.state)}};
  if (unit.pid > 0) out["pid"] = unit.pid;
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - unit.since);
  out["forMs"] = since.count();
  out["restarts"] = unit.restarts;
  if (unit.last_status >= 0) out["lastEnd"] = describe_end(unit.last_status);
  return out;
}

Json processes_state(const Group& group) {
  Json out = Json::array();
  for (const auto& unit : group.units())
    out.push_back(process_state(*unit, Loop::Clock::now()));
  return out;
}

/// The state of a pipeline is that of its worst process.
std::string overall(const Group& group) {
  std::string worst = "running";
  for (const auto& unit : group.units()) {
    if (unit->state == Unit::State::failed) return "failed";
    if (unit->state != Unit::State::running && worst == "running") worst = word(unit->state);
  }
  return worst;
}

}  // namespace

Desk::Desk(Loop& loop, const Supervisor& supervisor, const Places& places, Hooks hooks)
    : loop_(loop), supervisor_(supervisor), places_(places), hooks_(std::move(hooks)) {}

Desk::~Desk() {
  for (Loop::Timer* timer : {&statistics_, &note_, &restart_})
    loop_.cancel(*timer);
}

void Desk::begin() {
  const std::string fifo = places_.runtime + "/" + kOwnPipeline;
  pipeline_ =
      std::make_unique<OwnPipeline>(loop_, fifo + ".up", fifo + ".down",
                                    [this](const nlohmann::json& event) { take_event(event); });
  taps_ =
      std::make_unique<TapReader>(loop_, tap_path(places_.runtime),
                                  [this](const std::string& pipeline, const nlohmann::json& event) {
                                    take_news(pipeline, event);
                                  });
  pipeline_->print(machine_line(machine_.look(pids(), places_.state, uptime_ms())));
  apply();
  every_note();
}

void Desk::apply() {
  const Gateway& gateway = supervisor_.gateway();
  if (std::exchange(metrics_address_, gateway.metrics) != gateway.metrics) {
    metrics_.reset();
    if (!gateway.metrics.empty()) {
      metrics_ =
          std::make_unique<MetricsServer>(loop_, gateway.metrics, [this] { return metrics(); });
    }
  }
  loop_.cancel(statistics_);
  if (!gateway.statistics.enabled) return;
  statistics_ = loop_.after(gateway.statistics.interval, [this] { every_statistics(); });
}

void Desk::every_statistics() {
  statistics_ =
      loop_.after(supervisor_.gateway().statistics.interval, [this] { every_statistics(); });
  const Machine machine = machine_.look(pids(), places_.state, uptime_ms());
  pipeline_->print(statistics_line(book_, machine, names(), now_ms()));
  book_.end_period();
}

/// What the service manager shows, and its watchdog.
void Desk::every_note() {
  std::size_t up = 0;
  const auto all = names();
  for (const std::string& name : all)
    up += is_up(name) ? 1U : 0U;
  std::string text = std::to_string(up) + " of " + std::to_string(all.size()) + " pipelines up";
  if (platform_up_) text += *platform_up_ ? ", platform connected" : ", platform not reached";
  notes_.set_status(text);
  notes_.tick(Loop::Clock::now());
  const Loop::Time soonest = Loop::Clock::now() + std::chrono::seconds{1};
  note_ = loop_.at(
      std::min(std::max(notes_.next_tick(), soonest), Loop::Clock::now() + std::chrono::seconds{5}),
      [this] { every_note(); });
}

void Desk::take_error(const Process& process, const Pipeline* pipeline, std::string_view text) {
  const std::string name = pipeline == nullptr ? "" : pipeline->name;
  book_.error(name, process.role == Role::convert || process.role == Role::downlink);
  faults_[name] = {std::string{text}, now_ms()};
}

void Desk::take_news(const std::string& pipeline, const nlohmann::json& event) {
  const std::string kind = event.value("event", "");
  if (kind == "stats") return book_.take(event, pipeline);
  if (kind != "fault") return;
  book_.error(pipeline, false);
  faults_[pipeline] = {event.value("text", ""), now_ms()};
}

void Desk::take_event(const nlohmann::json& event) {
  const auto kind = event.find("event");
  if (kind == event.end() || !kind->is_string()) return;
  if (*kind == "platform-up") platform_up_ = true;
  if (*kind == "platform-down") platform_up_ = false;
  if (*kind == "rpc" && !event.contains("device")) return take_call(event);
  if (hooks_.event) hooks_.event(event);
}

void Desk::take_call(const nlohmann::json& event) {
  const auto data = event.find("data");
  if (data == event.end() || !data->is_object()) return;
  const auto method = data->find("method");
  if (method == data->end() || !method->is_string()) return;
  const RpcAnswer answer = run::answer(method->get<std::string>(),
                                       data->value("params", nlohmann::json{}), facts(), shell_);
  if (answer.reply) pipeline_->print(reply_line(event, *answer.reply));
  if (answer.restart) {
    loop_.cancel(restart_);
    restart_ = loop_.after(*answer.restart, [this] { hooks_.restart(); });
  }
  if (!answer.command.empty()) {
    pipeline_->print(reply_line(event, {{"error", "commands are not run by this version"}}));
  }
  if (!answer.pipelines.empty()) {
    pipeline_->print(
        reply_line(event, {{"error", "call the connector by its name: " + answer.pipelines.front() +
                                         "_" + answer.method}}));
  }
}

GatewayFacts Desk::facts() const {
  GatewayFacts facts;
  facts.version = kVersion;
  for (const Pipeline& pipeline : supervisor_.gateway().pipelines)
    facts.connectors.emplace_back(pipeline.name, pipeline.type);
  facts.stats = book_.rpc_stats(names());
  return facts;
}

std::vector<std::string> Desk::names() const {
  std::vector<std::string> out;
  for (const Pipeline& pipeline : supervisor_.gateway().pipelines)
    out.push_back(pipeline.name);
  return out;
}

std::vector<pid_t> Desk::pids() const {
  std::vector<pid_t> out;
  const auto take = [&](const Group* group) {
    if (group == nullptr) return;
    for (const auto& unit : group->units()) {
      if (unit->pid > 0) out.push_back(unit->pid);
    }
  };
  take(&supervisor_.ring());
  for (const std::string& name : names())
    take(supervisor_.pipeline(name));
  return out;
}

bool Desk::is_up(const std::string& pipeline) const {
  const Group* group = supervisor_.pipeline(pipeline);
  return group != nullptr && overall(*group) == "running";
}

std::string Desk::metrics() {
  GatewayGlance glance;
  glance.version = kVersion;
  glance.platform_up = platform_up_.value_or(false);
  for (const Pipeline& pipeline : supervisor_.gateway().pipelines) {
    PipelineGlance one{pipeline.name, pipeline.type, is_up(pipeline.name), 0};
    if (const Group* group = supervisor_.pipeline(pipeline.name)) {
      for (const auto& unit : group->units())
        one.restarts += unit->restarts;
    }
    glance.pipelines.push_back(std::move(one));
  }
  glance.machine = machine_.look(pids(), places_.state, uptime_ms());
  return metrics_text(book_, glance);
}

Json Desk::pipeline_state(const Pipeline& pipeline) const {
  const Group* group = supervisor_.pipeline(pipeline.name);
  Json out{{"name", pipeline.name}, {"type", pipeline.type}};
  out["state"] = group == nullptr ? "stopped" : overall(*group);
  for (const auto& [source, counters] : book_.all()) {
    if (source.tool != "tbgw-route" || source.pipeline != pipeline.name) continue;
    for (const char* name : {"records", "rejected", "commands", "waiting"}) {
      const auto found = counters.find(name);
      if (found != counters.end()) out[name] = found->second.total;
    }
  }
  if (const auto fault = faults_.find(pipeline.name); fault != faults_.end()) {
    out["lastFault"] = fault->second.text;
    out["lastFaultAt"] = fault->second.at;
  }
  out["processes"] = group == nullptr ? Json::array() : processes_state(*group);
  return out;
}

std::string Desk::state() const {
  const Gateway& gateway = supervisor_.gateway();
  Json out{{"version", kVersion}, {"upMs", now_ms() - started_}};
  out["platform"] = !platform_up_ ? "unknown" : *platform_up_ ? "up" : "down";
  out["spool"] =
      gateway.spool.memory ? Json{{"memory", true}} : Json{{"dir", gateway.spool.folder}};
  out["ring"] = processes_state(supervisor_.ring());
  if (const auto fault = faults_.find(""); fault != faults_.end()) {
    out["lastFault"] = fault->second.text;
    out["lastFaultAt"] = fault->second.at;
  }
  if (const Json remote = hooks_.remote ? hooks_.remote() : Json{}; !remote.is_null()) {
    out["remote"] = remote;
  }
  out["pipelines"] = Json::array();
  for (const Pipeline& pipeline : gateway.pipelines)
    out["pipelines"].push_back(pipeline_state(pipeline));
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tbgw::run
