// SPDX-License-Identifier: Apache-2.0
// Stamps that were taken while the clock was not set: they carry `clock`, tbgw-record(5), and are
// put right by it once the clock can be trusted. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

namespace tbgw::tb {

/// What becomes of records with such stamps.
enum class Doubtful : std::uint8_t {
  hold,  ///< wait until the clock can be trusted, at most ten minutes; then they are sent as they
         ///< are
  send,  ///< sent as they are
  drop,  ///< acknowledged, and not sent
};

/// The clock of now.
struct ClockFacts {
  bool trusted = true;
  EpochMs now = 0;
  std::string boot;     ///< the id of this boot
  std::int64_t up = 0;  ///< milliseconds since then
};
using AskClock = std::function<ClockFacts()>;

/// Whether the line, a reading, may have such stamps. Quick.
bool may_be_doubtful(std::string_view line);

/// The reading with the stamps put right; all else is left as it stands. `checked` is JSON that
/// JsonView took. An error: a stamp is of another boot, and nobody knows any more when that was.
Result<std::string> put_right(std::string_view checked, const ClockFacts& clock);

}  // namespace tbgw::tb
