// SPDX-License-Identifier: Apache-2.0
#include "modbus/readings.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace tbgw::modbus {
namespace {

/// Behind the `{` of its object, or another member.
void append_member(std::string& out, std::string_view key, std::string_view value) {
  if (out.back() != '{') out += ',';
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
  std::map<const Unit*, std::vector<std::pair<const Tag*, report::Sample>>> by_unit;
  while (!held_.empty() && held_.begin()->first <= now) {
    const Tag* tag = held_.begin()->second;
    Gated& gated = gates_.at(tag);
    held_.erase(held_.begin());
    gated.due.reset();
    if (auto sample = gated.gate.take(now)) by_unit[gated.unit].emplace_back(tag, *sample);
    set_due(tag, gated);
  }
  std::vector<std::string> lines;
  std::vector<Value> values;
  for (const auto& [unit, samples] : by_unit) {
    values.clear();
    for (const auto& [tag, sample] : samples)
      values.push_back({tag, sample.value, sample.ts});
    lines.push_back(write(*unit, values));
  }
  return lines;
}

/// Attributes, and telemetry by the time at which it was read. Every value read comes through here:
/// each is copied once.
std::string ReadingWriter::write(const Unit& unit, std::vector<Value>& values) {
  const auto before = [](const Value& a, const Value& b) {
    if (a.tag->attribute || b.tag->attribute) return a.tag->attribute && !b.tag->attribute;
    return a.ts < b.ts;
  };
  if (!std::is_sorted(values.begin(), values.end(), before)) {
    std::stable_sort(values.begin(), values.end(), before);
  }
  const auto telemetry = std::find_if(values.begin(), values.end(),
                                      [](const Value& value) { return !value.tag->attribute; });
  std::size_t size = 128 + unit.device_name.size() + unit.device_type.size();
  for (const Value& value : values)
    size += value.tag->key.size() + value.text.size() + 4;
  std::string out;
  out.reserve(size);
  out += "{\"deviceName\":";
  append_json_string(out, unit.device_name);
  out += ",\"deviceType\":";
  append_json_string(out, unit.device_type);
  if (telemetry != values.begin()) {
    out += ",\"attributes\":[{";
    for (auto value = values.begin(); value != telemetry; ++value)
      append_member(out, value->tag->key, value->text);
    out += "}]";
  }
  for (auto value = telemetry; value != values.end();) {
    const EpochMs ts = value->ts;
    out += value == telemetry ? ",\"telemetry\":[{\"ts\":" : ",{\"ts\":";
    out.append(std::to_string(ts)).append(",");
    if (const auto clock = trust_.doubt(ts)) out.append(*clock).append(",");
    out += "\"values\":{";
    for (; value != values.end() && value->ts == ts; ++value)
      append_member(out, value->tag->key, value->text);
    out += "}}";
  }
  if (telemetry != values.end()) out += ']';
  out += '}';
  return out;
}

}  // namespace tbgw::modbus
