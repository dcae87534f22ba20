// SPDX-License-Identifier: Apache-2.0
#include "convert/reporter.hpp"

#include <algorithm>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using report::Milliseconds;

// Keys can come from the data. Beyond this many a value is sent as it comes.
constexpr std::size_t kMostKeys = 200'000;

report::Time at(std::int64_t ms) {
  return report::Time{std::chrono::duration_cast<report::Time::duration>(Milliseconds{ms})};
}

std::int64_t ms_between(report::Time from, report::Time to) {
  return std::chrono::duration_cast<Milliseconds>(to - from).count();
}

void append_reading(std::string& out, const Reported& value) {
  out += "{\"deviceName\":";
  append_json_string(out, value.device);
  out += ",\"deviceType\":";
  append_json_string(out, value.profile);
  out += value.telemetry ? ",\"telemetry\":[{" : ",\"attributes\":[{";
  const bool stamped = value.telemetry && !value.stamp.empty();
  if (stamped) out.append("\"ts\":").append(value.stamp).append(",\"values\":{");
  append_json_string(out, value.key);
  out.append(":").append(value.value).append(stamped ? "}}]}\n" : "}]}\n");
}

}  // namespace

/// Never goes back: a key's time is its latest stamp, and what has passed since by the clock.
report::Time Reporter::own_time(Entry& entry, std::string_view stamp, report::Time now) {
  const std::int64_t passed = ms_between(entry.seen, now);
  const auto ms = parse_integer(stamp, 0, 9'999'999'999'999);
  const std::int64_t by_clock = entry.last_ms + std::max<std::int64_t>(passed, 0);
  entry.last_ms = ms ? std::max(*ms, entry.last_ms) : by_clock;
  entry.seen = now;
  return at(entry.last_ms);
}

bool Reporter::pass(const report::Strategy& strategy, const Reported& value) {
  if (strategy.kind == report::Kind::on_received) return true;
  id_.assign(value.device).push_back('\0');
  id_.append(value.telemetry ? "t" : "a").append(value.key);
  const report::Time now = clock_();
  auto found = entries_.find(id_);
  if (found == entries_.end()) {
    if (entries_.size() >= kMostKeys) return true;
    Entry entry{report::Gate{strategy},
                std::string{value.device},
                std::string{value.profile},
                std::string{value.key},
                value.telemetry,
                0,
                now};
    found = entries_.emplace(id_, std::move(entry)).first;
  }
  Entry& entry = found->second;
  const report::Time own = own_time(entry, value.stamp, now);
  // A held value without a stamp keeps none: 0 says so.
  const auto ts = parse_integer(value.stamp, 0, 9'999'999'999'999).value_or(0);
  if (entry.gate.offer(value.value, ts, own)) return true;
  ++held_;
  if (const auto due = entry.gate.due()) {
    const report::Time when = now + (*due - own);
    next_ = next_ ? std::min(*next_, when) : when;
  }
  return false;
}

std::optional<report::Time> Reporter::due() const {
  return next_;
}

void Reporter::release(std::string& out, bool all) {
  const report::Time now = clock_();
  if (!all && (!next_ || now < *next_)) return;
  next_.reset();
  for (auto& [id, entry] : entries_) {
    auto due = entry.gate.due();
    if (!due) continue;
    const report::Time own = at(entry.last_ms) + (now - entry.seen);
    while (const auto sample = entry.gate.take(all ? std::max(own, *due) : own)) {
      const std::string stamp = sample->ts > 0 ? std::to_string(sample->ts) : "";
      append_reading(
          out, {entry.device, entry.profile, entry.key, sample->value, stamp, entry.telemetry});
      due = entry.gate.due();
      if (!due) break;
    }
    if (!due) continue;
    const report::Time when = now + (*due - own);
    next_ = next_ ? std::min(*next_, when) : when;
  }
}

}  // namespace tbgw::convert
