// SPDX-License-Identifier: Apache-2.0
// tbgw-modbus --probe: which settings a serial line runs with.
#pragma once

#include "tbgw-modbus-setup.hpp"

namespace tbgw {

/// Of the bus or the file's buses, or of every serial port of this machine. Fatal 64 if there is
/// no serial line among them, 69 if nobody answered.
Status probe(const ModbusOptions& options);

}  // namespace tbgw
