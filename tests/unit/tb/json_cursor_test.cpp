// SPDX-License-Identifier: Apache-2.0
#include "tb/json_cursor.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tbgw::tb {
namespace {

std::vector<std::string> members(std::string_view json) {
  std::vector<std::string> out;
  for (JsonCursor cursor(json); cursor.next();) {
    out.push_back(std::string{cursor.key()} + "=" + std::string{cursor.value()});
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(JsonCursor, EmptyHasNoMembers) {
  EXPECT_EQ(members("{}"), Texts{});
  EXPECT_EQ(members("[ ]"), Texts{});
}

TEST(JsonCursor, SpaceBetweenTokensBelongsToNoValue) {
  EXPECT_EQ(members("{ \"a\" : 1 , \"b\":\t[ 1 , 2 ] }"), (Texts{"\"a\"=1", "\"b\"=[ 1 , 2 ]"}));
}

TEST(JsonCursor, BracketsCommasAndQuotesInStringsEndNothing) {
  EXPECT_EQ(members(R"({"a\"}":"]},\\","b":{"c":"}"}})"),
            (Texts{R"("a\"}"="]},\\")", R"("b"={"c":"}"})"}));
}

TEST(JsonCursor, ArraysHaveNoKeys) {
  EXPECT_EQ(members(R"([1,"x",{"y":[2]},null,true])"),
            (Texts{"=1", "=\"x\"", "={\"y\":[2]}", "=null", "=true"}));
}

TEST(JsonCursor, TypesComeFromTheFirstCharacter) {
  std::vector<JsonType> types;
  for (JsonCursor cursor(R"([-1,"x",{},[],null,true,false])"); cursor.next();) {
    types.push_back(cursor.type());
  }
  EXPECT_EQ(types, (std::vector<JsonType>{JsonType::number, JsonType::string, JsonType::object,
                                          JsonType::array, JsonType::null, JsonType::boolean,
                                          JsonType::boolean}));
}

TEST(JsonCursor, CutTextIsNotReadPast) {
  for (const char* const cut : {"{", "{\"a", "{\"a\"", "{\"a\":", "[1,", "[\"x\\", "[{"}) {
    members(cut);
  }
}

TEST(StringText, EscapesAreUndoneOnlyWhereThereAreAny) {
  std::string buffer;
  EXPECT_EQ(string_text(R"("plain")", buffer), "plain");
  EXPECT_EQ(string_text(R"("a\n\u00e4\"")", buffer), "a\n\xC3\xA4\"");
}

TEST(AppendCompact, OnlySpaceOutsideStringsGoes) {
  std::string out;
  append_compact(out, "{ \"a b\" :\n [ 1 ,\t\"x\\\" y\" ] }");
  EXPECT_EQ(out, R"({"a b":[1,"x\" y"]})");
}

}  // namespace
}  // namespace tbgw::tb
