// SPDX-License-Identifier: Apache-2.0
// How long things take on a bus: silence between frames, frames on the wire, how long to wait for
// an answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "modbus/model.hpp"
#include "modbus/pdu.hpp"

namespace tbgw::modbus {

using Microseconds = std::chrono::microseconds;

/// Time that bytes take on the wire of a serial bus (start, data, parity and stop bits); 0 on other
/// buses.
Microseconds wire_time(const Bus& bus, std::size_t bytes);
/// Silence that ends a frame and has to be kept before the next one: Bus::silence, or on RTU over a
/// serial port 3.5 characters and at least 1.75 ms. 0 on other buses.
Microseconds silence_of(const Bus& bus);
/// How long to wait for the answer to a request whose last byte was handed to the bus now.
Milliseconds response_timeout(const Bus& bus, const Unit& unit, const Request& request);

/// What one transaction costs.
struct Cost {
  std::size_t request_bytes = 0;
  std::size_t answer_bytes = 0;
  /// On the wire with its silences and delays, and 1 ms (TCP: none) that the unit thinks.
  Microseconds time{0};
};
Cost cost_of(const Bus& bus, const Unit& unit, const Block& block);

/// Share of its time that a bus is busy with these blocks: more than 1 cannot be kept up.
double load_of(const Bus& bus, const Unit& unit, std::span<const Block> blocks);

}  // namespace tbgw::modbus
