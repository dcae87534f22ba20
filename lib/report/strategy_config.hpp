// SPDX-License-Identifier: Apache-2.0
// Report strategies as configuration files write them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "report/strategy.hpp"

namespace tbgw::report {

/// What one level of a file (connector, device or key) says. The most specific level that says
/// anything counts as a whole; a deadband counts by itself.
struct Said {
  std::optional<Strategy> strategy;
  std::optional<Deadband> deadband;
};

/// Reads `reportStrategy` ({type, reportPeriod, ttl}, or the type alone) and `deadband` (a number,
/// or a text such as "2%") of a table. What has no effect goes to `notices`, with its place.
/// Fatal 78 for anything wrong.
Said read_said(ConfigTable& table, std::vector<std::string>& notices);

/// The effective strategy of a key: `inner` over `outer`.
Said within(const Said& outer, const Said& inner);
/// A deadband without a strategy means ON_CHANGE.
Strategy resolve(const Said& said);

}  // namespace tbgw::report
