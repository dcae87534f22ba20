// SPDX-License-Identifier: Apache-2.0
#include "tb/pace.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

namespace tbgw::tb {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{std::chrono::hours{1}};

/// Sends as fast as the pace allows for so long; when each went.
std::vector<Time> send_for(Pace& pace, std::chrono::seconds span, std::uint64_t cost = 1,
                           bool urgent = false) {
  std::vector<Time> sent;
  for (Time now = kStart; now < kStart + span;) {
    const Time due = pace.when(cost, urgent, now);
    if (due > now) {
      now = due;
      continue;
    }
    pace.take(cost, now);
    sent.push_back(now);
  }
  return sent;
}

/// The most that went within any such span.
std::size_t most_within(const std::vector<Time>& sent, Time::duration span) {
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < sent.size(); ++last) {
    while (sent[last] - sent[first] >= span)
      ++first;
    most = std::max(most, last - first + 1);
  }
  return most;
}

TEST(Rates, ArePairsOfCountAndSeconds) {
  EXPECT_EQ(parse_rates("10:1,300:60"), (std::vector<Rate>{{10, 1s}, {300, 60s}}));
  EXPECT_EQ(parse_rates("10:1;300:60,"), (std::vector<Rate>{{10, 1s}, {300, 60s}}));
  EXPECT_EQ(parse_rates(""), std::vector<Rate>{});
  EXPECT_EQ(parse_rates("0:0,"), std::vector<Rate>{});
  EXPECT_EQ(parse_rates("ten:1,:,7:x,5:5"), (std::vector<Rate>{{5, 5s}}));
}

TEST(Pace, IsFreeWithoutRates) {
  Pace pace;
  EXPECT_TRUE(pace.is_free());
  EXPECT_EQ(pace.when(1'000'000, false, kStart), kStart);
}

TEST(Pace, ABacklogStaysBelowEachRateAndUsesMostOfIt) {
  for (const char* const text : {"10:1,300:60", "10:1", "300:60", "1:1", "2:1,60:60", "5000:60"}) {
    SCOPED_TRACE(text);
    Pace pace;
    const std::vector<Rate> rates = parse_rates(text);
    pace.set(rates);
    const std::vector<Time> sent = send_for(pace, 300s);
    double least = 1e9;
    for (const Rate& rate : rates) {
      EXPECT_LE(most_within(sent, rate.span), std::max<std::uint64_t>(1, rate.most * 95 / 100));
      least = std::min(
          least, static_cast<double>(rate.most) / std::chrono::duration<double>(rate.span).count());
    }
    EXPECT_GE(static_cast<double>(sent.size()), 0.8 * least * 300);
  }
}

TEST(Pace, WhatIsUrgentHasRoomBesideABacklogAndStillStaysBelow) {
  Pace pace;
  pace.set(parse_rates("300:60"));
  std::vector<Time> sent;
  int urgent = 0;
  for (Time now = kStart; now < kStart + 180s; now += 10ms) {
    // A question every six seconds goes at once, whatever the backlog does.
    if ((now - kStart) % 6s == 0s) {
      EXPECT_EQ(pace.when(1, true, now), now);
      pace.take(1, now);
      sent.push_back(now);
      ++urgent;
    }
    if (pace.when(1, false, now) <= now) {
      pace.take(1, now);
      sent.push_back(now);
    }
  }
  EXPECT_EQ(urgent, 30);
  EXPECT_LE(most_within(sent, 60s), 285U);
}

TEST(Pace, ALargeMessageWaitsForAnEmptyBucketAndIsPaidOffBehind) {
  Pace pace;
  pace.set(parse_rates("100:10"));
  const std::vector<Time> sent = send_for(pace, 100s, 40);
  EXPECT_LE(most_within(sent, 10s) * 40, 95U);
  EXPECT_GE(sent.size() * 40, 700U);
}

TEST(Pace, WhatWasSpentIsNotForgottenWhenTheLimitsAreToldAgain) {
  Pace pace;
  pace.set(parse_rates("10:60"));
  EXPECT_EQ(send_for(pace, 1s, 1, true).size(), 9U);
  pace.set(parse_rates("10:60"));
  EXPECT_GT(pace.when(1, true, kStart + 1s), kStart + 30s);
  pace.set(parse_rates("100:60"));
  EXPECT_EQ(pace.when(1, true, kStart + 1s), kStart + 1s);
}

}  // namespace
}  // namespace tbgw::tb
