// SPDX-License-Identifier: Apache-2.0
// Report strategies on the record path: which values of which key of which device go out now, and
// those that were held back until their period ends.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "report/strategy.hpp"

namespace tbgw::convert {

/// A value on its way, as the readings write it.
struct Reported {
  std::string_view device;
  std::string_view profile;
  std::string_view key;
  std::string_view value;  ///< JSON
  std::string_view stamp;  ///< whole milliseconds; "" = none
  bool telemetry = true;
};

/// Time is that of the values' own stamps, as far as they have some: a replay at any speed gives
/// what the live stream gave. While nothing comes it goes on with the clock.
class Reporter {
 public:
  using Clock = std::function<report::Time()>;
  explicit Reporter(Clock clock = std::chrono::steady_clock::now) : clock_(std::move(clock)) {}

  /// Whether to send the value now.
  bool pass(const report::Strategy& strategy, const Reported& value);
  /// When release() will have something; nullopt = nothing is held back.
  [[nodiscard]] std::optional<report::Time> due() const;
  /// Appends the values whose time has come as readings; `all`: whatever is held back, at the end.
  void release(std::string& out, bool all);

  /// Values not sent, for the statistics: the same again, or within their period.
  [[nodiscard]] std::uint64_t held() const { return held_; }

 private:
  struct Entry {
    report::Gate gate;
    std::string device;
    std::string profile;
    std::string key;
    bool telemetry = true;
    std::int64_t last_ms = 0;  ///< the key's own time
    report::Time seen;         ///< when that was, by the clock
  };
  static report::Time own_time(Entry& entry, std::string_view stamp, report::Time now);

  Clock clock_;
  std::unordered_map<std::string, Entry> entries_;
  std::string id_;
  std::uint64_t held_ = 0;
  std::optional<report::Time> next_;
};

}  // namespace tbgw::convert
