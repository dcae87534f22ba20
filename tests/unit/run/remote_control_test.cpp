// SPDX-License-Identifier: Apache-2.0
#include "run/remote_control.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace tbgw::run {
namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;
using std::chrono::seconds;

class RemoteControlTest : public testing::Test {
 protected:
  RemoteControlTest() {
    state_.general = {{"host", "tb"},
                      {"security", {{"type", "accessToken"}, {"accessToken", "T"}}}};
    RemoteConnector m;
    m.name = "M";
    m.type = "modbus";
    m.configuration = {{"port", 502}};
    state_.connectors.push_back(m);
    start({});
  }

  void start(const Names& trial) {
    control_ = std::make_unique<RemoteControl>(
        state_, state_, trial,
        [this](const RemoteState&, const std::string& key) {
          return key == bad_ ? Names{"m.json:1: wrong"} : Names{};
        },
        "0.1", RemoteTimes{}, now_);
  }

  static Json document(int port, int ts = 2000) {
    return {{"name", "M"}, {"type", "modbus"}, {"configurationJson", {{"port", port}}}, {"ts", ts}};
  }
  void shared(const Json& data) {
    control_->event({{"event", "attributes"}, {"data", data}}, now_);
  }
  void pass(seconds time) {
    now_ += time;
    control_->tick(now_);
  }
  /// The client attributes published since the last call.
  Json published() {
    Json out = Json::object();
    for (const std::string& line : control_->take_lines()) {
      const Json json = Json::parse(line);
      if (json.contains("attributes")) out.update(json["attributes"][0]);
    }
    return out;
  }

  RemoteState state_;
  std::string bad_;
  Loop::Time now_{std::chrono::hours(1)};
  std::unique_ptr<RemoteControl> control_;
};

TEST_F(RemoteControlTest, AtStartItTellsTheVersionsAndHowItIsConfigured) {
  const Json told = published();
  EXPECT_EQ(told["Version"], "3.8.3");
  EXPECT_EQ(told["tbgwVersion"], "0.1");
  EXPECT_EQ(told["active_connectors"], (Json{"M"}));
  EXPECT_EQ(told["M"]["configurationJson"], (Json{{"port", 502}}));
  EXPECT_EQ(told.dump().find("\"T\""), std::string::npos);
}

TEST_F(RemoteControlTest, OnEachConnectionItAsksForItsSharedAttributes) {
  published();
  control_->event({{"event", "platform-up"}}, now_);
  const auto lines = control_->take_lines();
  ASSERT_EQ(lines.size(), 1U);
  const Json asked = Json::parse(lines[0]);
  EXPECT_EQ(asked["event"], "attributes-request");
  EXPECT_EQ(asked["scope"], "shared");
  EXPECT_NE(asked["keys"].dump().find("\"M\""), std::string::npos);
  // Somebody else's answer is not taken for ours.
  control_->event({{"event", "attributes-response"}, {"id", 77}, {"data", {{"M", document(1)}}}},
                  now_);
  EXPECT_FALSE(control_->take_state().has_value());
  control_->event(
      {{"event", "attributes-response"}, {"id", asked["id"]}, {"data", {{"M", document(1)}}}},
      now_);
  EXPECT_TRUE(control_->take_state().has_value());
}

TEST_F(RemoteControlTest, AcknowledgedOnlyOnceItRuns) {
  published();
  shared({{"M", document(503)}});
  auto state = control_->take_state();
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(control_->trial_keys(), Names{"M"});
  EXPECT_TRUE(published().empty());
  now_ += seconds(1);
  control_->running("M", now_);
  pass(seconds(2));
  EXPECT_TRUE(published().empty());
  pass(seconds(1));
  EXPECT_EQ(published(), (Json{{"M", document(503)}}));
  ASSERT_TRUE(control_->take_state().has_value());
  EXPECT_TRUE(control_->trial_keys().empty());
  EXPECT_EQ(control_->next_tick(), Loop::Time::max());
  // The same again, and a reconnection: nothing.
  shared({{"M", document(503)}});
  EXPECT_FALSE(control_->take_state().has_value());
  EXPECT_TRUE(published().empty());
}

TEST_F(RemoteControlTest, WhatDoesNotComeUpIsTakenBackWithItsReason) {
  published();
  shared({{"M", document(503)}});
  control_->take_state();
  control_->failed("M", "tbgw-modbus ended with 78", now_);
  const auto state = control_->take_state();
  ASSERT_TRUE(state.has_value());
  EXPECT_EQ(*state, state_);
  EXPECT_EQ(published(), (Json{{"M_CONFIGURATION_ERROR", "tbgw-modbus ended with 78"}}));
  shared({{"M", document(503)}});
  EXPECT_FALSE(control_->take_state().has_value());
  // Mended: the error goes.
  shared({{"M", document(504)}});
  control_->running("M", now_);
  pass(seconds(4));
  EXPECT_EQ(published(), (Json{{"M", document(504)}, {"M_CONFIGURATION_ERROR", ""}}));
}

TEST_F(RemoteControlTest, WhatSaysNothingForTooLongIsTakenBack) {
  published();
  shared({{"M", document(503)}});
  control_->take_state();
  pass(seconds(29));
  EXPECT_FALSE(control_->take_state().has_value());
  pass(seconds(1));
  EXPECT_EQ(control_->take_state(), state_);
  EXPECT_EQ(published()["M_CONFIGURATION_ERROR"], "did not come up within 30s");
}

TEST_F(RemoteControlTest, ARefusedConfigurationChangesNothingThatRuns) {
  published();
  bad_ = "M";
  shared({{"M", document(503)}});
  EXPECT_FALSE(control_->take_state().has_value());
  EXPECT_EQ(published()["M_CONFIGURATION_ERROR"], "m.json:1: wrong");
  EXPECT_EQ(control_->errors().at("M"), "m.json:1: wrong");
}

TEST_F(RemoteControlTest, WhatComesDuringATrialWaitsForItsEnd) {
  published();
  shared({{"M", document(503)}});
  control_->take_state();
  shared({{"M", document(504)}});
  shared({{"M", document(505)}});
  EXPECT_FALSE(control_->take_state().has_value());
  control_->running("M", now_);
  pass(seconds(4));
  EXPECT_EQ(control_->take_state()->find("M")->configuration["port"], 505);
  EXPECT_EQ(control_->trial_keys(), Names{"M"});
}

TEST_F(RemoteControlTest, AnotherPlatformHasToLetUsIn) {
  published();
  shared({{"general_configuration", {{"host", "other"}}}});
  EXPECT_EQ(control_->take_state()->general["host"], "other");
  pass(seconds(59));
  EXPECT_FALSE(control_->take_state().has_value());
  pass(seconds(1));
  EXPECT_EQ(control_->take_state()->general["host"], "tb");
  shared({{"general_configuration", {{"host", "third"}}}});
  control_->take_state();
  published();
  control_->event({{"event", "platform-up"}}, now_);
  pass(seconds(3));
  EXPECT_EQ(published()["general_configuration"]["host"], "third");
}

TEST_F(RemoteControlTest, AfterARestartATrialGoesOn) {
  const RemoteState before = state_;
  state_.connectors[0].configuration["port"] = 503;
  state_.connectors[0].document = document(503);
  control_ = std::make_unique<RemoteControl>(state_, before, Names{"M"}, RemoteCheck{}, "0.1",
                                             RemoteTimes{}, now_);
  EXPECT_FALSE(published().contains("M"));
  pass(seconds(30));
  EXPECT_EQ(control_->take_state(), before);
}

TEST_F(RemoteControlTest, EventsOfDevicesAndStrangeOnesMeanNothing) {
  published();
  for (const Json& strange :
       {Json{{"event", "attributes"}, {"device", "D"}, {"data", {{"M", document(1)}}}},
        Json{{"event", "attributes"}, {"deleted", {"M"}}},
        Json{{"event", "attributes"}, {"data", 1}}, Json{{"event", 1}}, Json{{"x", 1}},
        Json{{"event", "attributes-response"}, {"data", {{"M", 1}}}}})
    control_->event(strange, now_);
  EXPECT_FALSE(control_->take_state().has_value());
  EXPECT_TRUE(control_->take_lines().empty());
}

}  // namespace
}  // namespace tbgw::run
