// SPDX-License-Identifier: Apache-2.0
#include "modbus/unit_plan.hpp"

#include <gtest/gtest.h>

#include "modbus/tag_notation.hpp"

namespace tbgw::modbus {
namespace {

using namespace std::chrono_literals;

Unit unit_of(const std::vector<std::string>& tags) {
  Unit unit;
  for (const std::string& text : tags) {
    const auto parsed = parse_tag(text, notation_defaults());
    for (const Tag& tag : *parsed)
      unit.tags.push_back(tag);
  }
  return unit;
}

TEST(UnitPlan, ARefusedBlockIsDividedUntilOneTagIsLeft) {
  const Unit unit = unit_of({"a=hr:0", "b=hr:2", "c=hr:5", "d=hr:8"});
  UnitPlan plan(unit, false);
  ASSERT_EQ(plan.polls().size(), 1U);
  const auto first = plan.polls()[0].id;
  EXPECT_TRUE(plan.divide(first, Time{}));
  EXPECT_EQ(plan.block(first), nullptr);
  ASSERT_EQ(plan.polls().size(), 2U);
  EXPECT_EQ(plan.block(plan.polls()[0].id)->tags.size(), 2U);
  EXPECT_TRUE(plan.divide(plan.polls()[0].id, Time{}));
  EXPECT_TRUE(plan.divide(plan.polls()[0].id, Time{}));
  ASSERT_EQ(plan.polls().size(), 4U);
  for (const Poll& poll : plan.polls())
    EXPECT_FALSE(plan.divide(poll.id, Time{}));
}

TEST(UnitPlan, WhatWasLearntIsForgottenAfterAnHour) {
  const Unit unit = unit_of({"a=hr:0", "b=hr:2"});
  UnitPlan plan(unit, false);
  EXPECT_TRUE(plan.divide(plan.polls()[0].id, Time{10h}));
  EXPECT_EQ(plan.learnt().size(), 1U);
  EXPECT_FALSE(plan.renew(Time{10h} + 59min));
  EXPECT_TRUE(plan.renew(Time{11h}));
  EXPECT_EQ(plan.polls().size(), 1U);
}

TEST(UnitPlan, WhatScalesOthersIsReadBeforeThem) {
  const Unit unit = unit_of({"a=hr:0:16int,sf=sf", "sf=hr:500:16int"});
  UnitPlan plan(unit, true);
  ASSERT_EQ(plan.polls().size(), 2U);
  EXPECT_EQ(plan.block(plan.polls()[0].id)->address, 500);
  EXPECT_EQ(plan.polls()[0].period, 0ms);
}

}  // namespace
}  // namespace tbgw::modbus
