// SPDX-License-Identifier: Apache-2.0
// The name of a serial port by the identity of its USB adapter. Pure.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tbgw::serial {

/// "usb:VID:PID" or "usb:VID:PID:SERIAL".
struct UsbName {
  std::string vid;
  std::string pid;
  std::string serial;  ///< "" = any
  bool operator==(const UsbName&) const = default;
};
bool is_usb_name(std::string_view name);
Result<UsbName> parse_usb_name(std::string_view name);

}  // namespace tbgw::serial
