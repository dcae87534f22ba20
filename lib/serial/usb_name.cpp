// SPDX-License-Identifier: Apache-2.0
#include "serial/usb_name.hpp"

#include <algorithm>
#include <optional>

#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::serial {
namespace {

constexpr std::string_view kUsb = "usb:";

/// Two bytes in hex, as lsusb prints them; any case, leading zeros may be missing.
std::optional<std::string> usb_number(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  std::string digits = std::string(4 - text.size(), '0') + std::string{text};
  const auto bytes = parse_hex(digits);
  if (!bytes || bytes->size() != 2) return std::nullopt;
  return to_hex(*bytes);
}

}  // namespace

bool is_usb_name(std::string_view name) {
  return name.substr(0, kUsb.size()) == kUsb;
}

Result<UsbName> parse_usb_name(std::string_view name) {
  std::string_view rest = name.substr(kUsb.size());
  const auto take = [&rest] {
    const std::string_view part = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
  };
  const auto vid = usb_number(take());
  const auto pid = usb_number(take());
  if (!vid || !pid) {
    return Error{in_quotes(name) +
                 " is not usb:VID:PID or usb:VID:PID:SERIAL (VID and PID in "
                 "hexadecimal, like usb:0403:6001; see tbgw-serial --list)"};
  }
  return UsbName{*vid, *pid, std::string{rest}};
}

}  // namespace tbgw::serial
