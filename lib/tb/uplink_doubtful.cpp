// SPDX-License-Identifier: Apache-2.0
// Records that wait for a clock that can be trusted.
#include <utility>

#include "core/line_reader.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {
namespace {

constexpr std::chrono::minutes kLongestHold{10};
constexpr std::chrono::seconds kAskAgain{1};

}  // namespace

/// True: the record is dealt with, or waits.
bool Uplink::take_doubtful(const Line& line, Seq record, EpochMs arrived, Time now) {
  if (!options_.clock || !may_be_doubtful(line.text)) return false;
  switch (options_.doubtful) {
    case Doubtful::send:
      ++counts_.doubtful_sent;
      return false;
    case Doubtful::drop:
      ++counts_.doubtful_dropped;
      ++counts_.ignored;
      return true;
    case Doubtful::hold:
      break;
  }
  const ClockFacts clock = options_.clock();
  if (clock.trusted) {
    take_corrected(line.text, record, arrived, now, clock);
    return true;
  }
  ledger_.hold(record);
  held_bytes_ += line.text.size();
  held_.push_back({record, std::string{line.text}, arrived, now});
  return true;
}

void Uplink::take_corrected(std::string_view text, Seq record, EpochMs arrived, Time now,
                            const ClockFacts& clock) {
  auto right = put_right(text, clock);
  if (!right) return reject(record, right.error().text);
  ++counts_.doubtful_corrected;
  const std::size_t size = right->size();
  right->append(kLinePadding, '\0');
  JsonView view;
  const auto members = view.object(std::string_view{*right}.substr(0, size));
  if (!members) return reject(record, members.error().text);
  take_reading(*members, record, arrived, now);
}

/// Those that waited go, if the clock is right now, or if they waited too long.
void Uplink::release_held(Time now) {
  if (held_.empty() || now < clock_due_) return;
  clock_due_ = now + kAskAgain;
  const ClockFacts clock = options_.clock();
  while (!held_.empty()) {
    const bool too_long = held_.front().since + kLongestHold <= now;
    if (!clock.trusted && !too_long) return;
    Held held = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= held.text.size();
    if (clock.trusted) {
      take_corrected(held.text, held.record, held.arrived, now, clock);
    } else {
      ++counts_.doubtful_sent;
      const std::size_t size = held.text.size();
      held.text.append(kLinePadding, '\0');
      JsonView view;
      const auto members = view.object(std::string_view{held.text}.substr(0, size));
      if (members) take_reading(*members, held.record, held.arrived, now);
    }
    move_sealed();
    ledger_.release(held.record);
  }
  release_batches();
}

}  // namespace tbgw::tb
