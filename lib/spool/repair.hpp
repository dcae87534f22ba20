// SPDX-License-Identifier: Apache-2.0
// Mends a spool: takes damage out of segments, into quarantine/, and leaves notes about the numbers
// that are gone. Never removes a valid record.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "spool/directory.hpp"
#include "spool/survey.hpp"

namespace tbgw::spool {

/// A segment without its damage, the records in order, and a note for each run of missing numbers.
/// "" = nothing is left worth a file. Pure. `keep` = the newest segment: it stays, so that numbers
/// that were given are not given again.
std::string repaired_segment(const Identity& identity, const SegmentSurvey& found,
                             std::string_view bytes, std::uint64_t expected, bool keep);

struct Repair {
  Survey found;  ///< as it was
  /// What was done and what could not be done, a sentence each.
  std::vector<std::string> done;
  std::vector<std::string> failed;
};
/// Mends segments, FORMAT and cursors of this spool (not its dead letters). The directory must be
/// locked. A step that fails leaves the file as it was and is told in `failed`.
Repair repair(const Directory& directory);

}  // namespace tbgw::spool
