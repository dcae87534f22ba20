// SPDX-License-Identifier: Apache-2.0
// A platform that ends the connection and does not say over what: the culprit is found, nobody else
// pays for it.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tb_testing.hpp"

namespace tbgw::tb {
namespace {

using Texts = std::vector<std::string>;
using std::chrono::seconds;

/// A platform that ends the connection at each message `is_poison` says so of, and acknowledges all
/// before it.
struct Hostile : Bench {
  using Bench::Bench;

  /// One connection, until it is ended or there is nothing more to send. True: it was ended.
  bool connect() {
    ++connections;
    uplink.connection_up(0, 0);
    const Time begin = now;
    while (now - begin < seconds{120}) {
      const auto messages = publish();
      if (messages.size() > most_at_once) most_at_once = messages.size();
      for (const Published& message : messages) {
        if (is_poison(message)) {
          uplink.connection_lost(true, "closed");
          return true;
        }
        arrived.push_back(message.payload);
        uplink.acknowledged(message.id);
      }
      if (!messages.empty()) continue;
      if (uplink.left() == 0) return false;
      now = std::max(now + std::chrono::milliseconds{1}, uplink.next_tick());
      uplink.tick(now);
    }
    return false;
  }
  void run(int most_connections = 30) {
    while (connections < most_connections && connect())
      now += seconds{1};
  }

  std::function<bool(const Published&)> is_poison = [](const Published& message) {
    return message.payload.find("poison") != std::string::npos;
  };
  int connections = 0;
  std::size_t most_at_once = 0;
  Texts arrived;
};

UplinkOptions one_by_one() {
  UplinkOptions options;
  options.merge = false;
  return options;
}

std::string poison(const std::string& device) {
  return R"({"deviceName":")" + device + R"(","telemetry":[{"ts":1,"values":{"poison":1}}]})";
}

std::size_t count(const Texts& texts, const std::string& part) {
  std::size_t found = 0;
  for (const std::string& text : texts)
    found += text.find(part) != std::string::npos ? 1U : 0U;
  return found;
}

TEST(Suspects, TheCulpritAmongManyIsGivenUpAndAllOthersArrive) {
  Hostile bench(one_by_one());
  const Time begin = bench.now;
  for (int i = 1; i <= 50; ++i)
    bench.line(i == 20 ? poison("A") : reading(i % 2 == 0 ? "A" : "B", i));
  bench.run();
  EXPECT_EQ(bench.problems(),
            Texts{"20: the platform ends the connection whenever it gets this: closed"});
  EXPECT_EQ(bench.uplink.left(), 0U);
  for (int i = 1; i <= 50; ++i) {
    const std::size_t times = count(bench.arrived, "\"n\":" + std::to_string(i) + "}");
    EXPECT_EQ(times >= 1, i != 20) << i;
  }
  EXPECT_LE(bench.now - begin, seconds{60});
}

TEST(Suspects, OfAMessageWithManyRecordsOnlyTheCulpritIsGivenUp) {
  Hostile bench;
  Texts lines;
  for (int i = 1; i <= 300; ++i)
    lines.push_back(i == 150 ? poison("A") : reading("A", i));
  bench.lines(lines);
  const Time begin = bench.now;
  bench.run();
  EXPECT_EQ(bench.problems(),
            Texts{"150: the platform ends the connection whenever it gets this: closed"});
  EXPECT_EQ(bench.uplink.left(), 0U);
  EXPECT_GE(count(bench.arrived, "\"n\":300}"), 1U);
  EXPECT_LE(bench.now - begin, seconds{60});
  EXPECT_LE(bench.connections, 16);  // two to suspect it, nine to halve it, three trials
}

TEST(Suspects, TheOrderOfADeviceIsKept) {
  Hostile bench;
  bench.lines({R"({"deviceName":"A","attributes":{"mode":1}})", poison("A"),
               R"({"deviceName":"A","attributes":{"mode":2}})"});
  bench.run();
  EXPECT_EQ(bench.uplink.left(), 0U);
  ASSERT_FALSE(bench.arrived.empty());
  EXPECT_EQ(bench.arrived.back(), R"({"A":{"mode":2}})");
}

TEST(Suspects, SeveralCulpritsAreFoundOneAfterTheOther) {
  Hostile bench(one_by_one());
  bench.lines({reading("A", 1), poison("A"), reading("B", 2), poison("C"), reading("C", 3)});
  bench.run();
  EXPECT_EQ(bench.problems().size(), 2U);
  EXPECT_EQ(bench.uplink.left(), 0U);
  EXPECT_GE(count(bench.arrived, "\"n\":3}"), 1U);
}

TEST(Suspects, AServerThatIsStartedAnewBlamesNobodyAndSlowsNothing) {
  Hostile bench(one_by_one());
  for (int i = 0; i < 40; ++i)
    bench.line(reading("A", i));
  bench.publish();
  bench.uplink.connection_lost(true, "closed");
  EXPECT_FALSE(bench.uplink.has_suspects());
  EXPECT_GT(bench.publish().size(), 30U);
}

TEST(Suspects, GoInHalvesAndTheOthersBehindThemAtFullSpeed) {
  Bench bench(one_by_one());
  for (int i = 0; i < 5; ++i)
    bench.line(reading("A", i));
  for (int round = 0; round < 2; ++round) {
    bench.publish();
    bench.uplink.connection_lost(true, "closed");
  }
  EXPECT_TRUE(bench.uplink.has_suspects());
  for (int i = 5; i < 20; ++i)
    bench.line(reading("A", i));
  const auto first = bench.publish();
  EXPECT_EQ(first.size(), 3U);            // the device is announced, and the first half goes
  EXPECT_EQ(bench.publish().size(), 0U);  // not before that is acknowledged
  bench.acknowledge(first);
  for (const std::size_t size : {1U, 1U, 1U}) {
    const auto some = bench.publish();
    ASSERT_EQ(some.size(), size);
    bench.acknowledge(some);
  }
  EXPECT_FALSE(bench.uplink.has_suspects());
  EXPECT_EQ(bench.publish().size(), 15U);
}

TEST(Suspects, ALossThatHasToDoWithTheNetworkBlamesNobody) {
  Bench bench(one_by_one());
  bench.lines({reading("A", 1)});
  for (int round = 0; round < 20; ++round) {
    bench.publish();
    bench.uplink.connection_lost(false, "no route to host");
  }
  EXPECT_FALSE(bench.uplink.has_suspects());
  EXPECT_EQ(bench.problems(), Texts{});
  EXPECT_EQ(bench.uplink.left(), 1U);
}

TEST(Suspects, ALossWhileNothingIsOnItsWayBlamesNobody) {
  Bench bench(one_by_one());
  bench.lines({reading("A", 1)});
  for (int round = 0; round < 20; ++round)
    bench.uplink.connection_lost(true, "closed");
  EXPECT_FALSE(bench.uplink.has_suspects());
}

TEST(Suspects, BeforeAVerdictComesSilence) {
  Bench bench(one_by_one());
  bench.lines({R"({"telemetry":{"a":1}})"});
  for (int round = 0; round < 3; ++round) {
    ASSERT_EQ(bench.publish().size(), 1U) << round;
    bench.uplink.connection_lost(true, "closed");
  }
  for (const seconds silence : {seconds{2}, seconds{10}}) {
    EXPECT_EQ(bench.problems(), Texts{});
    EXPECT_TRUE(bench.publish().empty());
    EXPECT_EQ(bench.uplink.next_tick(), bench.now + silence);
    bench.now += silence - std::chrono::milliseconds{1};
    EXPECT_TRUE(bench.publish().empty());
    bench.now += std::chrono::milliseconds{1};
    ASSERT_EQ(bench.publish().size(), 1U);
    bench.uplink.connection_lost(true, "closed");
  }
  EXPECT_EQ(bench.problems().size(), 1U);
  EXPECT_EQ(bench.uplink.next_tick(), Time::max());
}

TEST(Suspects, AnAnswerGoesOutInTheSilence) {
  Bench bench(one_by_one());
  bench.lines({R"({"telemetry":{"a":1}})"});
  for (int round = 0; round < 3; ++round) {
    bench.publish();
    bench.uplink.connection_lost(true, "closed");
  }
  EXPECT_TRUE(bench.publish().empty());
  bench.line(R"({"event":"rpc-reply","id":1,"data":1})");
  EXPECT_EQ(bench.published().size(), 1U);
}

TEST(Suspects, APlatformThatTakesNothingAtAllCostsFewRecords) {
  Hostile bench(one_by_one());
  bench.is_poison = [](const Published& message) {
    return message.topic.find("telemetry") != std::string::npos;
  };
  for (int i = 0; i < 50; ++i)
    bench.line(reading("A", i));
  const Time begin = bench.now;
  while (bench.now - begin < std::chrono::minutes{10}) {
    bench.connect();
    bench.now += seconds{1};
  }
  EXPECT_LE(bench.problems().size(), 14U);
}

TEST(Suspects, WhatMakesTheAnnouncementOfADeviceFailIsItsFirstMessage) {
  Hostile bench(one_by_one());
  bench.is_poison = [](const Published& message) {
    return message.topic == "v1/gateway/connect" &&
           message.payload.find("Evil") != std::string::npos;
  };
  bench.lines({reading("Evil", 1), reading("B", 2)});
  bench.run(12);
  EXPECT_EQ(bench.problems().size(), 1U);
  EXPECT_GE(count(bench.arrived, "\"n\":2}"), 1U);
}

/// Whatever is poison, and however the records share messages.
TEST(Suspects, ExactlyThePoisonIsDeadAndTheRestArrivesInOrder) {
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    UplinkOptions options;
    options.merge = random() % 4 != 0;
    options.max_payload = 1024 + random() % 4096;
    Hostile bench(options);
    bench.uplink.begin_receipts();
    const int records = 1 + static_cast<int>(random() % 200);
    const auto every = 2 + random() % 100;
    std::set<std::uint64_t> poisoned;
    Texts lines;
    for (int i = 1; i <= records; ++i) {
      const std::string device(1, static_cast<char>('A' + random() % 3));
      const bool bad = random() % every == 0;
      if (bad) poisoned.insert(static_cast<std::uint64_t>(i));
      const std::string line = bad ? poison(device) : reading(device, i);
      lines.push_back("{\"_n\":" + std::to_string(i) + "," + line.substr(1));
    }
    bench.lines(lines);
    bench.run(2000);
    ASSERT_EQ(bench.uplink.left(), 0U);
    std::set<std::uint64_t> dead;
    for (const Receipt& receipt : bench.uplink.take_receipts()) {
      if (!receipt.dead.empty()) dead.insert(receipt.number);
    }
    EXPECT_EQ(dead, poisoned);
    std::set<int> seen;
    std::map<char, int> last;
    for (const std::string& payload : bench.arrived) {
      for (std::size_t at = 0; (at = payload.find("\"n\":", at)) != std::string::npos; ++at) {
        const int number = std::stoi(payload.substr(at + 4));
        if (!seen.insert(number).second) continue;
        EXPECT_GT(number, last[payload[2]]);
        last[payload[2]] = number;
      }
    }
    EXPECT_EQ(seen.size() + poisoned.size(), lines.size());
  }
}

}  // namespace
}  // namespace tbgw::tb
