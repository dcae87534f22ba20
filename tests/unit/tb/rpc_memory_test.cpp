// SPDX-License-Identifier: Apache-2.0
#include "tb/rpc_memory.hpp"

#include <gtest/gtest.h>

#include <string>

#include "tb_testing.hpp"

namespace tbgw::tb {
namespace {

using std::chrono::seconds;
using Texts = std::vector<std::string>;

constexpr const char* kCall = R"({"device":"A","data":{"id":0,"method":"m","params":{}}})";
constexpr const char* kTimeout =
    R"(v1/gateway/rpc {"device":"A","id":0,"data":{"error":"timeout"}})";

TEST(RpcTimeout, WhatNobodyAnswersIsAnsweredWithAnErrorAndTakenBack) {
  Bench bench;
  bench.know("A");
  const std::string event = bench.receive("v1/gateway/rpc", kCall).at(0);
  bench.now += seconds{10} - std::chrono::milliseconds{1};
  bench.downlink.tick(bench.now);
  EXPECT_EQ(bench.published(), Texts{});
  EXPECT_GT(bench.gateway.rpcs.first_expiry(), bench.now);
  bench.now += std::chrono::milliseconds{1};
  EXPECT_EQ(bench.gateway.rpcs.first_expiry(), bench.now);
  bench.downlink.tick(bench.now);
  EXPECT_EQ(bench.published(), Texts{kTimeout});
  const Texts withdrawn = bench.downlink.take_withdrawn();
  ASSERT_EQ(withdrawn.size(), 1U);
  EXPECT_EQ(event.substr(0, withdrawn[0].size()), withdrawn[0]);
  EXPECT_EQ(bench.downlink.counts().timeouts, 1U);
}

TEST(RpcTimeout, AnAnswerThatStillComesIsNone) {
  Bench bench;
  bench.know("A");
  bench.receive("v1/gateway/rpc", kCall);
  bench.now += seconds{10};
  bench.downlink.tick(bench.now);
  bench.acknowledge(bench.publish());
  bench.lines({R"({"event":"rpc-reply","device":"A","id":0,"data":1})"});
  EXPECT_EQ(bench.published(), Texts{});
  EXPECT_EQ(bench.uplink.counts().expired, 1U);
  EXPECT_EQ(bench.uplink.left(), 0U);
  // The platform asks once more: it gets what it got.
  EXPECT_EQ(bench.receive("v1/gateway/rpc", kCall), Texts{});
  EXPECT_EQ(bench.published(), Texts{kTimeout});
  EXPECT_EQ(bench.problems(), Texts{});
}

TEST(RpcTimeout, WhatWasAnsweredInTimeDoesNotExpireNorWhatHasItsIdSince) {
  Bench bench;
  bench.know("A");
  bench.receive("v1/gateway/rpc", kCall);
  bench.lines({R"({"event":"rpc-reply","device":"A","id":0,"data":1})"});
  bench.acknowledge(bench.publish());
  bench.now += seconds{9};
  // The server was started anew: another call with the same id.
  bench.receive("v1/gateway/rpc", R"({"device":"A","data":{"id":0,"method":"other"}})");
  bench.now += seconds{9};
  bench.downlink.tick(bench.now);
  EXPECT_EQ(bench.published(), Texts{});
  bench.now += seconds{1};
  bench.downlink.tick(bench.now);
  EXPECT_EQ(bench.published(), Texts{kTimeout});
}

TEST(RpcTimeout, SoManyMayWaitAndEachIsAnsweredOnce) {
  RpcMemory memory;
  std::string answer;
  const auto note = [&](std::int64_t id, Time now) {
    return memory.note("A", id, "", now, answer);
  };
  const Time start{std::chrono::hours{1}};
  const auto most = static_cast<std::int64_t>(RpcMemory::kMost);
  for (std::int64_t id = 0; id < most; ++id)
    ASSERT_EQ(note(id, start), RpcMemory::Seen::never);
  EXPECT_EQ(note(most, start), RpcMemory::Seen::too_many);
  EXPECT_TRUE(memory.answered("A", 7, "1"));
  EXPECT_EQ(note(most, start), RpcMemory::Seen::never);
  EXPECT_EQ(note(most + 1, start), RpcMemory::Seen::too_many);
  EXPECT_EQ(memory.take_expired(start + seconds{10}, "late").size(), RpcMemory::kMost);
  EXPECT_EQ(memory.take_expired(start + seconds{10}, "late").size(), 0U);
  EXPECT_FALSE(memory.answered("A", 8, "2"));
}

TEST(RpcTimeout, TheOneThatWaitsIsNotForgottenAmongVeryMany) {
  RpcMemory memory{seconds{300}};
  std::string answer;
  Time now{std::chrono::hours{1}};
  const Time start = now;
  memory.note("slow", 0, "", now, answer);
  for (std::int64_t id = 0; id < 20'000; ++id) {
    now += std::chrono::milliseconds{5};
    ASSERT_EQ(memory.note("quick", id, "", now, answer), RpcMemory::Seen::never);
    memory.answered("quick", id, "1");
  }
  EXPECT_EQ(memory.note("quick", 19'999, "", now, answer), RpcMemory::Seen::answered);
  EXPECT_EQ(memory.note("slow", 0, "", now, answer), RpcMemory::Seen::open);
  const auto expired = memory.take_expired(start + seconds{300}, "late");
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].device, "slow");
}

}  // namespace
}  // namespace tbgw::tb
