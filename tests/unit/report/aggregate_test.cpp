// SPDX-License-Identifier: Apache-2.0
#include "report/aggregate.hpp"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "report/strategy.hpp"

namespace tbgw::report {
namespace {

using std::chrono::milliseconds;

Time at(std::int64_t ms) {
  return Time{} + milliseconds{1000000 + ms};
}

std::string of(Function function, const std::vector<std::string_view>& values) {
  Aggregate aggregate;
  EpochMs ts = 0;
  for (const std::string_view value : values)
    aggregate.add(value, ++ts);
  const Sample sample = aggregate.finish(function);
  EXPECT_EQ(sample.ts, ts) << "the time of the last sample";
  EXPECT_TRUE(aggregate.empty());
  return sample.value;
}

TEST(Aggregate, WholeNumbersStayWholeAndExactUpTo64Bits) {
  EXPECT_EQ(of(Function::sum, {"18446744073709551614", "1"}), "18446744073709551615");
  EXPECT_EQ(of(Function::most, {"1", "18446744073709551615", "3"}), "18446744073709551615");
  EXPECT_EQ(of(Function::least, {"-9223372036854775808", "0"}), "-9223372036854775808");
  EXPECT_EQ(of(Function::sum, {"-5", "3"}), "-2");
}

TEST(Aggregate, DecimalsAreWrittenAsTheyCame) {
  EXPECT_EQ(of(Function::least, {"229.8", "229.80001"}), "229.8");
  EXPECT_EQ(of(Function::average, {"229.8", "229.8", "229.8"}), "229.8");
  EXPECT_EQ(of(Function::sum, {"0.1", "0.2"}), "0.3");
  EXPECT_EQ(of(Function::average, {"20", "21"}), "20.5");
  EXPECT_EQ(of(Function::average, {"20", "20"}), "20.0") << "a key stays a double";
}

TEST(Aggregate, CountsAndLastAreOfAnything) {
  EXPECT_EQ(of(Function::count, {"1", "\"x\"", "true"}), "3");
  EXPECT_EQ(of(Function::last, {"1", "\"x\""}), "\"x\"");
}

TEST(Aggregate, OfWhatIsNoNumberTheLastIsSent) {
  EXPECT_EQ(of(Function::average, {"1", "\"fault\"", "2"}), "2");
  EXPECT_EQ(of(Function::most, {"true", "false"}), "false");
}

TEST(Aggregate, ASumThatNoDoubleHoldsIsNone) {
  EXPECT_EQ(of(Function::sum, {"1e308", "1e308", "1.0"}), "1.0");
  EXPECT_EQ(of(Function::sum, {"18446744073709551615", "18446744073709551615"}),
            "36893488147419103232.0");
}

TEST(Aggregate, FunctionsAreNamedInAnyCase) {
  EXPECT_EQ(*parse_function("avg"), Function::average);
  EXPECT_NE(parse_function("MEDIAN").error().text.find("MIN, MAX, AVG"), std::string::npos);
}

Strategy averaging(std::int64_t period) {
  Strategy out;
  out.kind = Kind::on_report_period;
  out.period = milliseconds{period};
  out.function = Function::average;
  return out;
}

TEST(AggregatingGate, NothingGoesBeforeThePeriodEndsAndThenOneValue) {
  Gate gate(averaging(1000));
  EXPECT_FALSE(gate.offer("10", 1, at(0)));
  EXPECT_FALSE(gate.offer("20", 2, at(600)));
  EXPECT_EQ(*gate.due(), at(1000));
  EXPECT_FALSE(gate.take(at(999)));
  EXPECT_EQ(gate.take(at(1000)), (Sample{"15.0", 2}));
  EXPECT_FALSE(gate.due());
}

TEST(AggregatingGate, ASilentSourceHasNoAggregateAndNoFreshStamp) {
  Gate gate(averaging(1000));
  EXPECT_FALSE(gate.offer("10", 1, at(0)));
  EXPECT_TRUE(gate.take(at(1000)));
  EXPECT_FALSE(gate.take(at(2000)));
  EXPECT_FALSE(gate.take(at(99000)));
}

TEST(AggregatingGate, AReplayFasterThanTheClockGivesEachPeriodItsOwn) {
  Gate gate(averaging(1000));
  for (int i = 0; i < 6; ++i)
    EXPECT_FALSE(gate.offer(std::to_string(i), i, at(500 * i)));
  std::vector<Sample> taken;
  while (auto sample = gate.take(at(2600)))
    taken.push_back(*std::move(sample));
  EXPECT_EQ(taken, (std::vector<Sample>{{"0.5", 1}, {"2.5", 3}}));
  EXPECT_EQ(gate.take(at(3000)), (Sample{"4.5", 5}));
}

TEST(AggregatingGate, ADeviceThatGoesAwayEndsItsPeriod) {
  Gate gate(averaging(1000));
  EXPECT_FALSE(gate.offer("10", 1, at(0)));
  gate.forget();
  ASSERT_TRUE(gate.due());
  EXPECT_EQ(gate.take(*gate.due()), (Sample{"10.0", 1}));
}

}  // namespace
}  // namespace tbgw::report
