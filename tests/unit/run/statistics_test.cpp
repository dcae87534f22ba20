// SPDX-License-Identifier: Apache-2.0
#include "run/statistics.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

Json stats(const char* tool, const char* name, const Json& counters) {
  return {{"event", "stats"}, {"tool", tool}, {"name", name}, {"counters", counters}};
}

const std::vector<std::string> kPipelines{"My Boiler", "plant"};

class StatisticsTest : public testing::Test {
 protected:
  StatisticsBook book_;
};

TEST_F(StatisticsTest, NamesAreTheReferences) {
  book_.take(stats("tbgw-serial", "", {{"frames", 5}, {"bytes", 100}}), "My Boiler");
  book_.take(stats("tbgw-convert", "", {{"lines", 5}, {"converted", 4}, {"rejected", 1}}),
             "My Boiler");
  book_.take(stats("tbgw-route", "My Boiler", {{"records", 4}}));
  book_.take(stats("tbgw-spool", "/q", {{"delivered", 4}, {"undelivered", 2}}));
  book_.take(stats("tbgw-push", "", {{"messagesDone", 3}, {"done", 4}, {"rpcs", 1}}));
  book_.error("My Boiler");
  book_.error("My Boiler", true);
  const Json line = Json::parse(statistics_line(book_, Machine{}, kPipelines, 7));
  EXPECT_FALSE(line.contains("deviceName"));
  const Json& values = line["telemetry"][0]["values"];
  EXPECT_EQ(line["telemetry"][0]["ts"], 7);
  EXPECT_EQ(values["connectorsStats"]["My Boiler"], (Json{{"connectorMsgsReceived", 5},
                                                          {"connectorBytesReceived", 100},
                                                          {"convertersMsgProcessed", 4},
                                                          {"convertersMsgDropped", 1},
                                                          {"storageMsgPushed", 4},
                                                          {"connectorsErrors", 1},
                                                          {"convertersErrors", 1}}));
  EXPECT_EQ(values["connectorsStats"]["plant"],
            (Json{{"connectorsErrors", 0}, {"convertersErrors", 0}}));
  EXPECT_EQ(values["serviceStats"]["storageMsgCount"], 2);
  EXPECT_EQ(values["serviceStats"]["platformMsgPushed"], 3);
  EXPECT_EQ(values["machineStats"]["msgsSentToPlatform"], 3);
  EXPECT_EQ(values["My Boiler_ERRORS_COUNT"], 2);
  EXPECT_EQ(values["plant_ERRORS_COUNT"], 0);
  EXPECT_EQ(values["ALL_ERRORS_COUNT"], 2);
  const Json rpc = book_.rpc_stats(kPipelines);
  EXPECT_EQ(rpc["MyBoilerEventsProduced"], 4);
  EXPECT_EQ(rpc["eventsSent"], 4);
}

TEST_F(StatisticsTest, CountsAreThoseOfThePeriodAndGaugesThoseOfNow) {
  book_.take(stats("tbgw-spool", "q", {{"delivered", 10}, {"undelivered", 3}}));
  book_.end_period();
  book_.take(stats("tbgw-spool", "q", {{"delivered", 12}, {"undelivered", 3}}));
  EXPECT_EQ(book_.service_stats()["storageMsgPulled"], 2);
  EXPECT_EQ(book_.service_stats()["storageMsgCount"], 3);
  book_.end_period();
  EXPECT_EQ(book_.service_stats()["storageMsgPulled"], 0);
}

TEST_F(StatisticsTest, AToolThatWasRestartedLosesNoCount) {
  book_.take(stats("tbgw-push", "", {{"messagesDone", 100}}));
  book_.take(stats("tbgw-push", "", {{"messagesDone", 5}}));
  EXPECT_EQ(book_.service_stats()["platformMsgPushed"], 105);
}

TEST_F(StatisticsTest, StrangeEventsAreNoCounts) {
  for (const Json& strange :
       {Json(1), Json{{"event", "stats"}}, Json{{"event", "fault"}},
        Json{{"event", "stats"}, {"tool", 3}, {"counters", {{"a", -1}, {"b", "x"}}}}})
    book_.take(strange, "plant");
  for (const auto& [source, counters] : book_.all())
    EXPECT_TRUE(counters.empty());
  book_.error("plant");
  book_.forget("plant");
  EXPECT_TRUE(book_.errors().empty());
  EXPECT_TRUE(book_.all().empty());
}

TEST_F(StatisticsTest, CustomStatisticsAreNumbersIfTheyCanBe) {
  EXPECT_EQ(custom_line("k", " 42\n", 1), R"({"telemetry":[{"ts":1,"values":{"k":42}}]})");
  EXPECT_EQ(custom_line("k", "1.5\n", 1), R"({"telemetry":[{"ts":1,"values":{"k":1.5}}]})");
  EXPECT_EQ(custom_line("k", "up 3 days\n", 1),
            R"({"telemetry":[{"ts":1,"values":{"k":"up 3 days"}}]})");
  EXPECT_EQ(custom_line("k", " \n", 1), "");
  EXPECT_NE(custom_line("k", "\xff", 1), "");
}

TEST_F(StatisticsTest, ADeviceIsToldWhoseItIs) {
  EXPECT_EQ(
      device_line("D", "My Boiler", "serial"),
      R"({"attributes":[{"connectorName":"My Boiler","connectorType":"serial"}],"deviceName":"D"})");
}

TEST_F(StatisticsTest, TheMachineIsSeen) {
  MachineWatch watch;
  Machine machine = watch.look({::getpid(), 999'999'999}, "/", 1000);
  EXPECT_GT(machine.total_memory, machine.free_memory);
  EXPECT_GT(machine.total_disk, 0U);
  EXPECT_GT(machine.resident, 100'000U);
  EXPECT_GE(machine.cores, 1U);
  EXPECT_EQ(machine.cpu_share, 0);
  machine = watch.look({::getpid()}, "/", 2000);
  EXPECT_GE(machine.cpu_share, 0);
  machine.total_memory = machine.total_disk = 0;  // what could not be found out is no division by 0
  EXPECT_EQ(machine_stats(machine)["gwMemory"], 0);
  EXPECT_NE(machine_line(machine).find("cpuCount"), std::string::npos);
}

}  // namespace
}  // namespace tbgw::run
