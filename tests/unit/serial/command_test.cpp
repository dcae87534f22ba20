// SPDX-License-Identifier: Apache-2.0
// Command lines: every spelling of bytes, every mistake with its reason.
#include "serial/command.hpp"

#include <gtest/gtest.h>

#include "core/line_reader.hpp"

namespace tbgw::serial {
namespace {

Result<Command> parse(std::string line) {
  const std::size_t size = line.size();
  line.append(kLinePadding, '\0');
  JsonView view;
  const auto members = view.object(std::string_view{line}.substr(0, size));
  if (!members) return members.error();
  return parse_command(*members);
}

TEST(Command, TextIsSentAsItIs) {
  const auto command = parse(R"({"device":"D","send":"value = 25\n"})");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->device, "D");
  EXPECT_EQ(command->bytes, "value = 25\n");
  EXPECT_EQ(command->rpc, "");
  EXPECT_EQ(command->answer, std::nullopt);
}

TEST(Command, HexAndBase64AreBytes) {
  EXPECT_EQ(parse(R"({"send":"00ff","encoding":"hex"})")->bytes, std::string("\0\xff", 2));
  EXPECT_EQ(parse(R"({"send":"AP8=","encoding":"base64"})")->bytes, std::string("\0\xff", 2));
  EXPECT_FALSE(parse(R"({"send":"0","encoding":"hex"})"));
  EXPECT_FALSE(parse(R"({"send":"AP8","encoding":"base64"})"));
  EXPECT_EQ(parse(R"({"send":"x","encoding":"utf-16"})").error().text,
            "`send`: the encoding must be hex, base64 or left out, not 'utf-16'");
}

TEST(Command, RpcIsKeptAsItStands) {
  const auto command = parse(R"({"send":"x", "rpc": {"id":12345678901234567890,"x":1.50}})");
  EXPECT_EQ(command->rpc, R"({"id":12345678901234567890,"x":1.50})");
  EXPECT_EQ(parse(R"({"send":"x","rpc":null})")->rpc, "");
}

TEST(Command, AnswerHasATimeoutOrTheDefault) {
  EXPECT_EQ(parse(R"({"send":"x","answer":{"timeout":250}})")->answer, Milliseconds{250});
  EXPECT_EQ(parse(R"({"send":"x","answer":{}})")->answer, Milliseconds{5000});
  EXPECT_FALSE(parse(R"({"send":"x","answer":{"timeout":0}})"));
  EXPECT_FALSE(parse(R"({"send":"x","answer":{"timeout":"5s"}})"));
  EXPECT_FALSE(parse(R"({"send":"x","answer":5000})"));
}

TEST(Command, WrongTypesAreNamed) {
  EXPECT_EQ(parse(R"({"send":5})").error().text, "`send` must be a text");
  EXPECT_EQ(parse(R"({"send":"x","device":1})").error().text, "`device` must be a text");
  EXPECT_EQ(parse(R"({"send":""})").error().text, "`send` is empty");
}

TEST(Outcome, NamesTheDeviceElseThePortElseNobody) {
  EXPECT_EQ(outcome_line("D", "/dev/x", "{}", "\"sent\":true"),
            R"({"device":"D","rpc":{},"sent":true})");
  EXPECT_EQ(outcome_line("", "/dev/\"x", "1", "\"sent\":true"),
            R"({"port":"/dev/\"x","rpc":1,"sent":true})");
  EXPECT_EQ(outcome_line("", "", "1", "\"sent\":true"), R"({"rpc":1,"sent":true})");
}

}  // namespace
}  // namespace tbgw::serial
