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

TEST(ShownPayload, WhatIsTooDeepToLookForSecretsInIsNotShown) {
  const std::string deep(100'000, '[');
  EXPECT_EQ(shown_payload(deep), "\"(too deep to show)\"");
  // Brackets in a text are no depth.
  for (const std::string& before : {std::string{}, std::string{"\\\""}}) {
    const std::string text =
        "{\"secretKey\":\"s\",\"x\":\"" + before + std::string(50, '[') + "\"}";
    EXPECT_EQ(shown_payload(text).rfind("{\"secretKey\":\"(hidden)\",\"x\":", 0), 0U);
  }
}

}  // namespace
}  // namespace tbgw::mqtt
