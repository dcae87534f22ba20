// SPDX-License-Identifier: Apache-2.0
// Points in time: of records, and as people write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tbgw::spool {

/// When a record happened: its own stamp, else when the spool accepted it (`_t`); nullopt = it does
/// not say. kLinePadding readable bytes must follow.
std::optional<EpochMs> record_time(std::string_view payload);

/// A point in time: "2026-11-24", "2026-11-24T07:30" or "2026-11-24T07:30:15" (local time, or UTC
/// with a Z behind it), milliseconds since 1970, or a duration before `now` ("90m").
Result<EpochMs> parse_moment(std::string_view text, EpochMs now);
/// "2026-11-24T07:30:15Z"
std::string format_moment(EpochMs time);

}  // namespace tbgw::spool
