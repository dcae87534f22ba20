// SPDX-License-Identifier: Apache-2.0
// What the front door may get wrong: lines that tear the disk format, members spliced into the
// wrong place, a time that is changed.
#include "spool/intake.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace tbgw::spool {
namespace {

struct Judged {
  Traffic traffic;
  std::string refused;
  std::string text;
};

Judged judge(const std::string& line, bool too_long = false) {
  std::string padded = line;
  padded.append(kLinePadding, '\0');
  Intake intake(1000);
  const auto verdict = intake.judge({std::string_view{padded}.substr(0, line.size()), 1, too_long});
  return {verdict.traffic, std::string{verdict.refused}, std::string{verdict.text}};
}

TEST(Intake, BytesThatCouldTearTheDiskFormatAreRefused) {
  for (const char byte : {'\x1e', '\0', '\n', '\r', '\x01', '\x1f'}) {
    for (std::size_t pad = 0; pad < 20; ++pad) {  // at every place of an eight byte step
      std::string line = "{\"a\":\"" + std::string(pad, 'x');
      line += byte;
      line += std::string(9, 'y') + "\"}";
      EXPECT_EQ(judge(line).refused, "a control byte in it") << int{byte} << " behind " << pad;
    }
  }
  EXPECT_EQ(judge("{\t\"a\":\t1}").refused, "");
  EXPECT_EQ(judge("{\"a\":\"\x7f\"}").refused, "");
}

TEST(Intake, WhatIsNoObjectIsRefusedWithItsReason) {
  EXPECT_EQ(judge("").refused, "an empty line");
  EXPECT_EQ(judge("{").refused, "not a JSON object: the last byte is not '}'");
  EXPECT_EQ(judge("[1]").refused, "not a JSON object: the first byte is not '{'");
  EXPECT_EQ(judge(" {}").refused, "not a JSON object: the first byte is not '{'");
  EXPECT_EQ(judge("{} ").refused, "not a JSON object: the last byte is not '}'");
  EXPECT_EQ(judge("{\"a\":\"\xff\"}").refused, "not valid UTF-8");
  EXPECT_EQ(judge("{\"a\":\"\xed\xa0\x80\"}").refused, "not valid UTF-8");  // half a surrogate pair
  EXPECT_EQ(judge("{\"a\":\"ä€\"}").refused, "");
}

TEST(Intake, ALongLineIsRefusedWhetherTheReaderCutItOrNot) {
  EXPECT_EQ(judge("{\"a\":\"" + std::string(1000, 'x') + "\"}").refused,
            "longer than --max-record");
  EXPECT_EQ(judge("{\"a\":\"x", true).refused, "longer than --max-record");
}

TEST(Intake, LinesOfAnotherSpoolAreRefused) {
  EXPECT_NE(judge(R"({"spool":1,"run":"0","ack":"/q"})").refused, "");
  EXPECT_NE(judge(R"({"_n":1,"a":2})").refused, "");
  EXPECT_NE(judge(R"({"a":2,"_n":1})").refused, "");  // the last duplicate would win over ours
}

TEST(Intake, ALineWithItsOwnTimeIsLeftByteForByte) {
  for (const char* line :
       {R"({"deviceName":"D", "telemetry":[{"ts":1,"values":{"a":1.50}}] })",
        R"({"ts":1,"source":"serial","data":"x"})", R"({"event":"connect","device":"D"})",
        R"({"_t":5,"telemetry":{"a":1}})"}) {
    EXPECT_EQ(judge(line).text, line);
  }
}

TEST(Intake, ALineWithoutATimeGetsTheTimeOfAcceptanceFirst) {
  const auto before = now_ms();
  const std::string text = judge(R"({"deviceName":"D","telemetry":{"a":1}})").text;
  EXPECT_EQ(text.find("{\"_t\":"), 0U) << text;
  const auto json = nlohmann::json::parse(text);
  const auto& time = json.at("_t");
  const EpochMs ms = time.is_object() ? time.at("ms").get<EpochMs>() : time.get<EpochMs>();
  EXPECT_GE(ms, before);
  EXPECT_LE(ms, now_ms());
  EXPECT_EQ(json.at("telemetry").at("a"), 1);
}

std::string spliced(const std::string& line) {
  std::string out;
  append_spliced(out, "\"_n\":7", line);
  return out;
}

TEST(Intake, AMemberIsSplicedIntoEmptyObjectsToo) {
  EXPECT_EQ(spliced("{}"), R"({"_n":7})");
  EXPECT_EQ(spliced("{ }"), R"({"_n":7 })");
  EXPECT_EQ(spliced("{\t}"), "{\"_n\":7\t}");
  EXPECT_EQ(spliced(R"({"a":1})"), R"({"_n":7,"a":1})");
  EXPECT_EQ(spliced(R"({ "a": 1 })"), R"({"_n":7, "a": 1 })");
}

}  // namespace
}  // namespace tbgw::spool
