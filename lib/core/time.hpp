// SPDX-License-Identifier: Apache-2.0
// Wall-clock stamps: milliseconds since 1970, spread so that no two of a source coincide, and
// marked while the clock cannot be trusted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tbgw {

using EpochMs = std::int64_t;

EpochMs now_ms();
/// Milliseconds since boot, and the id of this boot (/proc/sys/kernel/random/boot_id).
std::int64_t uptime_ms();
std::string boot_id();

/// Spreads the stamps one port or bus takes from its own clock: the platform stores by (device,
/// key, ts), so two values of one millisecond would overwrite each other. Never more than 1 s
/// ahead of the clock; beyond that stamps repeat and are counted.
class StampSpreader {
 public:
  /// The stamp to use for something that happened at `at`; later than every stamp given before,
  /// unless the clock was set back by more than a second.
  EpochMs next(EpochMs at);
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }

 private:
  EpochMs last_ = 0;
  std::uint64_t repeated_ = 0;
};

/// Decides whether the wall clock can be trusted. A stamp is doubtful if the kernel says the clock
/// is not synchronised (adjtimex: STA_UNSYNC) and it is earlier than the build date or than the
/// last trusted time kept in the state directory ($STATE_DIRECTORY; none set: only the build date).
class ClockTrust {
 public:
  ClockTrust();
  /// The member `"clock":{"boot":…,"up":…}` (no comma) to put beside a stamp taken now, if it is
  /// doubtful. Asks the kernel at most once a second.
  std::optional<std::string> doubt(EpochMs stamp);

 private:
  void remember(EpochMs stamp);
  std::string state_file_;
  EpochMs trusted_after_;
  std::int64_t asked_up_ms_ = -1000;
  std::int64_t remembered_up_ms_ = 0;
  bool unsynchronised_ = false;
};

}  // namespace tbgw
