// SPDX-License-Identifier: Apache-2.0
// What the inspectors say about a spool, as tables for people and as lines of JSON for programs.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "spool/status.hpp"
#include "spool/survey.hpp"

namespace tbgw::spool {

std::string segments_text(const std::vector<SegmentStatus>& segments);
std::string segments_json(const std::vector<SegmentStatus>& segments);  ///< a line each

/// `now` for ages.
std::string status_text(const SpoolStatus& status, EpochMs now);
std::string status_json(const SpoolStatus& status, EpochMs now);  ///< one line

std::string cursors_text(const SpoolStatus& status, EpochMs now);
std::string cursors_json(const SpoolStatus& status, EpochMs now);

/// Every finding on a line, then the sums. `name` = the spool, or a folder of dead letters in it.
std::string survey_text(std::string_view name, const Survey& survey);
std::string survey_json(std::string_view name, const Survey& survey);

}  // namespace tbgw::spool
