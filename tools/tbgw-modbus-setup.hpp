// SPDX-License-Identifier: Apache-2.0
// What the command line of tbgw-modbus says, and the model that comes of it.
#pragma once

#include <CLI/App.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/app.hpp"
#include "modbus/model.hpp"

namespace tbgw {

struct ModbusOptions {
  CommonOptions common;
  std::vector<std::string> operands;
  std::string device;
  std::string device_type = "default";
  std::chrono::milliseconds every{1000};
  std::string order;  ///< "" = ABCD
  unsigned base = 0;
  std::chrono::milliseconds timeout{-1};  ///< -1ms = not given
  int retries = -1;                       ///< -1 = not given
  int max_registers = 0;                  ///< 0 = not given
  int max_gap = -1;                       ///< -1 = not given
  bool once = false;
  bool plan = false;
  bool identify = false;
  bool probe = false;
  bool check = false;
  std::string guess;
  std::string scan;
  std::vector<std::string> write;
  bool compat = false;
  bool wait = false;
  std::uint64_t buffer = std::uint64_t{4} << 20;
  std::uint64_t max_record = kMaxRecordDefault;
  std::chrono::milliseconds drain_timeout{-1};  ///< -1ms = not given

  static constexpr std::uint64_t kMaxRecordDefault = std::uint64_t{256} << 10;
};

void declare_modbus(CLI::App& app, ModbusOptions& options);

/// Whether the first operand is a bus (tcp:…) rather than a file.
bool names_bus(const std::string& operand);
/// All buses, units and tags, of the file or of the command line; says what a person should know.
/// Fatal 64, 66, 77 or 78.
modbus::Model model_of(const ModbusOptions& options);

}  // namespace tbgw
