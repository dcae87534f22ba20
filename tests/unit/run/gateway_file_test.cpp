// SPDX-License-Identifier: Apache-2.0
#include "run/gateway_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "run/connector_kind.hpp"
#include "run/layout.hpp"
#include "run/script.hpp"

namespace tbgw::run {
namespace {

class GatewayFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/tbgw-unit.XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    around_.state = "/state";
    around_.has_program = [](const std::string& program) { return program != "tbgw-mqtt"; };
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) {
    std::ofstream{folder_ + "/" + name} << text;
    return folder_ + "/" + name;
  }
  Gateway read(const std::string& name, const std::string& text) {
    return read_gateway({write(name, text)}, around_, mistakes_);
  }
  static bool has(const Argv& argv, const std::string& option, const std::string& value) {
    const auto at = std::find(argv.begin(), argv.end(), option);
    return at != argv.end() && at + 1 != argv.end() && *(at + 1) == value;
  }

  std::string folder_;
  Surroundings around_;
  Mistakes mistakes_;
};

TEST_F(GatewayFile, EachStorageOfTheReferenceBecomesLimitsOfTheSpool) {
  Gateway memory = read("m.json", R"({"thingsboard": {}, "storage": {"type": "memory",
      "max_records_count": 100000}})");
  EXPECT_TRUE(memory.spool.memory);
  EXPECT_TRUE(has(memory.spool.options, "--max-bytes", "50000K"));
  EXPECT_TRUE(has(memory.spool.options, "--when-full", "drop-oldest"));
  Gateway file = read("f.json", R"({"thingsboard": {}, "storage": {"type": "file",
      "data_folder_path": "./data/", "max_file_count": 10, "max_records_per_file": 10000}})");
  EXPECT_EQ(file.spool.folder, "/state/spool");
  EXPECT_TRUE(has(file.spool.options, "--max-bytes", "50000K"));
  Gateway sqlite = read("s.json", R"({"thingsboard": {}, "storage": {"type": "sqlite",
      "data_file_path": "/data/", "messages_ttl_in_days": 3, "size_limit": 2, "max_db_amount": 5}})");
  EXPECT_EQ(sqlite.spool.folder, "/data/tbgw-spool");
  EXPECT_TRUE(has(sqlite.spool.options, "--max-age", "3d"));
  EXPECT_TRUE(has(sqlite.spool.options, "--max-bytes", "10240K"));
  EXPECT_TRUE(mistakes_.none());
}

TEST_F(GatewayFile, SecretsOfTheReferenceReachNoCommandLine) {
  const Gateway gateway = read("g.json", R"({"thingsboard": {"host": "tb.example", "port": 8883,
      "security": {"type": "usernamePassword", "clientId": "c", "username": "hidden-user",
      "password": "hidden-word", "caCert": "ca.pem"}}, "connectors": []})");
  EXPECT_EQ(gateway.platform.urls, (std::vector<std::string>{"mqtts://tb.example:8883"}));
  EXPECT_TRUE(has(gateway.platform.options, "--ca", folder_ + "/ca.pem"));
  for (const Process& process : lay_out(gateway, Places{"/run", "/state"}, {}).processes) {
    for (const std::string& word : process.argv)
      EXPECT_EQ(word.find("hidden"), std::string::npos) << word;
  }
  EXPECT_EQ(script_of(gateway, "/state").find("hidden"), std::string::npos);
}

TEST_F(GatewayFile, AMistakeOfOneConnectorDoesNotHideThatOfAnother) {
  read("g.json", R"({"thingsboard": {}, "connectors": [
      {"type": "modbus", "name": "a", "configuration": "absent.json"},
      {"type": "custom", "name": "b", "class": "Own", "configuration": "x.json"},
      {"type": "nonsense", "name": "c", "configuration": "x.json"}]})");
  EXPECT_EQ(mistakes_.texts().size(), 3U);
}

TEST_F(GatewayFile, AnAbsentProgramIsAMistakeUnlessItMayBeLeftOut) {
  const std::string mqtt = write("mqtt.json", R"({"broker": {}, "dataMapping": []})");
  read_gateway({mqtt}, around_, mistakes_);
  EXPECT_EQ(mistakes_.texts().size(), 1U);
  around_.skip_missing = true;
  Mistakes none;
  const Gateway gateway = read_gateway({mqtt}, around_, none);
  EXPECT_TRUE(none.none());
  EXPECT_TRUE(gateway.pipelines.empty());
  EXPECT_EQ(gateway.notices.size(), 1U);
}

TEST_F(GatewayFile, AConnectorThatPrintsRawRecordsGetsItsConverterBothWays) {
  const Gateway gateway =
      read("serial.json", R"({"name": "S", "devices": [{"name": "d", "port": "/dev/ttyS0"}]})");
  const Layout layout = lay_out(gateway, Places{"/run", "/state"}, {});
  std::vector<std::string> names;
  for (const Process& process : layout.processes)
    names.push_back(process.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"spool", "route", "S/convert", "S/connector", "S/downlink"}));
  EXPECT_EQ(layout.processes[3].in, layout.processes[4].out);
  EXPECT_EQ(layout.processes[3].out, layout.processes[2].in);
}

TEST_F(GatewayFile, TwoPipelinesOfOneNameAreRefused) {
  read("g.toml",
       "[[pipeline]]\nname = \"a\"\ncommand = [\"x\"]\n"
       "[[pipeline]]\nname = \"a\"\ncommand = [\"y\"]\n");
  ASSERT_EQ(mistakes_.texts().size(), 1U);
  EXPECT_NE(mistakes_.texts()[0].find("two pipelines have this name"), std::string::npos);
}

TEST(ConnectorKind, FilesOfTheReferenceAreKnownByTheirShape) {
  const auto kind = [](const char* text) {
    const ConnectorKind* found = guess_kind(nlohmann::ordered_json::parse(text));
    return found == nullptr ? std::string{} : std::string{found->type};
  };
  EXPECT_EQ(kind(R"({"server": {"url": "opc.tcp://x"}, "mapping": []})"), "opcua");
  EXPECT_EQ(kind(R"({"server": {"host": "x"}, "mapping": []})"), "rest");
  EXPECT_EQ(kind(R"({"server": {"jid": "x"}, "devices": []})"), "xmpp");
  EXPECT_EQ(kind(R"({"application": {}, "devices": [{"port": 1}]})"), "bacnet");
  EXPECT_EQ(kind(R"({"devices": [{"ip": "x", "port": 1}]})"), "snmp");
  EXPECT_EQ(kind(R"({"slave": {}})"), "modbus");
  EXPECT_EQ(kind(R"({"deny": {}})"), "");
}

TEST(ShellWord, WhatAShellWouldTouchIsQuoted) {
  EXPECT_EQ(shell_word("a-b_c/d.json"), "a-b_c/d.json");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("it's $HOME"), "'it'\\''s $HOME'");
}

}  // namespace
}  // namespace tbgw::run
