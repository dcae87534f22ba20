// SPDX-License-Identifier: Apache-2.0
// Who has a device open: what a message about a busy port must say.
#pragma once

#include <string>
#include <vector>

namespace tbgw::serial {

struct Holder {
  int pid = 0;
  std::string program;  ///< its short name (/proc/PID/comm)
  bool operator==(const Holder&) const = default;
};

/// The processes that have the device at this path open, as far as we may see them (other users'
/// need root). Another path to the same device counts. Reads /proc; empty if nobody is found.
std::vector<Holder> holders_of(const std::string& path);
/// The process that has flock(2)ed it, if the kernel tells; otherwise holders_of().
std::vector<Holder> lock_holders_of(const std::string& path);

/// "minicom (pid 12), cat (pid 15)", or "another program" if there is none to name.
std::string name_holders(const std::vector<Holder>& holders);
/// What to do about it: how to send away the programs that usually take serial ports.
std::string holder_remedy(const std::vector<Holder>& holders, const std::string& path);

}  // namespace tbgw::serial
