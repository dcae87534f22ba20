// SPDX-License-Identifier: Apache-2.0
// The serial ports of this machine and their USB identity: what libserialport is good at, and the
// one place that includes it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"
#include "serial/port.hpp"
#include "serial/usb_name.hpp"

namespace tbgw::serial {

/// Texts are "" if unknown.
struct PortInfo {
  std::string port;  ///< "/dev/ttyUSB0"
  std::string description;
  std::string transport;  ///< "native", "usb" or "bluetooth"
  std::string vid;        ///< four hexadecimal digits, lower case
  std::string pid;
  std::string serial;
  std::string manufacturer;
  std::string product;
  std::string by_id;  ///< its name in /dev/serial/by-id, which survives replugging
};

std::vector<PortInfo> list_ports();
/// One JSON object: port, description, …, and who holds the port now (heldBy).
std::string port_line(const PortInfo& info);

/// The one port of `ports` that has this identity. None: absent; several: unsuitable, named.
std::variant<std::string, PortError> pick_usb(const std::vector<PortInfo>& ports,
                                              const UsbName& wanted);
/// The path of a port's name: the name itself, or for usb:… the port that is there now.
std::variant<std::string, PortError> locate(const std::string& name);

/// "libserialport 0.1.1".
std::string port_list_version();

}  // namespace tbgw::serial
