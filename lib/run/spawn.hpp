// SPDX-License-Identifier: Apache-2.0
// The start of one process: its descriptors, limits and group.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>

#include "core/result.hpp"
#include "run/plan.hpp"

namespace tbgw::run {

/// Where a --ready-fd of a child may point.
inline constexpr int kReadyFd = 9;

struct SpawnRequest {
  const std::string& program;  ///< its path
  const Argv& argv;
  int in;
  int out;
  int err;
  int ready;                                              ///< becomes kReadyFd; -1 = none
  const std::map<std::string, std::string>& environment;  ///< added to ours
  const Limits& limits;
};

/// Starts a process that leads a group of its own, has no signal blocked or ignored, and gets
/// SIGTERM when this process dies. Error: no more processes. That the program cannot be executed
/// shows as its status: 127 absent, 126 anything else.
Result<pid_t> spawn(const SpawnRequest& request);

/// The path of a program: one with a slash as it is, else found in `folder`, else in $PATH. "" if
/// there is none that may be executed.
std::string find_program(const std::string& name, const std::string& folder);

}  // namespace tbgw::run
