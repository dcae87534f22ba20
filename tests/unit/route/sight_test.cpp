// SPDX-License-Identifier: Apache-2.0
#include "route/sight.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tbgw::route {
namespace {

class SightTest : public testing::Test {
 protected:
  Result<Sight> look(const std::string& text) {
    padded_ = text + std::string(kLinePadding, '\0');
    return eye_.look({std::string_view{padded_}.substr(0, text.size()), 1, false});
  }

  Eye eye_;
  std::string padded_;
};

TEST_F(SightTest, AReadingIsItsDevices) {
  const auto sight = look(R"({"deviceName":"D","telemetry":[],"device":"other"})");
  ASSERT_TRUE(sight);
  EXPECT_EQ(sight->device, "D");
  EXPECT_TRUE(sight->speaks_for_device());
}

TEST_F(SightTest, WhatTheGatewaySaysOfItselfTeachesNothing) {
  EXPECT_FALSE(look(R"({"telemetry":[]})")->speaks_for_device());
  EXPECT_FALSE(look(R"({"event":"stats","device":"D"})")->speaks_for_device());
  EXPECT_FALSE(look(R"({"event":"rpc-reply","device":"D","id":1})")->speaks_for_device());
}

TEST_F(SightTest, ConnectTeachesAndDisconnectDoesNot) {
  EXPECT_TRUE(look(R"({"event":"connect","device":"D"})")->speaks_for_device());
  EXPECT_FALSE(look(R"({"event":"disconnect","device":"D"})")->speaks_for_device());
}

TEST_F(SightTest, AnRpcHasAnIdToBeAnsweredWith) {
  const auto sight = look(R"({"event":"rpc","device":"D","data":{"id":0,"method":"m"}})");
  ASSERT_TRUE(sight);
  EXPECT_EQ(sight->id, "0");
  EXPECT_EQ(sight->method, "m");
  EXPECT_TRUE(sight->wants_answer());
  EXPECT_FALSE(look(R"({"event":"rpc","device":"D"})"));
  EXPECT_FALSE(look(R"({"event":"rpc","device":"D","data":{"method":"m"}})"));
}

TEST_F(SightTest, ACommandOfAnRpcIsAnsweredToo) {
  EXPECT_EQ(look(R"({"device":"D","send":"x","rpc":{"id":1}})")->rpc, R"({"id":1})");
  EXPECT_FALSE(look(R"({"device":"D","send":"x"})")->wants_answer());
}

TEST_F(SightTest, WhatIsNoRecordIsSaid) {
  EXPECT_FALSE(look("junk"));
  EXPECT_FALSE(look("[1]"));
  EXPECT_FALSE(look(R"({"event":1})"));
  EXPECT_FALSE(look(R"({"deviceName":"D","tele)"));
}

}  // namespace
}  // namespace tbgw::route
