// SPDX-License-Identifier: Apache-2.0
#include "mqtt/port_hint.hpp"

#include <gtest/gtest.h>

namespace tbgw::mqtt {
namespace {

bool has(const std::string& hint, const std::string& part) {
  return hint.find(part) != std::string::npos;
}

TEST(PortHint, WhatTheServerSpeaksIsNamed) {
  EXPECT_TRUE(has(port_hint(false, 1883, "HTTP/1.1"), "speaks HTTP"));
  EXPECT_TRUE(has(port_hint(true, 443, "HTTP/1.1"), "speaks HTTP"));
  EXPECT_TRUE(has(port_hint(false, 22, "SSH-2.0-"), "SSH"));
  EXPECT_TRUE(has(port_hint(false, 8883, "\x15\x03\x03"), "begins with mqtts://"));
  EXPECT_TRUE(has(port_hint(true, 1883, "\x20\x02"), "begins with mqtt://"));
}

TEST(PortHint, WhoSaysNothingIsJudgedByThePort) {
  EXPECT_TRUE(has(port_hint(false, 8883, ""), "begins with mqtts://"));
  EXPECT_TRUE(has(port_hint(false, 8080, ""), "1883"));
  EXPECT_TRUE(has(port_hint(true, 1883, ""), "8883"));
  EXPECT_EQ(port_hint(false, 1883, ""), "");
}

TEST(PortHint, WhatIsAsItShouldBeNeedsNone) {
  EXPECT_EQ(port_hint(true, 8883, "\x15\x03\x03"), "");
  EXPECT_EQ(port_hint(false, 1883, "\x20\x02"), "");
}

}  // namespace
}  // namespace tbgw::mqtt
