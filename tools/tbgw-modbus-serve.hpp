// SPDX-License-Identifier: Apache-2.0
// tbgw-modbus serve: the `slave` part of a file as a Modbus server.
#pragma once

#include "tbgw-modbus-setup.hpp"

namespace tbgw {

/// Fatal 78 if the file has no slave part.
Status serve(const ModbusOptions& options, const std::string& path);

}  // namespace tbgw
