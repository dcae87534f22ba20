// SPDX-License-Identifier: Apache-2.0
#include "tb/downlink.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tb_testing.hpp"

namespace tbgw::tb {
namespace {

using Texts = std::vector<std::string>;

TEST(Downlink, AttributeUpdatesAndDeletions) {
  Bench bench;
  EXPECT_EQ(bench.receive("v1/gateway/attributes", R"({"device":"A","data":{"p": 21.50}})"),
            Texts{R"({"event":"attributes","device":"A","data":{"p":21.50}})"});
  EXPECT_EQ(bench.receive("v1/gateway/attributes", R"({"device":"A","data":{"deleted":["p"]}})"),
            Texts{R"({"event":"attributes","device":"A","deleted":["p"]})"});
  EXPECT_EQ(bench.receive("v1/devices/me/attributes", "{\n  \"a\": \"x y\"\n}"),
            Texts{R"({"event":"attributes","data":{"a":"x y"}})"});
  EXPECT_EQ(bench.receive("v1/devices/me/attributes", R"({"deleted":["a","b"]})"),
            Texts{R"({"event":"attributes","deleted":["a","b"]})"});
}

TEST(Downlink, AnAttributeCalledDeletedIsNoDeletion) {
  Bench bench;
  for (const char* const data :
       {R"({"deleted":true})", R"({"deleted":["a"],"b":1})", R"({"deleted":[1]})"}) {
    EXPECT_EQ(bench.receive("v1/devices/me/attributes", data),
              Texts{R"({"event":"attributes","data":)" + std::string{data} + "}"});
  }
}

TEST(Downlink, RpcKeepsIdZeroAndEveryKindOfParams) {
  Bench bench;
  for (const char* const device : {"A", "B"})
    bench.know(device);
  EXPECT_EQ(
      bench.receive("v1/gateway/rpc",
                    R"({"device":"A","data":{"id":0,"method":"set","params":{"rpm":900}}})"),
      Texts{R"({"event":"rpc","device":"A","data":{"id":0,"method":"set","params":{"rpm":900}}})"});
  EXPECT_EQ(bench.receive("v1/gateway/rpc",
                          R"({"device":"B","data":{"id":0,"method":"get","params":null}})"),
            Texts{R"({"event":"rpc","device":"B","data":{"id":0,"method":"get","params":null}})"});
  EXPECT_EQ(bench.receive("v1/devices/me/rpc/request/7", R"({"method":"m","params":"{\"a\":1}"})"),
            Texts{R"({"event":"rpc","data":{"id":7,"method":"m","params":"{\"a\":1}"}})"});
  EXPECT_EQ(bench.receive("v1/devices/me/rpc/request/8", R"({"method":"m"})"),
            Texts{R"({"event":"rpc","data":{"id":8,"method":"m","params":null}})"});
}

TEST(Downlink, ARepeatedRpcIsNotDoneTwice) {
  Bench bench;
  for (const char* const device : {"A", "B"})
    bench.know(device);
  const std::string rpc = R"({"device":"A","data":{"id":3,"method":"open","params":{}}})";
  EXPECT_EQ(bench.receive("v1/gateway/rpc", rpc).size(), 1U);
  EXPECT_EQ(bench.receive("v1/gateway/rpc", rpc), Texts{});
  EXPECT_EQ(bench.published_data().size(), 0U);  // the answer will come
  bench.lines({R"({"event":"rpc-reply","device":"A","id":3,"data":{"ok":1}})"});
  bench.acknowledge(bench.publish());
  bench.lose_connection();
  EXPECT_EQ(bench.receive("v1/gateway/rpc", rpc), Texts{});
  EXPECT_EQ(bench.texts(bench.published_data()),
            Texts{R"(v1/gateway/rpc {"device":"A","id":3,"data":{"ok":1}})"});
  EXPECT_EQ(bench.downlink.counts().repeats, 2U);
}

TEST(Downlink, AnEqualIdAloneIsNoRepeat) {
  Bench bench;
  for (const char* const device : {"A", "B"})
    bench.know(device);
  EXPECT_EQ(bench
                .receive("v1/gateway/rpc",
                         R"({"device":"A","data":{"id":3,"method":"open","params":{}}})")
                .size(),
            1U);
  EXPECT_EQ(bench
                .receive("v1/gateway/rpc",
                         R"({"device":"A","data":{"id":3,"method":"close","params":{}}})")
                .size(),
            1U);
  EXPECT_EQ(bench
                .receive("v1/gateway/rpc",
                         R"({"device":"B","data":{"id":3,"method":"open","params":{}}})")
                .size(),
            1U);
  bench.now += RpcMemory::kSpan;
  EXPECT_EQ(bench
                .receive("v1/gateway/rpc",
                         R"({"device":"B","data":{"id":3,"method":"open","params":{}}})")
                .size(),
            1U);
}

TEST(Downlink, NoticesOfThePlatformBecomeEventsAndAreAnswered) {
  Bench bench;
  EXPECT_EQ(bench.receive("v1/devices/me/rpc/request/1",
                          R"({"method":"gateway_device_renamed","params":{"Old":"New"}})"),
            Texts{R"({"event":"device-renamed","device":"Old","from":"Old","to":"New"})"});
  EXPECT_EQ(bench.receive("v1/devices/me/rpc/request/2",
                          R"({"method":"gateway_device_deleted","params":"A"})"),
            Texts{R"({"event":"device-deleted","device":"A"})"});
  EXPECT_EQ(bench.published(), (Texts{R"(v1/devices/me/rpc/response/1 {"success":true})",
                                      R"(v1/devices/me/rpc/response/2 {"success":true})"}));
}

TEST(Downlink, ADeletedDeviceIsNotBroughtBackByAReconnect) {
  Bench bench;
  bench.lines({reading("A", 1)});
  bench.acknowledge(bench.publish());
  bench.receive("v1/devices/me/rpc/request/2",
                R"({"method":"gateway_device_deleted","params":"A"})");
  bench.acknowledge(bench.publish());
  bench.lose_connection();
  bench.uplink.connection_up(0, 0);
  EXPECT_EQ(bench.published(), Texts{});
}

TEST(Downlink, ASlowReaderGetsBusyRepliesAndTheLastValues) {
  Bench bench;
  for (const char* const device : {"A", "B"})
    bench.know(device);
  EXPECT_EQ(bench.receive("v1/gateway/rpc",
                          R"({"device":"A","data":{"id":1,"method":"m","params":{}}})", false),
            Texts{});
  EXPECT_EQ(bench.texts(bench.published_data()),
            Texts{R"(v1/gateway/rpc {"device":"A","id":1,"data":{"error":"busy"}})"});
  bench.receive("v1/gateway/attributes", R"({"device":"A","data":{"p":1,"q":1}})", false);
  bench.receive("v1/gateway/attributes", R"({"device":"A","data":{"p":2}})", false);
  bench.receive("v1/gateway/attributes", R"({"device":"A","data":{"deleted":["q"]}})", false);
  // What comes later must not be printed before what was kept.
  EXPECT_EQ(bench.receive("v1/gateway/attributes", R"({"device":"A","data":{"r":3}})", true),
            Texts{});
  ASSERT_TRUE(bench.downlink.has_kept());
  bench.downlink.release();
  EXPECT_EQ(bench.downlink.take_events(),
            (Texts{R"({"event":"attributes","device":"A","data":{"p":2,"r":3}})",
                   R"({"event":"attributes","device":"A","deleted":["q"]})"}));
  EXPECT_FALSE(bench.downlink.has_kept());
  EXPECT_EQ(bench.downlink.counts().merged, 2U);
}

TEST(Downlink, EchoesOfOurOwnMessagesAreNoCommands) {
  Bench bench;
  EXPECT_EQ(bench.receive("v1/gateway/rpc", R"({"device":"A","id":1,"data":{"ok":1}})"), Texts{});
  EXPECT_EQ(bench.receive("v1/gateway/attributes", R"({"A":{"SN":"7"}})"), Texts{});
  EXPECT_EQ(bench.receive("v1/gateway/attributes", R"({"device":{"SN":"7"}})"), Texts{});
  EXPECT_EQ(bench.receive("v1/devices/me/rpc/response/3", R"("pong")"), Texts{});
  bench.downlink.note_own("v1/devices/me/attributes", R"({"v":1})", bench.now);
  EXPECT_EQ(bench.receive("v1/devices/me/attributes", R"({"v":1})"), Texts{});
  // The same once more, and the same much later, come from the platform.
  EXPECT_EQ(bench.receive("v1/devices/me/attributes", R"({"v":1})").size(), 1U);
  bench.downlink.note_own("v1/devices/me/attributes", R"({"v":2})", bench.now);
  bench.now += std::chrono::seconds{11};
  EXPECT_EQ(bench.receive("v1/devices/me/attributes", R"({"v":2})").size(), 1U);
}

TEST(Downlink, WhatMakesNoSenseIsSaidAndCostsNothing) {
  Bench bench;
  EXPECT_EQ(bench.receive("v1/gateway/rpc", "nonsense"), Texts{"error: not a JSON object"});
  EXPECT_EQ(bench.receive("v1/gateway/rpc", R"({"device":"A"})"),
            Texts{"error: an RPC without device or data"});
  EXPECT_EQ(bench.receive("v1/gateway/rpc", R"({"device":"A","data":{"method":"m"}})"),
            Texts{"error: an RPC without id or method"});
  EXPECT_EQ(bench.receive("v1/gateway/rpc", R"({"device":"A","data":{"id":"x","method":"m"}})"),
            Texts{"error: id must be an integer"});
  EXPECT_EQ(bench.receive("v1/devices/me/rpc/request/x", R"({"method":"m"})"),
            Texts{"error: id must be an integer"});
  EXPECT_EQ(bench.receive("v1/other", "{}"), Texts{"error: nobody subscribed to this topic"});
  EXPECT_EQ(bench.receive("v1/gateway/rpc", std::string(100'000, '[')).size(), 1U);
}

TEST(Downlink, AnRpcTooLargeForARecordIsAnsweredNotPrinted) {
  Bench bench;
  EXPECT_EQ(bench.receive("v1/devices/me/rpc/request/1",
                          R"({"method":"m","params":")" + std::string(300'000, 'x') + "\"}"),
            Texts{});
  EXPECT_EQ(bench.published(),
            Texts{R"(v1/devices/me/rpc/response/1 {"error":"the request is too large"})"});
}

TEST(Downlink, ARenamedDeviceIsSpokenOfByBothItsNames) {
  Bench bench;
  bench.lines({reading("A", 1)});
  const auto on_their_way = bench.publish();
  bench.lines({reading("A", 2)});
  EXPECT_EQ(bench.receive("v1/devices/me/rpc/request/1",
                          R"({"method":"gateway_device_renamed","params":{"A":"Pump"}})"),
            Texts{R"({"event":"device-renamed","device":"A","from":"A","to":"Pump"})"});
  EXPECT_EQ(bench.published_data().back().payload, R"({"Pump":[{"ts":1002,"values":{"n":2}}]})");
  for (const char* const name : {"A", "Pump"}) {
    EXPECT_EQ(bench.receive("v1/gateway/attributes",
                            R"({"device":")" + std::string{name} + R"(","data":{"x":1}})"),
              Texts{R"({"event":"attributes","device":"A","data":{"x":1}})"});
  }
  // What was on its way must not bring the old name back on the next connection.
  bench.lose_connection();
  for (const Published& message : bench.publish())
    EXPECT_EQ(message.payload.find("\"A\""), std::string::npos) << message.payload;
  EXPECT_EQ(bench.gateway.store.state().platform_name("A"), "Pump");
}

TEST(Downlink, AnRpcForADeviceThatNobodyNamedIsAnsweredWithAnError) {
  Bench bench;
  EXPECT_EQ(bench.receive("v1/gateway/rpc", R"({"device":"X","data":{"id":0,"method":"m"}})"),
            Texts{});
  EXPECT_EQ(bench.texts(bench.published_data()),
            Texts{R"(v1/gateway/rpc {"device":"X","id":0,"data":{"error":"unknown device"}})"});
}

}  // namespace
}  // namespace tbgw::tb
