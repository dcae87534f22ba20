// SPDX-License-Identifier: Apache-2.0
// A bus and its units as they are typed on a command line.
//
//     tcp:10.0.0.5/1                  Modbus/TCP, port 502, unit 1
//     tcp:plc.local:1502/1-3,7        units 1, 2, 3 and 7
//     tcp:[fe80::1]:502
//     rtu:/dev/ttyUSB0,9600,8E1/1     serial port; 19200,8N1 unless said
//     rtu+tcp:10.0.0.9:4001/1         RTU frames over TCP
//     ascii:/dev/ttyUSB0,9600,7E1/1   also ascii+tcp:
//     udp:10.0.0.5/1
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "modbus/model.hpp"

namespace tbgw::modbus {

struct Endpoint {
  Bus bus;
  std::vector<std::uint8_t> units{1};
  bool baud_said = false;  ///< bus.serial.baud is not the default
  bool format_said = false;
};
/// Error: what is wrong, and what it should look like.
Result<Endpoint> parse_endpoint(std::string_view text);
/// "1-5,9": unit ids 0 to 255 in that order, each once.
Result<std::vector<std::uint8_t>> parse_unit_ids(std::string_view text);
/// "9600,8E1" or its parts; what is not said stays.
Result<void> parse_line(std::string_view text, SerialSettings& line);

/// "tcp:10.0.0.5:502", "rtu:/dev/ttyUSB0": for messages, and to tell whether two are one bus.
std::string name_of(const Bus& bus);
/// "10.0.0.5-1", "ttyUSB0-1": a device name made of host (and port if it is not 502) or port, and
/// unit. Device names are tenant-wide, so the caller says which it chose.
std::string device_name_of(const Bus& bus, std::uint8_t unit_id);

}  // namespace tbgw::modbus
