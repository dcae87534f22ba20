// SPDX-License-Identifier: Apache-2.0
// The options of a command line that are about a port.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "serial/setup.hpp"

namespace tbgw::serial {

/// Declares the PORT operands.
void declare_ports(CLI::App& app, std::vector<std::string>& ports);

/// Declares the options about a port, in their groups; what is given lands in `options`, which must
/// outlive the parsing. A value that cannot be is CLI11's error.
void declare_port_options(CLI::App& app, PortOptions& options);

}  // namespace tbgw::serial
