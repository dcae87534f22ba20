// SPDX-License-Identifier: Apache-2.0
// Ports by their USB identity, and how the list prints them.
#include "serial/port_list.hpp"

#include <gtest/gtest.h>

namespace tbgw::serial {
namespace {

PortInfo usb(const std::string& port, const std::string& pid, const std::string& serial) {
  PortInfo info;
  info.port = port;
  info.transport = "usb";
  info.vid = "0403";
  info.pid = pid;
  info.serial = serial;
  return info;
}

const std::vector<PortInfo> kPorts{usb("/dev/ttyUSB0", "6001", "A1"),
                                   usb("/dev/ttyUSB1", "6001", "A2"),
                                   usb("/dev/ttyUSB2", "6015", "")};

std::string pick(const UsbName& name) {
  const auto found = pick_usb(kPorts, name);
  if (const auto* path = std::get_if<std::string>(&found)) return *path;
  return std::get<PortError>(found).text;
}

TEST(UsbName, IsReadAsLsusbPrintsIt) {
  EXPECT_EQ(*parse_usb_name("usb:0403:6001"), (UsbName{"0403", "6001", ""}));
  EXPECT_EQ(*parse_usb_name("usb:403:EA60:FT:1"), (UsbName{"0403", "ea60", "FT:1"}));
  for (const char* wrong : {"usb:", "usb:0403", "usb:0403:", "usb:04031:6001", "usb:xyz:6001"}) {
    EXPECT_FALSE(parse_usb_name(wrong)) << wrong;
  }
  EXPECT_FALSE(is_usb_name("/dev/ttyUSB0"));
}

TEST(PickUsb, TheOneThatFits) {
  EXPECT_EQ(pick({"0403", "6015", ""}), "/dev/ttyUSB2");
  EXPECT_EQ(pick({"0403", "6001", "A2"}), "/dev/ttyUSB1");
}

TEST(PickUsb, SeveralAreNamedInsteadOfOneTakenByChance) {
  EXPECT_EQ(pick({"0403", "6001", ""}),
            "several USB devices are called so: /dev/ttyUSB0 (serial A1), /dev/ttyUSB1 (serial "
            "A2); add the serial number, or use a name of /dev/serial/by-path");
}

TEST(PickUsb, NoneIsAbsent) {
  const auto found = pick_usb(kPorts, {"1a86", "7523", ""});
  ASSERT_TRUE(std::holds_alternative<PortError>(found));
  EXPECT_EQ(std::get<PortError>(found).why, PortError::Why::absent);
}

TEST(PortLine, LeavesOutWhatIsNotKnown) {
  PortInfo info = usb("/dev/no-such-port", "6015", "");
  info.product = "A \"quoted\" name";
  EXPECT_EQ(port_line(info), R"({"port":"/dev/no-such-port","transport":"usb","vid":"0403",)"
                             R"("pid":"6015","product":"A \"quoted\" name"})");
}

}  // namespace
}  // namespace tbgw::serial
