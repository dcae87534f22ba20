// SPDX-License-Identifier: Apache-2.0
// The events that go up, and devices as the platform must see them.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tb_testing.hpp"

namespace tbgw::tb {
namespace {

using Texts = std::vector<std::string>;

TEST(Announcing, ADeviceIsConnectedWithItsTypeBeforeItsFirstData) {
  Bench bench;
  bench.lines(
      {R"({"deviceName":"A","deviceType":"pump","telemetry":[{"ts":1,"values":{"n":1}}]})"});
  EXPECT_EQ(bench.published(),
            (Texts{R"(v1/gateway/connect {"device":"A","type":"pump"})",
                   R"(v1/gateway/telemetry {"A":[{"ts":1,"values":{"n":1}}]})"}));
  bench.lines({reading("A", 2)});
  EXPECT_EQ(bench.published(),
            Texts{R"(v1/gateway/telemetry {"A":[{"ts":1002,"values":{"n":2}}]})"});
}

TEST(Announcing, EveryReconnectAnnouncesSilentDevicesToo) {
  Bench bench;
  bench.lines({reading("A", 1), reading("B", 2)});
  bench.acknowledge(bench.publish());
  bench.lose_connection();
  bench.uplink.connection_up(0, 0);
  EXPECT_EQ(bench.published(), (Texts{R"(v1/gateway/connect {"device":"A","type":"default"})",
                                      R"(v1/gateway/connect {"device":"B","type":"default"})"}));
}

TEST(Announcing, SilentDevicesDoNotWaitForABacklogToEnd) {
  UplinkOptions options;
  options.merge = false;
  options.window.messages = 4;
  Bench bench(options);
  bench.lines({reading("Silent", 1)});
  bench.acknowledge(bench.publish());
  bench.lose_connection();
  bench.uplink.connection_up(0, 0);
  for (int i = 0; i < 100; ++i)
    bench.line(reading("A", i));
  const auto first = bench.published();
  EXPECT_EQ(first[0], R"(v1/gateway/connect {"device":"A","type":"default"})");
  EXPECT_EQ(first[2], R"(v1/gateway/connect {"device":"Silent","type":"default"})");
}

TEST(Announcing, ConnectEventComesBeforeTheDataBehindIt) {
  Bench bench;
  bench.lines({R"({"event":"connect","device":"A","deviceType":"pump"})", reading("A", 1)});
  const auto messages = bench.publish();
  EXPECT_EQ(bench.texts(messages),
            (Texts{R"(v1/gateway/connect {"device":"A","type":"pump"})",
                   R"(v1/gateway/telemetry {"A":[{"ts":1001,"values":{"n":1}}]})"}));
  bench.acknowledge(messages);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
}

TEST(Announcing, DisconnectComesAfterTheReadingsBeforeIt) {
  Bench bench;
  bench.lines({reading("A", 1), R"({"event":"disconnect","device":"A","reason":"unplugged"})"});
  EXPECT_EQ(bench.published(),
            (Texts{R"(v1/gateway/connect {"device":"A","type":"default"})",
                   R"(v1/gateway/telemetry {"A":[{"ts":1001,"values":{"n":1}}]})",
                   R"(v1/gateway/disconnect {"device":"A"})"}));
}

TEST(Announcing, ADisconnectedDeviceIsNotAnnouncedAgainUntilItSpeaks) {
  Bench bench;
  bench.lines({reading("A", 1), R"({"event":"disconnect","device":"A"})"});
  bench.acknowledge(bench.publish());
  bench.lose_connection();
  bench.uplink.connection_up(0, 0);
  EXPECT_EQ(bench.published(), Texts{});
  bench.lines({reading("A", 2)});
  EXPECT_EQ(bench.published(),
            (Texts{R"(v1/gateway/connect {"device":"A","type":"default"})",
                   R"(v1/gateway/telemetry {"A":[{"ts":1002,"values":{"n":2}}]})"}));
}

TEST(Announcing, AnUnacknowledgedDisconnectGoesAgainWithoutConnectingTheDevice) {
  Bench bench;
  bench.lines({R"({"event":"disconnect","device":"A"})"});
  bench.publish();
  bench.lose_connection();
  bench.uplink.connection_up(0, 0);
  EXPECT_EQ(bench.published(), Texts{R"(v1/gateway/disconnect {"device":"A"})"});
}

TEST(Announcing, EventsWithoutADeviceAreIgnoredAndCounted) {
  Bench bench;
  bench.lines({R"({"event":"connect","port":"/dev/ttyS0"})", R"({"event":"disconnect"})",
               R"({"event":"platform-up"})", R"({"event":"of a later version"})",
               R"({"spool":1,"run":"x","ack":"/x"})"});
  EXPECT_EQ(bench.published(), Texts{});
  EXPECT_EQ(bench.problems(), Texts{});
  EXPECT_EQ(bench.uplink.counts().ignored, 5U);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
}

TEST(Announcing, ARefusedDeviceIsAFault) {
  Bench bench;
  bench.lines({reading("A", 1)});
  const auto messages = bench.publish();
  bench.uplink.refused(messages[0].id, "quota");
  EXPECT_EQ(bench.uplink.take_faults(), Texts{"the platform refused the device 'A': quota"});
  EXPECT_EQ(bench.problems(), Texts{});
}

TEST(SharedKeys, AreAskedForAfterEveryConnect) {
  Bench bench;
  bench.lines({R"({"event":"connect","device":"A","sharedKeys":["mode","set \"p\""]})"});
  EXPECT_EQ(
      bench.published(),
      (Texts{
          R"(v1/gateway/connect {"device":"A","type":"default"})",
          R"(v1/gateway/attributes/request {"id":1,"device":"A","client":false,"keys":["mode","set \"p\""]})"}));
  bench.lose_connection();
  bench.uplink.connection_up(0, 0);
  const auto again = bench.published();
  EXPECT_EQ(again.back().rfind("v1/gateway/attributes/request", 0), 0U);
}

TEST(SharedKeys, OnlyWhatTheDeviceWasNotToldBecomesAnEvent) {
  Bench bench;
  bench.lines({R"({"event":"connect","device":"A","sharedKeys":["mode","p"]})"});
  bench.publish();
  EXPECT_EQ(bench.receive("v1/gateway/attributes/response",
                          R"({"id":1,"device":"A","values":{"mode":1,"p":2}})"),
            Texts{R"({"event":"attributes","device":"A","data":{"mode":1,"p":2}})"});
  EXPECT_EQ(bench.receive("v1/gateway/attributes", R"({"device":"A","data":{"p":3}})"),
            Texts{R"({"event":"attributes","device":"A","data":{"p":3}})"});
  bench.lose_connection();
  bench.uplink.connection_up(0, 0);
  bench.publish();
  EXPECT_EQ(bench.receive("v1/gateway/attributes/response",
                          R"({"id":2,"device":"A","values":{"mode":5,"p":3}})"),
            Texts{R"({"event":"attributes","device":"A","data":{"mode":5}})"});
  bench.lose_connection();
  bench.uplink.connection_up(0, 0);
  bench.publish();
  EXPECT_EQ(
      bench.receive("v1/gateway/attributes/response", R"({"id":3,"device":"A","values":{"p":3}})"),
      Texts{R"({"event":"attributes","device":"A","deleted":["mode"]})"});
}

TEST(AttributesRequest, IsAskedAheadOfTheBacklogAndAnswered) {
  Bench bench;
  bench.lines(
      {reading("A", 1),
       R"({"event":"attributes-request","device":"A","id":"q7","scope":"client","keys":["x"]})"});
  const auto messages = bench.published();
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0], R"(v1/gateway/connect {"device":"A","type":"default"})");
  EXPECT_EQ(messages[1],
            R"(v1/gateway/attributes/request {"id":1,"device":"A","client":true,"keys":["x"]})");
  EXPECT_EQ(bench.receive("v1/gateway/attributes/response", R"({"id":1,"device":"A","value":"v"})"),
            Texts{R"({"event":"attributes-response","device":"A","id":"q7","data":{"x":"v"}})"});
  EXPECT_EQ(bench.receive("v1/gateway/attributes/response", R"({"id":1,"device":"A","value":"v"})"),
            Texts{"error: an answer to no question of ours"});
}

TEST(AttributesRequest, OfTheGatewayItselfUsesItsOwnTopics) {
  Bench bench;
  bench.lines({R"({"event":"attributes-request","id":3,"scope":"shared","keys":["a","b"]})"});
  EXPECT_EQ(bench.published(), Texts{R"(v1/devices/me/attributes/request/1 {"sharedKeys":"a,b"})"});
  EXPECT_EQ(bench.receive("v1/devices/me/attributes/response/1", R"({"shared":{"a":1}})"),
            Texts{R"({"event":"attributes-response","id":3,"data":{"a":1}})"});
}

TEST(AttributesRequest, WithoutAnAnswerInTimeIsAnError) {
  Bench bench;
  bench.lines(
      {R"({"event":"attributes-request","device":"A","id":3,"scope":"shared","keys":["a"]})"});
  bench.publish();
  bench.now += AttributeRequests::kPatience;
  bench.downlink.tick(bench.now);
  EXPECT_EQ(bench.downlink.take_events(),
            Texts{R"({"event":"attributes-response","device":"A","id":3,"error":"timeout"})"});
}

TEST(AttributesRequest, WhatCannotBeAskedHasAReason) {
  Bench bench;
  bench.lines(
      {R"({"event":"attributes-request","device":"A","id":3,"scope":"server","keys":["a"]})",
       R"({"event":"attributes-request","device":"A","id":3,"scope":"shared","keys":[]})",
       R"({"event":"attributes-request","device":"A","id":3,"scope":"shared","keys":[1]})"});
  EXPECT_EQ(bench.problems(), (Texts{"1: attributes-request: scope must be client or shared",
                                     "2: attributes-request: keys must name at least one attribute",
                                     "3: attributes-request: keys must be a list of texts"}));
}

TEST(RpcReply, OvertakesTheBacklogAndIgnoresTheWindow) {
  UplinkOptions options;
  options.merge = false;
  options.window.messages = 3;
  Bench bench(options);
  for (int i = 0; i < 20; ++i)
    bench.line(reading("A", i));
  bench.publish();
  bench.line(R"({"event":"rpc-reply","device":"A","id":0,"data":{"success":true}})");
  const auto reply = bench.publish();
  EXPECT_EQ(bench.texts(reply),
            Texts{R"(v1/gateway/rpc {"device":"A","id":0,"data":{"success":true}})"});
  EXPECT_EQ(bench.uplink.left(), 21U);
  bench.acknowledge(reply);
  EXPECT_EQ(bench.uplink.left(), 20U);
}

TEST(RpcReply, OfTheGatewayItselfIsItsDataAlone) {
  Bench bench;
  bench.lines({R"({"event":"rpc-reply","id":12,"data":"pong"})"});
  EXPECT_EQ(bench.published(), Texts{R"(v1/devices/me/rpc/response/12 "pong")"});
}

TEST(RpcReply, TooLateIsNoUse) {
  Bench bench;
  bench.lines({R"({"event":"rpc-reply","device":"A","id":1,"data":1})"});
  EXPECT_EQ(bench.uplink.next_tick(), bench.now + Uplink::kUrgentLife);
  bench.now += Uplink::kUrgentLife;
  bench.uplink.tick(bench.now);
  EXPECT_EQ(bench.uplink.counts().expired, 1U);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
  EXPECT_EQ(bench.published_data().size(), 0U);
}

TEST(RpcReply, TooLargeForAMessageIsAnsweredWithAnError) {
  UplinkOptions options;
  options.max_payload = 1024;
  Bench bench(options);
  bench.lines({R"({"event":"rpc-reply","id":1,"data":")" + std::string(2000, 'x') + "\"}"});
  EXPECT_EQ(bench.published(),
            Texts{R"(v1/devices/me/rpc/response/1 {"error":"the answer is too large"})"});
  EXPECT_EQ(bench.problems(),
            Texts{"1: rpc-reply: the answer of 2002 bytes is larger than a message may be"});
}

TEST(RpcReply, WithoutIdOrDataIsRejected) {
  Bench bench;
  bench.lines({R"({"event":"rpc-reply","device":"A","data":1})",
               R"({"event":"rpc-reply","device":"A","id":1.5,"data":1})",
               R"({"event":"rpc-reply","device":"A","id":1})"});
  EXPECT_EQ(bench.problems(),
            (Texts{"1: rpc-reply: id must be an integer", "2: rpc-reply: id must be an integer",
                   "3: rpc-reply: data is missing"}));
}

TEST(Claim, NamesTheDeviceOrTheGateway) {
  Bench bench;
  bench.lines({R"({"event":"claim","device":"A","secretKey":"s","durationMs":60000})",
               R"({"event":"claim"})"});
  const auto data = bench.published_data();
  EXPECT_EQ(bench.texts(data),
            (Texts{R"(v1/gateway/claim {"A":{"secretKey":"s","durationMs":60000}})",
                   R"(v1/devices/me/claim {})"}));
}

TEST(Told, FaultsAndStatsAreForAPerson) {
  Bench bench;
  bench.lines(
      {R"({"event":"fault","tool":"tbgw-serial","text":"the cable is out","port":"/dev/ttyS0"})",
       R"({"event":"stats","tool":"tbgw-serial","counters":{"in":5}})"});
  EXPECT_EQ(bench.uplink.take_heard(), (Texts{"tbgw-serial: the cable is out (port /dev/ttyS0)",
                                              R"(tbgw-serial: counters {"in":5})"}));
  EXPECT_EQ(bench.uplink.take_faults(), Texts{});
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
}

TEST(WrongLines, SayWhereTheyBelong) {
  Bench bench;
  bench.lines({R"({"ts":1,"source":"serial","data":"48"})", R"({"device":"A","send":"x"})",
               R"({"device":"A","rpc":{"id":1},"sent":true})", "", "nonsense", "[]"});
  EXPECT_EQ(bench.problems(),
            (Texts{"1: is a raw record, not a reading: put tbgw-convert before tbgw-push",
                   "2: is a command or the answer to one: those are for tbgw-convert",
                   "3: is a command or the answer to one: those are for tbgw-convert",
                   "4: an empty line", "5: not a JSON object", "6: not a JSON object"}));
  EXPECT_EQ(bench.uplink.counts().rejected, 6U);
  EXPECT_EQ(bench.uplink.ledger().undone(), 0U);
}

}  // namespace
}  // namespace tbgw::tb
