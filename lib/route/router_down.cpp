// SPDX-License-Identifier: Apache-2.0
// What comes down: to the pipeline that speaks with the device, or answered here.
#include <algorithm>
#include <string>

#include "core/log.hpp"
#include "core/text.hpp"
#include "route/router.hpp"

namespace tbgw::route {
namespace {

bool is_for_all(std::string_view event) {
  return event == "platform-up" || event == "platform-down";
}

/// What a connector gets back to print, so that tbgw-convert --downlink may stand in front of us.
bool goes_up(std::string_view event) {
  return event == "connect" || event == "disconnect" || event == "rpc-reply" ||
         event == "attributes-request" || event == "claim";
}

}  // namespace

void Router::down(const Line& line) {
  const auto sight = eye_.look(line);
  const bool command =
      sight && (sight->kind == LineKind::command || sight->kind == LineKind::event);
  if (!sight || (!command && sight->kind != LineKind::hello)) {
    ++bad_commands_;
    log::limited(log::Level::warning, "lines on standard input",
                 "stdin:" + std::to_string(line.number) + ": " +
                     (sight ? "neither a command (`send`) nor an event" : sight.error().text));
    return;
  }
  if (is_passing(sight->event) && taps_) taps_->news("", line.text);
  if (sight->kind == LineKind::hello || is_passing(sight->event)) return;
  if (goes_up(sight->event)) return out_.push(std::string{line.text}, false);
  if (is_for_all(sight->event)) return to_all(line, *sight);
  if (sight->device.empty() && sight->from.empty()) return to_gateway(line, *sight);
  to_owner(line, *sight);
}

void Router::to_all(const Line& line, const Sight& sight) {
  for (Pipeline& pipeline : pipelines_) {
    // Only news: who does not run now has no use for it later.
    pipeline.down->wake();
    if (pipeline.down->is_open()) pipeline.down->send(line.text, sight);
  }
}

void Router::to_owner(const Line& line, const Sight& sight) {
  const std::string device{sight.device.empty() ? sight.from : sight.device};
  const auto owner = owners_.find(device);
  if (!owner) return undeliverable(sight, "no pipeline has spoken of this device");
  if (!owner->number) {
    return undeliverable(sight, "its pipeline, " + std::string{owner->name} + ", is not here");
  }
  const std::size_t number = *owner->number;
  if (options_.allowed && !options_.allowed(owner->name, device)) {
    return undeliverable(sight, "the device may not pass");
  }
  if (sight.event == "device-renamed") owners_.rename(sight.from, sight.to, loop_.now());
  hand(number, line, sight);
  if (sight.event == "device-deleted") owners_.forget(device);
}

/// `<pipeline>_<method>` is for a pipeline, everything else for the one called by --gateway.
void Router::to_gateway(const Line& line, const Sight& sight) {
  std::optional<std::size_t> number;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < pipelines_.size(); ++i) {
    const std::string prefix = pipelines_[i].options.name + "_";
    if (sight.method.substr(0, prefix.size()) != prefix || prefix.size() <= longest) continue;
    longest = prefix.size();
    number = i;
  }
  if (!number) number = number_of(options_.gateway);
  if (!number) return undeliverable(sight, "no pipeline takes what is for the gateway itself");
  hand(*number, line, sight);
}

void Router::hand(std::size_t number, const Line& line, const Sight& sight) {
  Pipeline& pipeline = pipelines_[number];
  const std::string& name = pipeline.options.name;
  switch (pipeline.down->send(line.text, sight)) {
    case DownPipe::Sent::taken:
      ++pipeline.counts.commands;
      return;
    case DownPipe::Sent::busy:
      ++pipeline.counts.busy;
      return undeliverable(sight, "busy: the pipeline " + name + " does not read its commands");
    case DownPipe::Sent::absent:
      return undeliverable(sight, "the pipeline " + name + " does not run");
    case DownPipe::Sent::none:
      return undeliverable(sight, "the pipeline " + name + " takes no commands");
  }
}

/// An RPC is answered; of anything else a person is told.
void Router::undeliverable(const Sight& sight, const std::string& why) {
  ++unknown_;
  if (sight.wants_answer()) {
    return answer({std::string{sight.device}, std::string{sight.id}, std::string{sight.rpc}}, why);
  }
  const std::string_view device = sight.device.empty() ? sight.from : sight.device;
  log::limited(log::Level::warning, "commands for nobody",
               (sight.event.empty() ? std::string{"a command"} : std::string{sight.event}) +
                   (device.empty() ? " for the gateway itself" : " for " + in_quotes(device)) +
                   " goes nowhere: " + why);
}

/// What the connector would have said: {"event":"rpc-reply","device":D,"id":N,"data":{"error":…}},
/// or to a command {"device":D,"rpc":{…},"error":…}. Id and rpc are JSON.
void Router::answer(const DownQueue::Call& call, const std::string& error) {
  const std::string device =
      call.device.empty() ? std::string{} : "\"device\":" + json_string(call.device) + ",";
  if (!call.rpc.empty()) {
    out_.push("{" + device + "\"rpc\":" + call.rpc + ",\"error\":" + json_string(error) + "}",
              false);
    return;
  }
  out_.push("{\"event\":\"rpc-reply\"," + device + "\"id\":" + call.id +
                ",\"data\":{\"error\":" + json_string(error) + "}}",
            false);
}

std::optional<std::size_t> Router::number_of(std::string_view name) const {
  const auto found =
      std::find_if(pipelines_.begin(), pipelines_.end(),
                   [&](const Pipeline& pipeline) { return pipeline.options.name == name; });
  if (found == pipelines_.end()) return std::nullopt;
  return static_cast<std::size_t>(found - pipelines_.begin());
}

}  // namespace tbgw::route
