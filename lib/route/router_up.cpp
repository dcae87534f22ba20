// SPDX-License-Identifier: Apache-2.0
// What pipelines say: passed on, and learnt from.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/log.hpp"
#include "core/number.hpp"
#include "core/record.hpp"
#include "core/text.hpp"
#include "route/router.hpp"

namespace tbgw::route {

void Router::up(std::size_t number, const Line& line) {
  Pipeline& pipeline = pipelines_[number];
  const std::string& name = pipeline.options.name;
  const auto sight = eye_.look(line);
  if (!sight) {
    ++pipeline.counts.rejected;
    rejects_.tell(name, line.number, sight.error().text);
    if (!line.too_long) rejects_.keep(line.text);
    return;
  }
  if (sight->kind == LineKind::hello) {
    log::warn(name +
              ": a spool stands in front of tbgw-route, and its records will never be "
              "acknowledged: put one tbgw-spool behind tbgw-route");
    return;
  }
  if (!sight->device.empty() && options_.allowed && !options_.allowed(name, sight->device)) {
    ++pipeline.counts.filtered;
    log::limited(log::Level::info, "devices that may not pass",
                 name + ": " + in_quotes(sight->device) + " may not pass");
    return;
  }
  ++pipeline.counts.records;
  if (taps_) copy(name, *sight, line.text);
  learn(number, *sight);
  staged_.emplace_back(line.text);
  staged_bytes_ += line.text.size() + 1;
  pipeline.down->wake();
}

void Router::copy(const std::string& name, const Sight& sight, std::string_view line) {
  taps_->record(name, line);
  if (is_passing(sight.event)) taps_->news(name, line);
}

void Router::learn(std::size_t number, const Sight& sight) {
  const std::string& name = pipelines_[number].options.name;
  if (sight.event == "disconnect") return owners_.release(sight.device, number);
  if (!sight.speaks_for_device()) return;
  const auto owner = [&] { return std::string{owners_.find(sight.device)->name}; };
  switch (owners_.claim(sight.device, number, loop_.now())) {
    case Owners::Claim::own:
      return;
    case Owners::Claim::learnt:
      if (options_.inactivity.count() > 0) watch_silence();
      return;
    case Owners::Claim::moved:
      return log::limited(log::Level::warning, "devices that moved",
                          in_quotes(sight.device) + " is now the pipeline " + name + "'s");
    case Owners::Claim::others:
      return log::limited(log::Level::warning, "devices of two pipelines",
                          name + ": " + in_quotes(sight.device) + " is the pipeline " + owner() +
                              "'s too, which keeps its commands");
    case Owners::Claim::full:
      return log::limited(log::Level::error, "devices too many",
                          name + ": " + in_quotes(sight.device) + " gets no commands: " +
                              std::to_string(Owners::kMost) + " devices are known");
  }
}

/// Who is heard of must still be known when the power comes back: the table is on the disk before
/// the record leaves.
void Router::keep_table() {
  if (const std::string changes = owners_.take_changes(); !changes.empty()) {
    const auto kept = journal_.append(changes);
    if (!kept && !table_failed_) {
      log::error(kept.error().text +
                 ": devices that are learnt now are forgotten at the next start");
    }
    table_failed_ = !kept;
  }
  for (std::string& record : staged_)
    out_.push(std::move(record), false);
  staged_.clear();
  staged_bytes_ = 0;
}

/// Wakes when the first device has been silent for long enough.
void Router::watch_silence() {
  if (options_.inactivity.count() == 0 || silence_) return;
  const auto longest = owners_.longest_silence();
  if (!longest) return;
  // Not for each device by itself: many fall silent together.
  const Loop::Time soonest = Loop::Clock::now() + options_.inactivity / 10;
  silence_ = loop_.at(std::max(*longest + options_.inactivity, soonest), [this] {
    silence_ = {};
    for (const std::string& device : owners_.fell_silent(loop_.now() - options_.inactivity)) {
      log::info(in_quotes(device) + " is silent: disconnected");
      out_.push(event_line("disconnect", device,
                           {{"reason", "silent for " + format_duration(options_.inactivity)}}),
                false);
    }
    watch_silence();
  });
}

}  // namespace tbgw::route
