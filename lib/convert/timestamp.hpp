// SPDX-License-Identifier: Apache-2.0
// Times as devices write them, as milliseconds since 1970. Pure, but for the local time zone.
#pragma once

#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tbgw::convert {

struct DateOrder {
  bool day_first = false;   ///< 01/02/2024 is the first of February
  bool year_first = false;  ///< 01/02/03 begins with the year
  bool numbers = true;      ///< numbers are times since 1970
};

/// Dates with an optional time, in the forms people use: ISO 8601, 29.02.2024 01:02, 3/17/20 4:16
/// pm, "Tue, 17 Mar 2020 16:16:03 GMT", 20240229T010203Z. Month first unless `order` says otherwise
/// or the numbers leave no choice; the local time zone unless the text names one. Whole numbers of
/// 9 to 11 digits are seconds since 1970, of 12 or 13 milliseconds, of 16 microseconds. Any year
/// from 1970 to 9999.
Result<EpochMs> parse_timestamp(std::string_view text, const DateOrder& order);

}  // namespace tbgw::convert
