// SPDX-License-Identifier: Apache-2.0
// What the command line of tbgw-push says, and what the parts of the tool share.
#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/app.hpp"
#include "core/filter.hpp"
#include "core/line_reader.hpp"
#include "core/rejects.hpp"
#include "core/signals.hpp"
#include "core/status.hpp"
#include "mqtt/cli_options.hpp"
#include "tb/uplink.hpp"

namespace tbgw {

struct PushOptions {
  CommonOptions common;
  mqtt::CliOptions mqtt;
  tb::UplinkOptions uplink;
  std::chrono::milliseconds drain_timeout{kDrainTimeout};
  const CLI::Option* drain_option = nullptr;
  std::uint64_t memory = std::uint64_t{16} << 20;
  std::uint64_t max_record = kMaxRecord;
  std::string rejects;
  std::string state;     ///< the folder that --state names
  std::string firmware;  ///< where images go; "" = nowhere
  bool dry_run = false;
  bool check = false;
  bool login = false;
};

/// What the process needs beside the records it keeps: the program and its libraries, the buffers
/// of input and output, and what libmosquitto copies of the messages in flight.
constexpr std::uint64_t kOverhead = std::uint64_t{39} << 18;  // 9.75 MiB

void declare(CLI::App& app, PushOptions& options);
/// What no single option can be asked (Fatal 64), and what follows from them.
void complete(PushOptions& options);

/// Tells what was wrong with a record, and keeps it.
void reject(Rejects& rejects, const std::vector<tb::Problem>& problems, const Line& line);

/// Prints what would be sent, each record by itself so that the output does not depend on timing.
Status dry_run(const PushOptions& options, Signals& signals);

}  // namespace tbgw
