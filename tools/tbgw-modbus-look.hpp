// SPDX-License-Identifier: Apache-2.0
// tbgw-modbus for a person: --plan, --guess, --scan, --identify, --write (and see
// tbgw-modbus-probe.hpp).
#pragma once

#include <memory>
#include <string>

#include "modbus/model.hpp"
#include "modbus/stream.hpp"
#include "serial/port.hpp"
#include "tbgw-modbus-setup.hpp"

namespace tbgw {

/// Whether the command line asks for one of these.
bool wants_look(const ModbusOptions& options);
Status look(const ModbusOptions& options, modbus::Model model);

/// Onto stdout; Fatal 74 if that fails.
void print_line(const std::string& line);
/// The exit status for a serial port that cannot be had.
Status port_status(const serial::PortError& error);
std::unique_ptr<modbus::Stream> make_stream(const modbus::Bus& bus);

}  // namespace tbgw
