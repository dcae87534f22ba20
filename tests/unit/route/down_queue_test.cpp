// SPDX-License-Identifier: Apache-2.0
#include "route/down_queue.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tbgw::route {
namespace {

using std::chrono::seconds;

class DownQueueTest : public testing::Test {
 protected:
  bool attributes(const std::string& device, const std::string& data) {
    Sight sight;
    sight.kind = LineKind::event;
    sight.event = "attributes";
    sight.device = device;
    return queue_.push(R"({"event":"attributes","device":")" + device + R"(","data":)" + data + "}",
                       sight, now_);
  }
  bool rpc(const std::string& id, const std::string& text = "{\"rpc\":1}") {
    Sight sight;
    sight.kind = LineKind::event;
    sight.event = "rpc";
    sight.device = "D";
    sight.id = id;
    return queue_.push(text, sight, now_);
  }
  std::vector<std::string> drain() {
    std::vector<std::string> lines;
    while (!queue_.empty()) {
      lines.emplace_back(queue_.rest());
      queue_.sent(queue_.rest().size());
    }
    return lines;
  }

  DownQueue::Time now_{std::chrono::hours(1)};
  DownQueue queue_{210};
};

TEST_F(DownQueueTest, LinesKeepTheirOrder) {
  EXPECT_TRUE(rpc("1", "one"));
  EXPECT_TRUE(attributes("D", "{}"));
  EXPECT_TRUE(rpc("2", "two"));
  const auto lines = drain();
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines.front(), "one\n");
  EXPECT_EQ(lines.back(), "two\n");
  EXPECT_EQ(queue_.bytes(), 0U);
}

TEST_F(DownQueueTest, AFullQueueTakesNoRpcAndLosesNone) {
  EXPECT_TRUE(rpc("1", std::string(150, 'x')));
  EXPECT_FALSE(rpc("2", std::string(150, 'y')));
  EXPECT_EQ(drain().size(), 1U);
}

TEST_F(DownQueueTest, ALineLongerThanTheLimitGoesWhenNothingWaits) {
  EXPECT_TRUE(rpc("1", std::string(1000, 'x')));
  EXPECT_FALSE(rpc("2", "y"));
}

TEST_F(DownQueueTest, WhenFullAnObsoleteUpdateIsMergedBeforeAnyIsDropped) {
  EXPECT_TRUE(attributes("D", R"({"a":1})"));  // 51 bytes with its newline
  EXPECT_TRUE(attributes("E", R"({"a":1})"));
  EXPECT_TRUE(attributes("D", R"({"b":1})"));
  EXPECT_TRUE(attributes("F", R"({"a":1})"));
  EXPECT_TRUE(attributes("D", R"({"a":2})"));
  EXPECT_EQ(queue_.merged(), 1U);
  EXPECT_EQ(queue_.dropped(), 0U);
  EXPECT_TRUE(attributes("G", R"({"a":1})"));
  EXPECT_EQ(queue_.dropped(), 1U);
  const auto lines = drain();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_NE(lines[0].find(R"("D","data":{"b":1})"), std::string::npos);
  EXPECT_NE(lines[2].find(R"("D","data":{"a":2})"), std::string::npos);
}

TEST_F(DownQueueTest, AnUpdateThatSaysMoreIsNotObsolete) {
  EXPECT_TRUE(attributes("D", R"({"a":1,"b":1})"));
  EXPECT_TRUE(rpc("1", std::string(120, 'x')));
  EXPECT_TRUE(attributes("D", R"({"a":2})"));
  EXPECT_EQ(queue_.merged(), 0U);
  EXPECT_EQ(queue_.dropped(), 1U);
}

TEST_F(DownQueueTest, ARequestIsGivenUpWhenItsAskerHas) {
  rpc("1");
  now_ += seconds(5);
  rpc("2");
  EXPECT_EQ(queue_.next_expiry(), now_ + seconds(5));
  const auto calls = queue_.take_expired(now_ + seconds(5));
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].id, "1");
  EXPECT_EQ(calls[0].device, "D");
  EXPECT_EQ(queue_.lines(), 1U);
}

TEST_F(DownQueueTest, ARequestThatIsHalfWrittenIsNotTakenBack) {
  rpc("1", "{\"long\":1}");
  queue_.sent(3);
  EXPECT_TRUE(queue_.take_expired(now_ + seconds(100)).empty());
  EXPECT_EQ(queue_.rest(), "ong\":1}\n");
}

TEST_F(DownQueueTest, ANewReaderGetsTheTornLineWhole) {
  attributes("D", R"({"a":1})");
  queue_.sent(10);
  queue_.rewind();
  EXPECT_EQ(queue_.rest().front(), '{');
}

TEST_F(DownQueueTest, WhenTheReaderIsGoneRequestsAreAnsweredAndUpdatesWait) {
  rpc("1");
  attributes("D", "{}");
  rpc("2");
  queue_.sent(2);
  EXPECT_EQ(queue_.take_calls().size(), 2U);
  EXPECT_EQ(queue_.lines(), 1U);
  EXPECT_EQ(queue_.next_expiry(), DownQueue::Time::max());
}

}  // namespace
}  // namespace tbgw::route
