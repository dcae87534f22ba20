// SPDX-License-Identifier: Apache-2.0
#include "run/gateway_rpc.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

class GatewayRpcTest : public testing::Test {
 protected:
  GatewayRpcTest() {
    facts_.version = "0.1.0";
    facts_.devices = {{"Pump", "plant"}};
    facts_.connectors = {{"plant", "modbus"}, {"boiler", "serial"}, {"wells", "modbus"}};
    facts_.stats = {{"eventsProduced", 7}};
  }
  RpcAnswer call(std::string_view method, const Json& params = Json()) {
    return answer(method, params, facts_, shell_);
  }

  GatewayFacts facts_;
  RemoteShell shell_;
};

TEST_F(GatewayRpcTest, AnswersAsTheReferenceDoes) {
  EXPECT_EQ(*call("gateway_ping").reply, (Json{{"code", 200}, {"resp", "pong"}}));
  EXPECT_EQ(*call("gateway_devices").reply, (Json{{"code", 200}, {"resp", {{"Pump", "plant"}}}}));
  EXPECT_EQ(*call("gateway_stats").reply, (Json{{"eventsProduced", 7}}));
  EXPECT_EQ((*call("gateway_version").reply)["resp"]["current_version"], "0.1.0");
  for (const char* unknown : {"gateway_", "gateway_nothing", "nothing", ""}) {
    EXPECT_EQ(*call(unknown).reply, (Json{{"error", "Method not found"}, {"code", 404}}))
        << unknown;
  }
}

TEST_F(GatewayRpcTest, RestartTakesSecondsAndAtLeastOne) {
  for (const Json& params : {Json(), Json::object(), Json("{}"), Json(0), Json(-5), Json("1")}) {
    const RpcAnswer got = call("gateway_restart", params);
    EXPECT_EQ(*got.reply, (Json{{"success", true}})) << params;
    EXPECT_EQ(got.restart, std::chrono::seconds{1}) << params;
  }
  EXPECT_EQ(call("gateway_restart", 60).restart, std::chrono::seconds{60});
  // Milliseconds from a widget would be days.
  for (const Json& params : {Json(60'000), Json("soon"), Json{{"a", 1}}, Json(true), Json(1e300)}) {
    const RpcAnswer got = call("gateway_restart", params);
    EXPECT_FALSE(got.restart.has_value()) << params;
    EXPECT_EQ((*got.reply)["code"], 400) << params;
  }
}

TEST_F(GatewayRpcTest, TypeAndMethodGoToEachConnectorOfTheType) {
  const RpcAnswer got = call("modbus_set_all", 5);
  EXPECT_FALSE(got.reply.has_value());
  EXPECT_EQ(got.pipelines, (std::vector<std::string>{"plant", "wells"}));
  EXPECT_EQ(got.method, "set_all");
  EXPECT_EQ((*call("opcua_x").reply)["code"], 404);
}

TEST_F(GatewayRpcTest, WithoutAnAllowListThereIsNoShell) {
  for (const char* method :
       {"getTermInfo", "sendCommand", "getCommandStatus", "terminateCommand"}) {
    EXPECT_EQ((*call(method, {{"command", "ls"}}).reply)["code"], 404) << method;
  }
  EXPECT_EQ((*call("gateway_reboot").reply)["code"], 403);
}

TEST_F(GatewayRpcTest, TheShellRunsNothingButTheFixedCommands) {
  facts_.commands = {{"disk", {"df", "-h"}}, {"reboot", {"systemctl", "reboot"}}};
  for (const Json& command : {Json("df -h"), Json("disk; id"), Json("/bin/sh"), Json(7), Json()}) {
    const RpcAnswer got = call("sendCommand", {{"command", command}});
    EXPECT_EQ((*got.reply)["ok"], false) << command;
    EXPECT_EQ(got.command, "") << command;
  }
  EXPECT_EQ((*call("sendCommand", "disk").reply)["ok"], false);
  RpcAnswer got = call("sendCommand", {{"command", "disk"}});
  EXPECT_EQ(got.command, "disk");
  EXPECT_TRUE(got.shell);
  shell_.started();
  EXPECT_EQ(call("sendCommand", {{"command", "disk"}}).command, "");
  shell_.output("12%\n", "");
  EXPECT_EQ(
      *call("getCommandStatus").reply,
      (Json{{"data", {{{"stdout", "12%\n"}, {"stderr", ""}}}}, {"cwd", "/"}, {"done", false}}));
  EXPECT_TRUE(call("terminateCommand").terminate);
  shell_.ended();
  EXPECT_EQ((*call("getCommandStatus").reply)["done"], true);
  EXPECT_EQ(call("gateway_reboot").command, "reboot");
  EXPECT_FALSE(call("gateway_disk").reply.has_value());
}

TEST_F(GatewayRpcTest, OutputIsBoundedAndAlwaysText) {
  shell_.started();
  for (int i = 0; i < 100; ++i)
    shell_.output(std::string(10'000, 'x'), "");
  EXPECT_LE(shell_.status("/").dump().size(), 40'000U);
  EXPECT_NO_THROW(static_cast<void>(command_reply(0, "\xff\xfe", "").dump()));
  std::string long_text = "a";
  for (int i = 0; i < 20'000; ++i)
    long_text += "ü";
  EXPECT_NO_THROW(static_cast<void>(command_reply(0, long_text, "").dump()));
  EXPECT_EQ(command_reply(3, "", "")["error"], "ended with 3");
}

TEST_F(GatewayRpcTest, AnAnswerHasTheIdOfItsCallWhateverThatIs) {
  EXPECT_EQ(reply_line({{"event", "rpc"}, {"data", {{"id", 0}, {"method", "m"}}}}, {{"a", 1}}),
            R"({"event":"rpc-reply","id":0,"data":{"a":1}})");
  EXPECT_EQ(reply_line({{"event", "rpc"}}, 1), R"({"event":"rpc-reply","id":null,"data":1})");
}

}  // namespace
}  // namespace tbgw::run
