// SPDX-License-Identifier: Apache-2.0
#include "run/remote.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace tbgw::run {
namespace {

using Json = nlohmann::json;
using Names = std::vector<std::string>;

RemoteConnector local(const std::string& name, const Json& configuration) {
  RemoteConnector out;
  out.name = name;
  out.type = "modbus";
  out.entry = Json::object();
  out.configuration = configuration;
  out.path = "/etc/tbgw/" + name + ".json";
  out.changed = 1000;
  return out;
}

Json document(const std::string& name, const Json& configuration, int ts) {
  return {{"name", name},
          {"type", "modbus"},
          {"configuration", name + ".json"},
          {"configurationJson", configuration},
          {"ts", ts}};
}

class RemoteTest : public testing::Test {
 protected:
  RemoteTest() {
    state_.general = {{"host", "tb"},
                      {"security", {{"type", "accessToken"}, {"accessToken", "SECRET"}}}};
    state_.connectors = {local("M", {{"port", 502}}), local("S", {{"baud", 9600}})};
  }

  RemoteChange take(const Json& incoming) {
    return decide(state_, refused_, incoming, [this](const RemoteState&, const std::string& key) {
      ++checks_;
      return key == bad_ ? Names{"modbus.json:3: port: must be a number"} : Names{};
    });
  }
  /// As if all of it had proved itself.
  RemoteChange apply(const Json& incoming) {
    RemoteChange change = take(incoming);
    state_ = change.next;
    return change;
  }

  RemoteState state_;
  std::map<std::string, Json> refused_;
  std::string bad_;
  int checks_ = 0;
};

TEST_F(RemoteTest, OneConnectorChangesAndNoOther) {
  const Json m = document("M", {{"port", 503}}, 2000);
  const RemoteChange change = apply({{"M", m}});
  EXPECT_EQ(change.changed, Names{"M"});
  EXPECT_EQ(change.acknowledge.at("M"), m);
  EXPECT_TRUE(change.at_once.empty());
  EXPECT_EQ(state_.find("M")->configuration, (Json{{"port", 503}}));
  EXPECT_EQ(*state_.find("S"), local("S", {{"baud", 9600}}));
}

TEST_F(RemoteTest, TheSameAgainIsNothing) {
  const Json all{{"M", document("M", {{"port", 503}}, 2000)},
                 {"general_configuration", {{"host", "other"}, {"ts", 7}}},
                 {"logs_configuration", {{"version", 1}}},
                 {"storage_configuration", {{"type", "memory"}}},
                 {"grpc_configuration", {{"enabled", false}}},
                 {"RemoteLoggingLevel", "INFO"},
                 {"active_connectors", {"M", "S"}}};
  apply(all);
  const RemoteState before = state_;
  checks_ = 0;
  const RemoteChange change = apply(all);
  EXPECT_EQ(state_, before);
  EXPECT_TRUE(change.changed.empty() && change.at_once.empty() && change.refused.empty());
  EXPECT_TRUE(change.notices.empty() && change.ask.empty());
  EXPECT_EQ(checks_, 0);
}

TEST_F(RemoteTest, WhatAlreadyRunsIsAcknowledgedWithoutARestart) {
  const Json m = document("M", {{"port", 502}, {"id", "x"}, {"configVersion", "3.8"}}, 2000);
  const RemoteChange change = apply({{"M", m}});
  EXPECT_TRUE(change.changed.empty());
  EXPECT_EQ(change.at_once.at("M"), m);
  EXPECT_TRUE(state_.find("M")->local);
  EXPECT_EQ(connector_attribute(*state_.find("M")), m);
  EXPECT_EQ(files_of(state_, "/etc/tbgw").size(), 1U);
  // Only the time differs: acknowledged anew, or the page shows "out of sync" for ever.
  const Json later = document("M", {{"port", 502}}, 3000);
  EXPECT_EQ(apply({{"M", later}}).at_once.at("M"), later);
}

TEST_F(RemoteTest, ABrokenConfigurationIsRefusedWithItsTextAndOnlyOnce) {
  bad_ = "M";
  const Json m = document("M", {{"port", "x"}}, 2000);
  const RemoteChange change = take({{"M", m}, {"S", document("S", {{"baud", 1}}, 2000)}});
  ASSERT_EQ(change.refused.size(), 1U);
  EXPECT_EQ(change.refused[0].text, "modbus.json:3: port: must be a number");
  EXPECT_EQ(change.changed, Names{"S"});
  EXPECT_EQ(*change.next.find("M"), *state_.find("M"));
  refused_["M"] = m;
  EXPECT_TRUE(take({{"M", m}}).refused.empty());
}

TEST_F(RemoteTest, ShapesThatMeanNothingAreRefused) {
  for (const Json& bad : {Json("text"), Json(7), Json::array(), Json{{"type", "modbus"}},
                          Json{{"type", 7}, {"configurationJson", Json::object()}},
                          Json{{"name", "Q"}, {"configurationJson", Json::object()}}}) {
    EXPECT_EQ(take({{"M", bad}}).refused.size(), 1U) << bad;
  }
  EXPECT_EQ(take({{"active_connectors", "M"}}).refused.size(), 1U);
  EXPECT_EQ(take({{"active_connectors", {1}}}).refused.size(), 1U);
  EXPECT_EQ(take({{"active_connectors", {"logs_configuration"}}}).refused.size(), 1U);
  EXPECT_EQ(take({{"general_configuration", 1}}).refused.size(), 1U);
  EXPECT_EQ(checks_, 0);
}

TEST_F(RemoteTest, SecurityWithoutASecretKeepsOurs) {
  const RemoteChange change =
      apply({{"general_configuration", {{"host", "b"}, {"security", {{"type", "accessToken"}}}}}});
  EXPECT_EQ(change.changed, Names{"general_configuration"});
  EXPECT_EQ(state_.general["security"]["accessToken"], "SECRET");
  EXPECT_EQ(change.acknowledge.at("general_configuration")["security"],
            (Json{{"type", "accessToken"}}));
  apply({{"general_configuration",
          {{"host", "b"}, {"security", {{"type", "accessToken"}, {"accessToken", "NEW"}}}}}});
  EXPECT_EQ(state_.general["security"]["accessToken"], "NEW");
  EXPECT_EQ(general_attribute(state_.general)["security"], (Json{{"type", "accessToken"}}));
  EXPECT_EQ(all_attributes(state_, "1").dump().find("NEW"), std::string::npos);
}

TEST_F(RemoteTest, WhatWePublishedComesBackAsNoChange) {
  Json back = general_attribute(state_.general);
  back["ts"] = 5;
  const RemoteChange change = apply({{"general_configuration", back}});
  EXPECT_TRUE(change.changed.empty());
  EXPECT_EQ(change.at_once.count("general_configuration"), 1U);
}

TEST_F(RemoteTest, LocalSecretsStayAndThePlatformsAreEchoed) {
  state_.connectors = {local(
      "M", {{"broker", {{"host", "a"}, {"security", {{"username", "u"}, {"password", "p"}}}}}})};
  EXPECT_EQ(all_attributes(state_, "1").dump().find("\"p\""), std::string::npos);
  // Edited on the platform, where the password is not known.
  Json edited = connector_attribute(state_.connectors[0])["configurationJson"];
  edited["broker"]["keepAlive"] = 5;
  RemoteChange change = apply({{"M", document("M", edited, 2000)}});
  EXPECT_EQ(state_.find("M")->configuration["broker"]["security"]["password"], "p");
  EXPECT_EQ(change.acknowledge.at("M")["configurationJson"], edited);
  // Nobody else gets it.
  edited["broker"]["host"] = "evil";
  apply({{"M", document("M", edited, 3000)}});
  EXPECT_FALSE(state_.find("M")->configuration["broker"]["security"].contains("password"));
  edited["broker"]["security"]["password"] = "theirs";
  change = apply({{"M", document("M", edited, 4000)}});
  EXPECT_EQ(change.acknowledge.at("M")["configurationJson"], edited);
}

TEST_F(RemoteTest, ConnectorsComeAndGoWithTheList) {
  RemoteChange change = apply({{"active_connectors", {"S", "New"}}});
  EXPECT_EQ(change.changed, Names{"active_connectors"});
  EXPECT_EQ(change.ask, Names{"New"});
  EXPECT_EQ(change.acknowledge.at("active_connectors"), (Json{"S"}));
  EXPECT_EQ(state_.names(), Names{"S"});
  change = apply({{"New", document("New", {{"port", 1}}, 1)}});
  EXPECT_EQ(change.changed, Names{"New"});
  EXPECT_EQ(change.acknowledge.at("active_connectors"), (Json{"S", "New"}));
  EXPECT_EQ(files_of(state_, "").count(connector_file_name("New")), 1U);
  // Both in one message; and an attribute of somebody else's.
  change = apply({{"active_connectors", {"S", "B"}},
                  {"B", document("B", {{"port", 1}}, 1)},
                  {"fw_title", "pump"}});
  EXPECT_TRUE(change.ask.empty());
  EXPECT_EQ(state_.names(), (Names{"S", "B"}));
}

TEST_F(RemoteTest, AnOlderDocumentDoesNotReplaceANewerLocalFile) {
  const Json old = document("M", {{"port", 999}}, 999);
  const RemoteChange change = apply({{"M", old}});
  EXPECT_TRUE(change.changed.empty());
  EXPECT_EQ(change.notices.size(), 1U);
  EXPECT_TRUE(apply({{"M", old}}).notices.empty());
  EXPECT_EQ(state_.find("M")->configuration["port"], 502);
}

TEST_F(RemoteTest, TextThatHoldsJsonIsThatJson) {
  const Json m = document("M", {{"port", 503}}, 2000);
  EXPECT_EQ(take({{"M", m.dump()}}).acknowledge.at("M"), m);
  EXPECT_EQ(shared_value("[1]"), Json::array({1}));
  EXPECT_EQ(shared_value("{no"), "{no");
  EXPECT_TRUE(shared_value(std::string(100'000, '[')).is_string());
}

TEST_F(RemoteTest, ATrialThatFailedIsTakenBackAlone) {
  const RemoteState before = state_;
  apply({{"M", document("M", {{"port", 503}}, 2000)},
         {"S", document("S", {{"baud", 1}}, 2000)},
         {"active_connectors", {"M", "S", "N"}},
         {"N", document("N", {{"port", 1}}, 1)},
         {"general_configuration", {{"host", "b"}}}});
  for (const char* key : {"M", "N", "general_configuration"})
    revert(state_, before, key);
  EXPECT_EQ(state_.general, before.general);
  EXPECT_EQ(*state_.find("M"), *before.find("M"));
  EXPECT_EQ(state_.find("N"), nullptr);
  EXPECT_EQ(state_.find("S")->configuration["baud"], 1);
  apply({{"active_connectors", {"S"}}});
  revert(state_, before, "active_connectors");
  EXPECT_NE(state_.find("M"), nullptr);
}

TEST_F(RemoteTest, NamesMakeNoPaths) {
  EXPECT_EQ(connector_file_name("../../etc/passwd").find('/'), std::string::npos);
  EXPECT_NE(connector_file_name("a/b"), connector_file_name("a.b"));
  EXPECT_LT(connector_file_name(std::string(5000, 'x')).size(), 100U);
}

TEST_F(RemoteTest, EditedByHandAfterwardsTheLocalFileWins) {
  const RemoteState base = state_;
  apply({{"M", document("M", {{"port", 503}}, 2000)},
         {"active_connectors", {"M", "N"}},
         {"N", document("N", {{"port", 1}}, 1)},
         {"general_configuration", {{"host", "b"}}}});
  RemoteState edited = base;
  Names winners;
  RemoteState merged = merge_local(edited, base, state_, &winners);
  EXPECT_EQ(merged.connectors, state_.connectors);
  EXPECT_EQ(merged.general, state_.general);
  EXPECT_EQ(winners.size(), 4U);  // thingsboard, M, S removed, N added
  edited.find("M")->configuration["port"] = 504;
  edited.general["host"] = "c";
  merged = merge_local(edited, base, state_, nullptr);
  EXPECT_EQ(merged.find("M")->configuration["port"], 504);
  EXPECT_EQ(merged.general["host"], "c");
  EXPECT_NE(merged.find("N"), nullptr);
  EXPECT_EQ(merged.find("S"), nullptr);
  edited.find("S")->configuration["baud"] = 300;
  EXPECT_NE(merge_local(edited, base, state_, nullptr).find("S"), nullptr);
}

TEST_F(RemoteTest, TheStateComesBackFromDisk) {
  apply({{"M", document("M", {{"port", 503}}, 2000)}, {"RemoteLoggingLevel", "NONE"}});
  const auto again = state_from_json(Json::parse(to_json(state_).dump()));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, state_);
  EXPECT_FALSE(state_from_json(Json(3)).has_value());
  EXPECT_FALSE(state_from_json(Json{{"thingsboard", 1}}).has_value());
}

}  // namespace
}  // namespace tbgw::run
