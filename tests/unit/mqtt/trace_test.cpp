// SPDX-License-Identifier: Apache-2.0
#include "mqtt/trace.hpp"

#include <gtest/gtest.h>

namespace tbgw::mqtt {
namespace {

TEST(ShownPayload, JsonIsShownAsItCame) {
  EXPECT_EQ(shown_payload(R"({"b": 1.50,"a":[true]})"), R"({"b": 1.50,"a":[true]})");
}

TEST(ShownPayload, TextAndBytesStayOneJsonValue) {
  EXPECT_EQ(shown_payload("no \"json\""), R"("no \"json\"")");
  EXPECT_EQ(shown_payload(""), R"("")");
  EXPECT_EQ(shown_payload("\xff\x01"), R"({"hex":"ff01"})");
}

TEST(ShownPayload, ALineBreakNeverLeavesTheLine) {
  EXPECT_EQ(shown_payload("{\"a\":\n1}"), R"({"a":1})");
}

TEST(ShownPayload, SecretsAreHiddenByTheirNameHoweverDeep) {
  EXPECT_EQ(shown_payload(R"({"Pump":[{"secretKey":"s","durationMs":1}],"password":{"a":1}})"),
            R"x({"Pump":[{"secretKey":"(hidden)","durationMs":1}],"password":"(hidden)"})x");
}

TEST(ShownPayload, WhatIsTooDeepIsShownAsText) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(shown_payload(deep).front(), '"');
}

}  // namespace
}  // namespace tbgw::mqtt
