// SPDX-License-Identifier: Apache-2.0
#include "report/strategy.hpp"

#include <gtest/gtest.h>

#include "core/status.hpp"
#include "report/strategy_config.hpp"

namespace tbgw::report {
namespace {

using std::chrono::milliseconds;

Time at(std::int64_t ms) {
  return Time{} + milliseconds{1000000 + ms};
}

Strategy strategy(Kind kind, std::int64_t period = 10000) {
  Strategy out;
  out.kind = kind;
  out.period = milliseconds{period};
  return out;
}

TEST(Strategy, OnReceivedPassesEverySampleAndHoldsNothing) {
  Gate gate(strategy(Kind::on_received));
  EXPECT_TRUE(gate.offer("1", 1, at(0)));
  EXPECT_TRUE(gate.offer("1", 2, at(1)));
  EXPECT_FALSE(gate.due());
}

TEST(Strategy, OnChangePassesTheFirstValueAndEachNewOne) {
  Gate gate(strategy(Kind::on_change));
  EXPECT_TRUE(gate.offer("0", 1, at(0)));
  EXPECT_FALSE(gate.offer("0", 2, at(1)));
  EXPECT_TRUE(gate.offer("1", 3, at(2)));
  EXPECT_FALSE(gate.offer("1", 4, at(3)));
  EXPECT_TRUE(gate.offer("0", 5, at(4)));
}

TEST(Strategy, SmallSignalsAndLastDigitsOf64BitsCountAsChanges) {
  Gate small(strategy(Kind::on_change));
  EXPECT_TRUE(small.offer("0.0001", 1, at(0)));
  EXPECT_TRUE(small.offer("0.0002", 2, at(1)));
  Gate large(strategy(Kind::on_change));
  EXPECT_TRUE(large.offer("18446744073709551614", 1, at(0)));
  EXPECT_TRUE(large.offer("18446744073709551615", 2, at(1)));
}

TEST(Strategy, ADeadbandIsMeasuredFromTheValueLastSent) {
  Strategy with = strategy(Kind::on_change);
  with.deadband.absolute = 0.5;
  Gate gate(with);
  EXPECT_TRUE(gate.offer("20.0", 1, at(0)));
  EXPECT_FALSE(gate.offer("20.3", 2, at(1)));
  EXPECT_FALSE(gate.offer("20.4", 3, at(2))) << "a slow drift must not be measured from 20.3";
  EXPECT_TRUE(gate.offer("20.5", 4, at(3)));
  EXPECT_FALSE(gate.offer("20.1", 5, at(4)));
  EXPECT_TRUE(gate.offer("\"fault\"", 6, at(5))) << "not a number any more";
  EXPECT_TRUE(gate.offer("20.1", 7, at(6)));
}

TEST(Strategy, ADeadbandInPercentIsOfTheValueLastSent) {
  Strategy with = strategy(Kind::on_change);
  with.deadband.percent = 10;
  Gate gate(with);
  EXPECT_TRUE(gate.offer("-200", 1, at(0)));
  EXPECT_FALSE(gate.offer("-181", 2, at(1)));
  EXPECT_TRUE(gate.offer("-180", 3, at(2)));
  EXPECT_TRUE(gate.offer("0", 4, at(3)));
  EXPECT_FALSE(gate.offer("0", 5, at(4))) << "ten percent of nothing is no change";
  EXPECT_TRUE(gate.offer("1", 6, at(5)));
}

TEST(Strategy, AnUnchangedValueIsSentAgainAfterItsTtl) {
  Strategy with = strategy(Kind::on_change);
  with.ttl = milliseconds{1000};
  Gate gate(with);
  EXPECT_TRUE(gate.offer("1", 1, at(0)));
  EXPECT_FALSE(gate.offer("1", 2, at(999)));
  EXPECT_TRUE(gate.offer("1", 3, at(1000)));
  EXPECT_FALSE(gate.offer("1", 4, at(1500)));
}

TEST(Strategy, OnReportPeriodSendsTheLatestOfEachPeriodWithItsOwnTime) {
  Gate gate(strategy(Kind::on_report_period, 1000));
  EXPECT_TRUE(gate.offer("1", 100, at(0)));
  EXPECT_FALSE(gate.offer("2", 101, at(300)));
  EXPECT_FALSE(gate.offer("3", 102, at(600)));
  ASSERT_TRUE(gate.due());
  EXPECT_EQ(*gate.due(), at(1000));
  EXPECT_FALSE(gate.take(at(999)));
  EXPECT_EQ(gate.take(at(1000)), (Sample{"3", 102}));
  EXPECT_FALSE(gate.take(at(5000))) << "nothing new came: nothing is repeated";
}

TEST(Strategy, ASilentDeviceReportsNothingPeriodAfterPeriod) {
  Gate gate(strategy(Kind::on_change_or_report_period, 1000));
  EXPECT_TRUE(gate.offer("1", 1, at(0)));
  EXPECT_FALSE(gate.due());
  EXPECT_FALSE(gate.take(at(100000)));
}

TEST(Strategy, PeriodsDoNotDriftWhenTheyAreServedLate) {
  Gate gate(strategy(Kind::on_report_period, 1000));
  EXPECT_TRUE(gate.offer("1", 1, at(0)));
  EXPECT_FALSE(gate.offer("2", 2, at(900)));
  EXPECT_TRUE(gate.take(at(1400)));
  EXPECT_FALSE(gate.offer("3", 3, at(1900)));
  EXPECT_EQ(*gate.due(), at(2000));
  EXPECT_TRUE(gate.offer("4", 4, at(4700))) << "a period with nothing in it is over";
  EXPECT_EQ(gate.take(at(4700)), (Sample{"3", 3})) << "the latest of the one before is not lost";
  EXPECT_FALSE(gate.offer("5", 5, at(4800)));
  EXPECT_EQ(*gate.due(), at(5000));
}

TEST(Strategy, AChangeGoesAtOnceAndDoesNotMoveThePeriod) {
  Gate gate(strategy(Kind::on_change_or_report_period, 1000));
  EXPECT_TRUE(gate.offer("1", 1, at(0)));
  EXPECT_TRUE(gate.offer("2", 2, at(700)));
  EXPECT_FALSE(gate.offer("2", 3, at(800)));
  EXPECT_EQ(*gate.due(), at(1000));
  EXPECT_EQ(gate.take(at(1000)), (Sample{"2", 3}));
}

TEST(Strategy, AfterADeviceWentAwayNothingOldIsSentAndTheNextValueIsNews) {
  Gate gate(strategy(Kind::on_change_or_report_period, 1000));
  EXPECT_TRUE(gate.offer("1", 1, at(0)));
  EXPECT_FALSE(gate.offer("1", 2, at(100)));
  gate.forget();
  EXPECT_FALSE(gate.take(at(2000)));
  EXPECT_TRUE(gate.offer("1", 3, at(3000)));
}

TEST(Strategy, NamesAreTheReferencesInAnyCase) {
  EXPECT_EQ(*parse_kind("on_change"), Kind::on_change);
  EXPECT_EQ(*parse_kind("ON_CHANGE_OR_REPORT_PERIOD"), Kind::on_change_or_report_period);
  EXPECT_EQ(*parse_kind("DISABLED"), Kind::on_received);
  EXPECT_EQ(name_of(Kind::on_received), "ON_RECEIVED");
  EXPECT_NE(parse_kind("ON_CHNGE").error().text.find("did you mean ON_CHANGE"), std::string::npos);
  EXPECT_FALSE(parse_deadband("-1"));
  EXPECT_FALSE(parse_deadband("2%%"));
}

Said said_in(std::string_view json, std::vector<std::string>& notices) {
  ConfigTable table(parse_config("f.json", json, false));
  return read_said(table, notices);
}

TEST(StrategyConfig, TheMostSpecificLevelCountsAsAWhole) {
  std::vector<std::string> notices;
  const Said connector =
      said_in(R"({"reportStrategy":{"type":"ON_REPORT_PERIOD","reportPeriod":5000},"deadband":1})",
              notices);
  const Said tag = said_in(R"({"reportStrategy":{"type":"ON_CHANGE"}})", notices);
  const Strategy strategy = resolve(within(connector, tag));
  EXPECT_EQ(strategy.kind, Kind::on_change);
  EXPECT_EQ(strategy.period, milliseconds{10000}) << "not the connector's";
  EXPECT_EQ(strategy.deadband.absolute, 1);
  EXPECT_TRUE(notices.empty());
}

TEST(StrategyConfig, ADeadbandAloneMeansOnChange) {
  std::vector<std::string> notices;
  EXPECT_EQ(resolve(said_in(R"({"deadband":"2%"})", notices)).kind, Kind::on_change);
  EXPECT_EQ(resolve(said_in(R"({"deadband":0})", notices)).kind, Kind::on_received);
  EXPECT_EQ(resolve({}).kind, Kind::on_received);
}

TEST(StrategyConfig, TtlIsInSecondsAndAnAggregateNeedsAPeriod) {
  std::vector<std::string> notices;
  const Said said = said_in(
      "{\n\"reportStrategy\":{\"type\":\"ON_CHANGE\",\"ttl\":60,\n\"aggregationFunction\":\"MAX\"}"
      "}",
      notices);
  EXPECT_EQ(said.strategy->ttl, milliseconds{60000});
  EXPECT_EQ(said.strategy->function, Function::none);
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0], "f.json:3: aggregationFunction has no effect without ON_REPORT_PERIOD");
  const Said good = said_in(
      R"({"reportStrategy":{"type":"ON_REPORT_PERIOD","aggregationFunction":"avg"}})", notices);
  EXPECT_EQ(good.strategy->function, Function::average);
  EXPECT_EQ(notices.size(), 1U);
}

TEST(StrategyConfig, NonsenseIsRefusedWithItsLine) {
  std::vector<std::string> notices;
  for (const char* text :
       {R"({"reportStrategy":{"type":"SOMETIMES"}})", R"({"reportStrategy":{}})",
        R"({"reportStrategy":{"type":"ON_CHANGE","reportPeriod":0}})", R"({"deadband":"much"})",
        R"({"deadband":[1]})",
        R"({"reportStrategy":{"type":"ON_REPORT_PERIOD","aggregationFunction":"MEDIAN"}})",
        R"({"reportStrategy":7})"}) {
    EXPECT_THROW(said_in(text, notices), Fatal) << text;
  }
}

}  // namespace
}  // namespace tbgw::report
