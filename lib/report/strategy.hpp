// SPDX-License-Identifier: Apache-2.0
// Report strategies: which of the samples of one key are sent, and when. Pure; the clock is the
// caller's. The names are the reference gateway's (reportStrategy).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "report/aggregate.hpp"

namespace tbgw::report {

using Time = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

enum class Kind : std::uint8_t {
  on_received,                 ///< every sample
  on_change,                   ///< the first, and each that differs from the last one sent
  on_report_period,            ///< the latest of each period
  on_change_or_report_period,  ///< both
};

/// How far a number may move without counting as changed, measured from the value last sent. A
/// change of exactly this much counts. 0 = any other value counts.
struct Deadband {
  double absolute = 0;
  double percent = 0;  ///< of the value last sent
  bool operator==(const Deadband&) const = default;
};

struct Strategy {
  Kind kind = Kind::on_received;
  Milliseconds period{10000};
  /// An unchanged value is sent again once the last one sent is this old.
  Milliseconds ttl{86400000};
  Deadband deadband;
  /// Of on_report_period: what is sent for a period instead of its latest value.
  Function function = Function::none;
  bool operator==(const Strategy&) const = default;
};

/// "ON_CHANGE" and the like, in any case. DISABLED is ON_RECEIVED: where nothing is filtered,
/// everything passes.
Result<Kind> parse_kind(std::string_view text);
std::string_view name_of(Kind kind);

/// "0.5" or "2%".
Result<Deadband> parse_deadband(std::string_view text);

/// One key of one device under a strategy. What it lets through keeps its own time: a value is
/// never repeated under a fresh stamp, so a device that fell silent reports nothing. An aggregate
/// has the time of the last sample in it.
class Gate {
 public:
  explicit Gate(const Strategy& strategy) : strategy_(strategy) {}

  /// A sample (value: JSON text) came at `now`. True: send it. False: it is held back; under a
  /// strategy with a period it may still be sent by take().
  bool offer(std::string_view value, EpochMs ts, Time now);
  /// When take() will have the sample held back; nullopt = nothing is held back for a time. May be
  /// past, when samples came faster than they were taken.
  [[nodiscard]] std::optional<Time> due() const;
  /// The sample held back, if its time has come: send it. There may be more.
  std::optional<Sample> take(Time now);
  /// The device went away: no single value is held back any more, an aggregate ends here, and the
  /// next value is news.
  void forget();

  [[nodiscard]] const Strategy& strategy() const { return strategy_; }

 private:
  bool collect(std::string_view value, EpochMs ts, Time now);
  [[nodiscard]] bool periodic() const;
  [[nodiscard]] bool aggregates() const { return strategy_.function != Function::none; }
  [[nodiscard]] bool news(std::string_view value, Time now) const;
  void sent(std::string_view value, Time now);
  void pass_periods(Time now);

  Strategy strategy_;
  std::string last_;  ///< the value last sent; "" = none
  Time last_at_;
  Time next_;  ///< the end of the running period
  std::optional<Sample> held_;
  std::vector<Sample> over_;  ///< of periods that ended before anybody took them
  Aggregate running_;
};

}  // namespace tbgw::report
