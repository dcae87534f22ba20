// SPDX-License-Identifier: Apache-2.0
// What tbgw-run is told, and its errands beside running the gateway.
#pragma once

#include <string>
#include <vector>

#include "core/app.hpp"
#include "core/status.hpp"
#include "run/service.hpp"

namespace tbgw::run_tool {

struct Options {
  CommonOptions common;
  run::ServiceOptions service;
  bool json = false;               ///< status as JSON
  std::vector<std::string> words;  ///< files, or the errand and what belongs to it
};

/// 78 with every mistake of the files, else 0.
Status check(const Options& options);
/// The script that does the same.
Status print(const Options& options);
/// How a running gateway is.
Status status(const Options& options);
/// The records of one of its pipelines, as they pass.
Status tap(const Options& options);

}  // namespace tbgw::run_tool
