// SPDX-License-Identifier: Apache-2.0
#include "modbus/readings.hpp"

#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

void append_member(std::string& out, bool& first, std::string_view key, std::string_view value) {
  if (!first) out += ',';
  first = false;
  append_json_string(out, key);
  out += ':';
  out += value;
}

}  // namespace

bool ReadingWriter::passes(const Unit& unit, const Reading& reading, EpochMs ts, Time now) {
  if (reading.tag->strategy.kind == report::Kind::on_received) return true;
  auto [at, is_new] =
      gates_.try_emplace(reading.tag, Gated{report::Gate(reading.tag->strategy), &unit, {}});
  static_cast<void>(is_new);
  const bool passed = at->second.gate.offer(reading.value, ts, now);
  if (!passed) ++filtered_;
  set_due(reading.tag, at->second);
  return passed;
}

void ReadingWriter::set_due(const Tag* tag, Gated& gated) {
  const auto due = gated.gate.due();
  if (due == gated.due) return;
  if (gated.due) held_.erase({*gated.due, tag});
  if (due) held_.emplace(*due, tag);
  gated.due = due;
}

std::string ReadingWriter::line(const Unit& unit, EpochMs ts, const std::vector<Reading>& readings,
                                Time now) {
  std::vector<Value> values;
  values.reserve(readings.size());
  for (const Reading& reading : readings) {
    if (passes(unit, reading, ts, now)) values.push_back({reading.tag, reading.value, ts});
  }
  return values.empty() ? std::string{} : write(unit, values);
}

void ReadingWriter::forget(const Unit& unit) {
  for (auto& [tag, gated] : gates_) {
    if (gated.unit != &unit) continue;
    gated.gate.forget();
    set_due(tag, gated);
  }
}

Time ReadingWriter::due() const {
  return held_.empty() ? Time::max() : held_.begin()->first;
}

std::vector<std::string> ReadingWriter::take(Time now) {
  std::map<const Unit*, std::vector<Value>> by_unit;
  while (!held_.empty() && held_.begin()->first <= now) {
    const Tag* tag = held_.begin()->second;
    Gated& gated = gates_.at(tag);
    held_.erase(held_.begin());
    gated.due.reset();
    if (auto sample = gated.gate.take(now)) {
      by_unit[gated.unit].push_back({tag, std::move(sample->value), sample->ts});
    }
    set_due(tag, gated);
  }
  std::vector<std::string> lines;
  for (const auto& [unit, values] : by_unit)
    lines.push_back(write(*unit, values));
  return lines;
}

/// Attributes, and telemetry by the time at which it was read.
std::string ReadingWriter::write(const Unit& unit, const std::vector<Value>& values) {
  std::string attributes;
  std::map<EpochMs, std::string> telemetry;
  for (const Value& value : values) {
    std::string& to = value.tag->attribute ? attributes : telemetry[value.ts];
    bool first = to.empty();
    append_member(to, first, value.tag->key, value.value);
  }
  std::string out = "{\"deviceName\":" + json_string(unit.device_name) +
                    ",\"deviceType\":" + json_string(unit.device_type);
  if (!attributes.empty()) out += ",\"attributes\":[{" + attributes + "}]";
  if (telemetry.empty()) return out + "}";
  out += ",\"telemetry\":[";
  bool first = true;
  for (const auto& [ts, members] : telemetry) {
    if (!first) out += ',';
    first = false;
    out += "{\"ts\":" + std::to_string(ts) + ",";
    if (const auto clock = trust_.doubt(ts)) out += *clock + ",";
    out += "\"values\":{" + members + "}}";
  }
  return out + "]}";
}

}  // namespace tbgw::modbus
