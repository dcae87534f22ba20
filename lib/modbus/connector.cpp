// SPDX-License-Identifier: Apache-2.0
#include "modbus/connector.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kTool = "tbgw-modbus";
/// What may pile up beyond the buffer: answers, which cannot be dropped.
constexpr std::size_t kAnswerRoom = std::size_t{1} << 20;
constexpr std::chrono::minutes kOverloadReport{1};

}  // namespace

Connector::Connector(Loop& loop, Output& output, Model model, ConnectorSettings settings,
                     ConnectorHooks hooks)
    : loop_(loop),
      output_(output),
      model_(std::move(model)),
      settings_(settings),
      hooks_(std::move(hooks)),
      downlink_(model_,
                {[this](std::uint64_t id, Operation operation, Loop::Time deadline) {
                   pollers_.at(operation.unit().bus)->command(id, std::move(operation), deadline);
                 },
                 [this](const Model& guest) {
                   return std::make_unique<Poller>(
                       loop_, guest.buses.front(), std::vector<const Unit*>{&guest.units.front()},
                       hooks_.stream(guest.buses.front()), false, poller_hooks());
                 },
                 [this](std::string line) { print(std::move(line)); },
                 [this](const Unit& unit, const std::string& text, std::uint8_t exception) {
                   take_fault(&unit, model_.buses[unit.bus].name, Fault{text, {}, exception, 1});
                 }}) {
  for (std::size_t i = 0; i < model_.buses.size(); ++i)
    add_bus(i);
  overload_due_ = Loop::Clock::now() + kOverloadReport;
}

void Connector::add_bus(std::size_t index) {
  std::vector<const Unit*> units;
  for (const Unit& unit : model_.units) {
    if (unit.bus == index) units.push_back(&unit);
  }
  const Bus& bus = model_.buses[index];
  PollerHooks hooks = poller_hooks();
  hooks.readings = [this](const Unit& unit, EpochMs ts, const std::vector<Reading>& readings) {
    take_readings(unit, ts, readings);
  };
  hooks.health = [this](const Unit& unit, bool online, const std::string& why) {
    take_health(unit, online, why);
  };
  hooks.fault = [this, &bus](const Unit* unit, const Fault& fault) {
    take_fault(unit, bus.name, fault);
  };
  hooks.identified = [this](const Unit& unit, const std::string& json) {
    take_identity(unit, json);
  };
  pollers_.push_back(std::make_unique<Poller>(loop_, bus, std::move(units), hooks_.stream(bus),
                                              settings_.once, std::move(hooks)));
}

/// For a unit whose health and values are nobody's business but the command's.
PollerHooks Connector::poller_hooks() {
  PollerHooks hooks;
  hooks.readings = [](const Unit&, EpochMs, const std::vector<Reading>&) {};
  hooks.health = [](const Unit&, bool, const std::string&) {};
  hooks.fault = [](const Unit*, const Fault&) {};
  hooks.identified = [](const Unit&, const std::string&) {};
  hooks.done = [this](std::uint64_t id, const OperationResult& result) {
    downlink_.done(id, result);
  };
  hooks.say = [this](log::Level level, const std::string& text) { hooks_.say(level, text); };
  hooks.may_poll = [this] { return output_.waiting_bytes() < settings_.buffer / 4 * 3; };
  return hooks;
}

std::vector<OpenFailure> Connector::open() {
  std::vector<OpenFailure> failures;
  for (const auto& poller : pollers_) {
    const Bus& bus = poller->bus();
    const bool keep_trying = settings_.wait || bus.transport != Transport::serial;
    if (const auto opened = poller->open(keep_trying); !opened) {
      failures.push_back({&bus, opened.error().text});
    }
  }
  return failures;
}

void Connector::take_readings(const Unit& unit, EpochMs ts, const std::vector<Reading>& readings) {
  values_ += readings.size();
  std::string line = writer_.line(unit, ts, readings, Loop::Clock::now());
  if (line.empty()) return;
  ++readings_;
  output_.push(std::move(line), true);
}

void Connector::take_health(const Unit& unit, bool online, const std::string& why) {
  if (online) {
    online_.push_back(&unit);
    if (settings_.once) return;
    Json members{{"deviceType", unit.device_type}};
    Json keys = Json::array();
    for (const Tag& tag : unit.updates)
      keys.push_back(tag.key);
    if (!keys.empty()) members["sharedKeys"] = std::move(keys);
    print(event_line("connect", unit.device_name, members));
    return;
  }
  writer_.forget(unit);
  const auto known = std::find(online_.begin(), online_.end(), &unit);
  if (known != online_.end()) {
    online_.erase(known);
    print(event_line("disconnect", unit.device_name, Json{{"reason", why}}));
  }
  const std::string& bus = model_.buses[unit.bus].name;
  // Where the whole bus is gone, that is said once for all its units.
  const bool alone = why.compare(0, kNoConnection.size(), kNoConnection) != 0;
  hooks_.say(
      alone ? log::Level::warning : log::Level::info,
      unit.device_name + " (unit " + std::to_string(unit.unit_id) + " on " + bus + "): " + why);
  if (alone) {
    take_fault(&unit, bus, Fault{why, {}, 0, 0});
  } else {
    ++failures_;
  }
}

void Connector::take_fault(const Unit* unit, const std::string& bus, const Fault& fault) {
  ++failures_;
  Json more{{"bus", bus}};
  if (unit != nullptr) more["unit"] = unit->unit_id;
  if (fault.block) {
    more["functionCode"] = read_function(fault.block->table);
    more["address"] = fault.block->address;
    more["count"] = fault.block->count;
  }
  if (fault.exception != 0) more["code"] = fault.exception;
  if (fault.attempts > 1) more["attempts"] = fault.attempts;
  const std::string device = unit != nullptr ? unit->device_name : "";
  if (unit != nullptr && (fault.block || fault.exception != 0 || fault.attempts > 0)) {
    hooks_.say(log::Level::warning, device + ": " + fault.text);
  }
  std::string line = fault_line(kTool, fault.text, device, more);
  if (output_.has_room(line.size())) print(std::move(line));
}

void Connector::take_identity(const Unit& unit, const std::string& json) {
  if (json == "{}") return;
  print("{\"deviceName\":" + json_string(unit.device_name) +
        ",\"deviceType\":" + json_string(unit.device_type) + ",\"attributes\":[" + json + "]}");
}

Result<void> Connector::event(std::string_view event, std::string_view line) {
  return downlink_.event(event, Json::parse(line));
}

void Connector::keep_up() {
  if (stopped_) return;
  downlink_.tidy();
  release_held();
  report_overload();
  const bool may = output_.waiting_bytes() < settings_.buffer / 4 * 3;
  for (const auto& poller : pollers_) {
    if (may && poller->is_held()) poller->pump();
  }
  if (!settings_.once) return;
  const bool over = std::all_of(pollers_.begin(), pollers_.end(),
                                [](const auto& poller) { return poller->is_finished(); });
  if (over) hooks_.finished();
}

/// Values whose report period is over.
void Connector::release_held() {
  for (std::string& line : writer_.take(Loop::Clock::now())) {
    ++readings_;
    output_.push(std::move(line), true);
  }
  if (writer_.due() == held_due_) return;
  loop_.cancel(held_timer_);
  held_due_ = writer_.due();
  if (held_due_ != Loop::Time::max()) held_timer_ = loop_.at(held_due_, [] {});
}

/// Polls that were left out, and readings that were dropped, are said once a minute at most.
void Connector::report_overload() {
  const Loop::Time now = Loop::Clock::now();
  if (now < overload_due_) return;
  std::uint64_t overruns = 0;
  for (const auto& poller : pollers_)
    overruns += poller->counts().schedule.overruns;
  const std::uint64_t dropped = output_.dropped();
  if (overruns == overruns_said_ && dropped == dropped_said_) return;
  overload_due_ = now + kOverloadReport;
  const auto report = [&](const std::string& text, const char* key, std::uint64_t count) {
    hooks_.say(log::Level::warning, text);
    print(fault_line(kTool, text, "", Json{{key, count}}));
  };
  if (overruns > overruns_said_) {
    const std::uint64_t count = overruns - std::exchange(overruns_said_, overruns);
    report(std::to_string(count) +
               " polls were left out: more is asked of a bus than it can do; "
               "see tbgw-modbus --plan",
           "overruns", count);
  }
  if (dropped > dropped_said_) {
    const std::uint64_t count = dropped - std::exchange(dropped_said_, dropped);
    report("standard output was blocked: " + std::to_string(count) + " readings dropped", "dropped",
           count);
  }
}

bool Connector::is_full() const {
  return output_.waiting_bytes() > settings_.buffer + kAnswerRoom;
}

void Connector::stop(const std::string& reason) {
  stopped_ = true;
  for (const auto& poller : pollers_)
    poller->stop();
  for (const Unit* unit : std::exchange(online_, {})) {
    if (!settings_.once) {
      print(event_line("disconnect", unit->device_name, Json{{"reason", reason}}));
    }
  }
}

std::uint64_t Connector::no_values() const {
  std::uint64_t out = 0;
  for (const auto& poller : pollers_)
    out += poller->counts().no_value;
  return out;
}

std::size_t Connector::units_missing() const {
  return model_.units.size() - online_.size();
}

std::vector<std::pair<std::string, Counters>> Connector::counters() const {
  std::vector<std::pair<std::string, Counters>> out;
  const DownlinkCounts& down = downlink_.counts();
  out.emplace_back("", Counters{{"readings", readings_},
                                {"values", values_},
                                {"valuesFiltered", writer_.filtered()},
                                {"readingsDropped", output_.dropped()},
                                {"unitsOnline", online_.size()},
                                {"rpcs", down.rpcs},
                                {"attributeUpdates", down.updates},
                                {"commandsFailed", down.failed}});
  for (const auto& poller : pollers_) {
    const PollerCounts counts = poller->counts();
    const ChannelCounts& channel = counts.channel;
    out.emplace_back(poller->bus().name, Counters{{"requests", channel.requests},
                                                  {"answers", channel.answers},
                                                  {"exceptions", channel.exceptions},
                                                  {"timeouts", channel.timeouts},
                                                  {"garbled", channel.garbled},
                                                  {"retries", counts.schedule.retries},
                                                  {"overruns", counts.schedule.overruns},
                                                  {"stale", channel.stale},
                                                  {"held", channel.held},
                                                  {"checksumErrors", channel.frames.checksum},
                                                  {"garbageBytes", channel.frames.garbage},
                                                  {"echoBytes", channel.frames.echo},
                                                  {"valuesMissing", counts.no_value},
                                                  {"connects", channel.connects},
                                                  {"busyMs", channel.busy_ms}});
  }
  return out;
}

}  // namespace tbgw::modbus
