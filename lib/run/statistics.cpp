// SPDX-License-Identifier: Apache-2.0
#include "run/statistics.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

/// Where the reference's names get their counts from: the first tool that counts it.
struct Origin {
  const char* name;
  const char* tool;
  const char* counter;
};

constexpr std::array<Origin, 5> kService{{
    {"storageMsgPulled", "tbgw-spool", "delivered"},
    {"storageMsgCount", "tbgw-spool", "undelivered"},
    {"platformMsgPushed", "tbgw-push", "messagesDone"},
    {"platformMsgReceived", "tbgw-push", "rpcs"},
    {"storageMsgDropped", "tbgw-spool", "dropped"},
}};

constexpr std::array<Origin, 11> kConnector{{
    {"connectorMsgsReceived", "tbgw-serial", "frames"},
    {"connectorMsgsReceived", "tbgw-modbus", "answers"},
    {"connectorMsgsReceived", "", "received"},
    {"connectorBytesReceived", "", "bytes"},
    {"convertersMsgProcessed", "tbgw-convert", "converted"},
    {"convertersMsgProcessed", "tbgw-modbus", "readings"},
    {"convertersTsProduced", "tbgw-modbus", "values"},
    {"convertersMsgDropped", "tbgw-convert", "rejected"},
    {"convertersMsgDropped", "tbgw-modbus", "readingsDropped"},
    {"storageMsgPushed", "tbgw-route", "records"},
    {"connectorMsgsReceived", "tbgw-convert", "lines"},
}};

/// Members of the objects above are added to, so that several tools may count one thing.
void add(Json& object, const char* name, std::uint64_t count) {
  const std::uint64_t before = object.value(name, std::uint64_t{0});
  object[name] = before + count;
}

std::uint64_t of_period(const StatisticsBook::Counter& counter) {
  return counter.total - counter.before;
}

std::string dump(const Json& line) {
  return line.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json telemetry(const Json& values, EpochMs now) {
  Json entry = Json::object();
  entry["ts"] = now;
  entry["values"] = values;
  Json list = Json::array();
  list.push_back(std::move(entry));
  Json line = Json::object();
  line["telemetry"] = std::move(list);
  return line;
}

}  // namespace

bool is_gauge(std::string_view counter) {
  static constexpr std::array<std::string_view, 10> kGauges{
      "waiting",     "heldBytes",   "inFlight",         "held",     "devices",
      "unitsOnline", "undelivered", "undeliveredBytes", "inWindow", "blocked"};
  return std::find(kGauges.begin(), kGauges.end(), counter) != kGauges.end();
}

void StatisticsBook::take(const Json& event, const std::string& pipeline) {
  const auto text = [&](const char* key) -> std::string {
    const auto found = event.find(key);
    return found != event.end() && found->is_string() ? found->get<std::string>() : "";
  };
  const auto counters = event.find("counters");
  if (text("event") != "stats" || counters == event.end() || !counters->is_object()) return;
  Source source{text("pipeline").empty() ? pipeline : text("pipeline"), text("tool"), text("name")};
  // The router speaks of each pipeline by its name.
  if (source.pipeline.empty() && source.tool == "tbgw-route") {
    source.pipeline = std::exchange(source.name, "");
  }
  Counters& known = counters_[source];
  for (const auto& [name, value] : counters->items()) {
    if (!value.is_number_integer() || value < 0) continue;
    const auto now = value.get<std::uint64_t>();
    Counter& counter = known[name];
    // A tool that was started anew counts from 0.
    counter.total += now >= counter.value ? now - counter.value : now;
    counter.value = now;
  }
}

void StatisticsBook::error(const std::string& pipeline, bool converter) {
  Errors& errors = errors_[pipeline];
  ++(converter ? errors.converter : errors.connector).total;
}

void StatisticsBook::forget(const std::string& pipeline) {
  errors_.erase(pipeline);
  for (auto at = counters_.begin(); at != counters_.end();)
    at = at->first.pipeline == pipeline ? counters_.erase(at) : std::next(at);
}

std::uint64_t StatisticsBook::sum(std::string_view pipeline, std::string_view tool,
                                  std::string_view counter, bool& known) const {
  std::uint64_t sum = 0;
  for (const auto& [source, counters] : counters_) {
    if (source.pipeline != pipeline || (!tool.empty() && source.tool != tool)) continue;
    const auto found = counters.find(counter);
    if (found == counters.end()) continue;
    known = true;
    sum += is_gauge(counter) ? found->second.value : of_period(found->second);
  }
  return sum;
}

Json StatisticsBook::service_stats() const {
  Json out = Json::object();
  for (const Origin& origin : kService) {
    bool known = false;
    const std::uint64_t count = sum("", origin.tool, origin.counter, known);
    if (known) out[origin.name] = count;
  }
  return out;
}

Json StatisticsBook::connector_stats(const std::string& pipeline) const {
  Json out = Json::object();
  for (const Origin& origin : kConnector) {
    const bool is_last_resort = std::string_view{origin.counter} == "lines";
    if (is_last_resort && out.contains(origin.name)) continue;
    bool known = false;
    const std::uint64_t count = sum(pipeline, origin.tool, origin.counter, known);
    if (known) add(out, origin.name, count);
  }
  const auto errors = errors_.find(pipeline);
  const Errors none;
  const Errors& found = errors == errors_.end() ? none : errors->second;
  out["connectorsErrors"] = of_period(found.connector);
  out["convertersErrors"] = of_period(found.converter);
  return out;
}

Json StatisticsBook::connectors_stats(const std::vector<std::string>& pipelines) const {
  Json out = Json::object();
  for (const std::string& pipeline : pipelines)
    out[pipeline] = connector_stats(pipeline);
  return out;
}

Json StatisticsBook::error_counts(const std::vector<std::string>& pipelines) const {
  Json out = Json::object();
  std::uint64_t all = 0;
  for (const auto& [pipeline, errors] : errors_) {
    const std::uint64_t count = of_period(errors.connector) + of_period(errors.converter);
    all += count;
    if (!pipeline.empty()) out[pipeline + "_ERRORS_COUNT"] = count;
  }
  for (const std::string& pipeline : pipelines)
    out.emplace(pipeline + "_ERRORS_COUNT", 0);
  out["ALL_ERRORS_COUNT"] = all;
  return out;
}

Json StatisticsBook::rpc_stats(const std::vector<std::string>& pipelines) const {
  Json out = Json::object();
  std::uint64_t produced = 0;
  for (const std::string& pipeline : pipelines) {
    const auto found = counters_.find(Source{pipeline, "tbgw-route", ""});
    if (found == counters_.end()) continue;
    const auto records = found->second.find("records");
    if (records == found->second.end()) continue;
    std::string name = pipeline;
    name.erase(std::remove(name.begin(), name.end(), ' '), name.end());
    out[name + "EventsProduced"] = records->second.total;
    produced += records->second.total;
  }
  out["eventsProduced"] = produced;
  std::uint64_t sent = 0;
  for (const auto& [source, counters] : counters_) {
    const auto done = counters.find("done");
    if (source.tool == "tbgw-push" && done != counters.end()) sent += done->second.total;
  }
  out["eventsSent"] = sent;
  return out;
}

void StatisticsBook::end_period() {
  for (auto& [source, counters] : counters_) {
    for (auto& [name, counter] : counters)
      counter.before = counter.total;
  }
  for (auto& [pipeline, errors] : errors_) {
    errors.connector.before = errors.connector.total;
    errors.converter.before = errors.converter.total;
  }
}

std::map<std::string, std::uint64_t> StatisticsBook::errors() const {
  std::map<std::string, std::uint64_t> out;
  for (const auto& [pipeline, errors] : errors_)
    out[pipeline] = errors.connector.total + errors.converter.total;
  return out;
}

std::string statistics_line(const StatisticsBook& book, const Machine& machine,
                            const std::vector<std::string>& pipelines, EpochMs now) {
  Json values = book.error_counts(pipelines);
  Json stats = machine_stats(machine);
  bool known = false;
  const std::uint64_t sent = book.sum("", "tbgw-push", "messagesDone", known);
  const std::uint64_t received = book.sum("", "tbgw-push", "rpcs", known) +
                                 book.sum("", "tbgw-push", "attributeUpdates", known);
  if (known) {
    stats["msgsSentToPlatform"] = sent;
    stats["msgsReceivedFromPlatform"] = received;
  }
  values["machineStats"] = std::move(stats);
  values["serviceStats"] = book.service_stats();
  values["connectorsStats"] = book.connectors_stats(pipelines);
  return dump(telemetry(values, now));
}

std::string machine_line(const Machine& machine) {
  Json attributes = Json::object();
  attributes["totalMemory"] = machine.total_memory;
  attributes["totalDisk"] = machine.total_disk;
  attributes["cpuCount"] = machine.cores;
  Json line = Json::object();
  line["attributes"] = Json::array({std::move(attributes)});
  return dump(line);
}

std::string device_line(std::string_view device, std::string_view connector,
                        std::string_view type) {
  Json attributes = Json::object();
  attributes["connectorName"] = connector;
  attributes["connectorType"] = type;
  Json line = Json::object();
  line["deviceName"] = device;
  line["attributes"] = Json::array({std::move(attributes)});
  return dump(line);
}

std::string custom_line(const std::string& key, std::string_view output, EpochMs now) {
  constexpr std::string_view kAround = " \t\r\n";
  const std::size_t first = output.find_first_not_of(kAround);
  if (first == std::string_view::npos) return "";
  const std::string_view text = output.substr(first, output.find_last_not_of(kAround) - first + 1);
  Json values = Json::object();
  if (const auto whole = parse_integer(text, INT64_MIN, INT64_MAX)) {
    values[key] = *whole;
  } else if (const auto number = parse_real(text)) {
    values[key] = *number;
  } else {
    values[key] = is_utf8(text) ? std::string{text} : latin1_to_utf8(text);
  }
  return dump(telemetry(values, now));
}

}  // namespace tbgw::run
