// SPDX-License-Identifier: Apache-2.0
// The machine and our processes on it, as far as the reference's machineStats say.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace tbgw::run {

struct Machine {
  std::uint64_t total_memory = 0;  ///< bytes
  std::uint64_t free_memory = 0;   ///< bytes, what could be had
  std::uint64_t total_disk = 0;    ///< bytes
  std::uint64_t free_disk = 0;     ///< bytes
  unsigned cores = 1;
  double load = 0;             ///< of 15 minutes
  std::uint64_t resident = 0;  ///< bytes of our processes
  double cpu_seconds = 0;      ///< of our processes, so far
  double cpu_share = 0;        ///< % of one core since the look before, set by MachineWatch
};

/// The reference's machineStats. Where its own freeMemory is the part that is used, this one is
/// what its name says: the part that is free, in percent.
nlohmann::json machine_stats(const Machine& machine);

/// Looks at /proc and at the disk that holds `folder`. What cannot be found out is 0.
Machine look_at_machine(const std::vector<pid_t>& processes, const std::string& folder);

/// Tells how much the processes worked between two looks.
class MachineWatch {
 public:
  Machine look(const std::vector<pid_t>& processes, const std::string& folder,
               std::int64_t uptime_ms);

 private:
  double cpu_seconds_ = 0;
  std::int64_t up_ms_ = -1;
};

}  // namespace tbgw::run
