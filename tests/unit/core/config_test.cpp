// SPDX-License-Identifier: Apache-2.0
#include "core/config.hpp"

#include <gtest/gtest.h>

#include "core/status.hpp"

namespace tbgw {
namespace {

using std::chrono::milliseconds;

ConfigTable json(std::string_view text) {
  return ConfigTable(parse_config("f.json", text, false));
}
ConfigTable toml(std::string_view text) {
  return ConfigTable(parse_config("f.toml", text, true));
}

/// The message of the Fatal that `act` throws.
template <class Act>
std::string failure(Act act) {
  try {
    act();
  } catch (const Fatal& fatal) {
    EXPECT_EQ(fatal.status, Status::config);
    return fatal.what();
  }
  return "no failure";
}

TEST(Config, JsonErrorsNameTheLineOfTheKey) {
  auto table =
      json("{\n  \"devices\": [\n    {\"port\": \"/dev/x\",\n     \"baudrate\": \"fast\"}]}");
  auto devices = table.tables({"devices"});
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(failure([&] { devices[0].integer({"baudrate"}, 1, 100); }),
            "f.json:4: devices[0].baudrate: must be a whole number from 1 to 100");
}

TEST(Config, TomlErrorsNameTheLineOfTheKey) {
  auto table = toml("# x\n[[devices]]\nport = \"/dev/x\"\nbaudrate = 1.5\n");
  auto devices = table.tables({"devices"});
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(failure([&] { devices[0].integer({"baudrate"}, 1, 100); }),
            "f.toml:4: devices[0].baudrate: must be a whole number from 1 to 100");
}

TEST(Config, SyntaxErrorsNameTheLine) {
  EXPECT_EQ(failure([] { json("{\n\"a\": 1,\n\"b\": }"); }).substr(0, 9), "f.json:3:");
  EXPECT_EQ(failure([] { toml("a = 1\nb = \n"); }).substr(0, 9), "f.toml:2:");
  EXPECT_EQ(failure([] { json(""); }).substr(0, 9), "f.json:1:");
  EXPECT_EQ(failure([] { json("[1]"); }), "f.json:1: must be a table of keys");
}

TEST(Config, UnknownKeyIsNamedWithTheNearestKnownOne) {
  auto table = json("{\"port\": 1,\n\"baudrat\": 9600,\n\"_comment\": \"x\", \"zzz\": 1}");
  table.integer({"port"}, 0, 9);
  table.ignore({"baudrate"});
  EXPECT_EQ(table.unknown(),
            (std::vector<std::string>{"f.json:2: unknown key 'baudrat' (did you mean 'baudrate'?)",
                                      "f.json:3: unknown key 'zzz'"}));
  EXPECT_EQ(failure([&] { table.refuse_unknown(); }).substr(0, 9), "f.json:2:");
}

TEST(Config, TwoSpellingsOfOneKeyAreAnError) {
  auto table = json("{\"name\": \"a\", \"deviceName\": \"b\"}");
  EXPECT_EQ(failure([&] {
              table.text({"deviceName", "name"});
            }),
            "f.json:1: name: says the same as 'deviceName': give only one of them");
  EXPECT_EQ(*json("{\"name\": \"a\"}").text({"deviceName", "name"}), "a");
}

TEST(Config, DuplicateKeyIsAnErrorNotASilentWinner) {
  EXPECT_EQ(failure([] { json("{\"a\":1,\n\"a\":2}"); }),
            "f.json:2: the key 'a' stands here twice");
  EXPECT_EQ(failure([] { toml("a = 1\na = 2\n"); }).substr(0, 9), "f.toml:2:");
}

TEST(Config, DurationsTakeTextOrTheUnitOfTheKey) {
  EXPECT_EQ(*json("{\"t\": \"500ms\"}").duration({"t"}, milliseconds{1000}), milliseconds{500});
  EXPECT_EQ(*json("{\"t\": 2}").duration({"t"}, milliseconds{1000}), milliseconds{2000});
  EXPECT_EQ(*toml("t = 0.5").duration({"t"}, milliseconds{1000}), milliseconds{500});
  EXPECT_NE(failure([] { json("{\"t\": -1}").duration({"t"}, milliseconds{1}); }), "no failure");
  EXPECT_NE(failure([] { json("{\"t\": \"5\"}").duration({"t"}, milliseconds{1}); }), "no failure");
}

TEST(Config, WrongTypesAreErrorsNotConversions) {
  EXPECT_NE(failure([] { json("{\"a\": 1}").text({"a"}); }), "no failure");
  EXPECT_NE(failure([] { json("{\"a\": \"true\"}").boolean({"a"}); }), "no failure");
  EXPECT_NE(failure([] { json("{\"a\": 1.0}").integer({"a"}, 0, 5); }), "no failure");
  EXPECT_NE(failure([] { json("{\"a\": 18446744073709551615}").integer({"a"}, 0, INT64_MAX); }),
            "no failure");
  EXPECT_NE(failure([] { json("{\"a\": {}}").tables({"a"}); }), "no failure");
  EXPECT_NE(failure([] { json("{\"a\": [1]}").texts({"a"}); }), "no failure");
}

TEST(Config, DeepNestingIsRefused) {
  EXPECT_NE(failure([] { json("{\"a\":" + std::string(100'000, '[')); }), "no failure");
}

TEST(Config, TomlKeepsTheOrderOfTheFile) {
  auto table = toml("zebra = 1\napple = 2\n[mango]\nx = 1\n");
  std::string order;
  for (const auto& [key, value] : table.json().items())
    order += key + " ";
  EXPECT_EQ(order, "zebra apple mango ");
}

}  // namespace
}  // namespace tbgw
