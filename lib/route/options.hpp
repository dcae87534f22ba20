// SPDX-License-Identifier: Apache-2.0
// What a router is told: its table, its pipelines, its bounds.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/filter.hpp"

namespace tbgw::route {

struct PipelineOptions {
  std::string name;
  std::string up;
  std::string down;  ///< "" = takes no commands
};

struct Options {
  std::string table;
  std::vector<PipelineOptions> pipelines;
  std::string gateway;  ///< the pipeline of what is for the gateway itself; "" = none
  std::chrono::milliseconds inactivity{0};  ///< 0 = a device may be silent for ever
  /// Whether a device may pass by this pipeline. Unset: every one may.
  std::function<bool(std::string_view pipeline, std::string_view device)> allowed;
  std::size_t queue = std::size_t{256} << 10;  ///< bytes that may wait for a pipeline
  std::size_t max_record = kMaxRecord;
  std::string rejects;
  std::string tap;  ///< Unix socket for copies of what passes; "" = none
  std::chrono::milliseconds drain_timeout = kDrainTimeout;
  std::chrono::milliseconds stats{0};
  int ready_fd = -1;
  bool once = false;  ///< ends when each pipeline has closed its end
};

/// NAME=UP[,DOWN]… as words of a command line, with options.table from it too. Fatal 64: none, not
/// of this shape, or a name or path twice.
void take_pipelines(const std::vector<std::string>& operands, Options& options);

std::vector<std::string> names_of(const std::vector<PipelineOptions>& pipelines);

}  // namespace tbgw::route
