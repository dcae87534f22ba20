// SPDX-License-Identifier: Apache-2.0
#include "core/json_view.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "core/line_reader.hpp"
#include "core/text.hpp"

namespace tbgw {
namespace {

/// A text with the padding that JsonView may read.
struct Padded {
  explicit Padded(std::string_view text) : bytes(text), size(text.size()) {
    bytes.append(kLinePadding, '\0');
  }
  [[nodiscard]] std::string_view view() const { return std::string_view{bytes}.substr(0, size); }
  std::string bytes;
  std::size_t size;
};

std::string why_not(std::string_view text) {
  JsonView json;
  const Padded padded(text);
  const auto members = json.object(padded.view());
  return members ? "" : members.error().text;
}

TEST(JsonView, MembersKeepTheirRawText) {
  JsonView json;
  const Padded line(R"( {"a":1.50, "b" : "x\ny" ,"c":[1, {"d":2} ] ,"e":{},"f":null,"g":true } )");
  const auto members = json.object(line.view());
  ASSERT_TRUE(members) << members.error().text;
  ASSERT_EQ(members->size(), 6U);
  EXPECT_EQ((*members)[0].raw, "1.50");
  EXPECT_EQ((*members)[1].raw, R"("x\ny")");
  EXPECT_EQ((*members)[1].text, "x\ny");
  EXPECT_EQ((*members)[2].raw, R"([1, {"d":2} ])");
  EXPECT_EQ((*members)[2].type, JsonType::array);
  EXPECT_EQ((*members)[3].raw, "{}");
  EXPECT_EQ((*members)[4].type, JsonType::null);
  EXPECT_EQ((*members)[5].type, JsonType::boolean);
}

TEST(JsonView, EscapedKeyIsTheSameKey) {
  JsonView json;
  const Padded line(R"({"\u0074s":5})");
  const auto members = json.object(line.view());
  ASSERT_TRUE(members);
  ASSERT_NE(find(*members, "ts"), nullptr);
  EXPECT_EQ(find(*members, "ts")->raw, "5");
}

TEST(JsonView, LastOfDuplicateKeysWins) {
  JsonView json;
  std::string text = R"({"a":1,"b":2,"a":3)";
  for (int i = 0; i < 100; ++i)
    text += ",\"k" + std::to_string(i % 50) + "\":" + std::to_string(i);
  const Padded few(R"({"a":1,"b":2,"a":3})");
  const Padded many(text + "}");
  for (const Padded* line : {&few, &many}) {
    const auto members = json.object(line->view());
    ASSERT_TRUE(members);
    EXPECT_EQ(find(*members, "a")->raw, "3");
    EXPECT_EQ(find(*members, "b")->raw, "2");
  }
  const auto members = json.object(many.view());
  EXPECT_EQ(members->size(), 52U);
  EXPECT_EQ(find(*members, "k49")->raw, "99");
}

TEST(JsonView, WhatNobodyLooksAtIsCheckedToo) {
  for (const char* bad : {R"({"a":tru})",
                          R"({"a":01})",
                          R"({"a":1.2.3})",
                          R"({"a":"\q"})",
                          R"({"a":1}{"b":2})",
                          R"({"a":1} x)",
                          R"({"a":[1,2)",
                          R"({"a":1)",
                          R"({"a")",
                          R"({"a":})",
                          R"({"a":1,})",
                          R"({a:1})",
                          R"({'a':1})",
                          R"({"a":[1,]})",
                          R"({"a":nul})",
                          R"({"a":+1})",
                          R"({"a":1.})",
                          R"({"a":.5})",
                          R"({"a":1e})",
                          R"({"a":NaN})",
                          R"({"a":"\ud800"})",
                          R"({"a":"\u12"})",
                          R"({"a":1 2})",
                          R"({"a":"x"y})",
                          R"({"a":[{"b":tru}]})",
                          R"({"a":{"b":"\q"}})",
                          R"([1])",
                          "1",
                          "",
                          " ",
                          "null",
                          "\"x\"",
                          "{",
                          "}",
                          "{\"a\":\"\x01\"}",
                          "{\"a\":\"\xff\"}",
                          "\xef\xbb\xbf{\"a\":1}",
                          R"({"a" 1})",
                          R"({"a"::1})",
                          R"({,"a":1})",
                          R"({"a":--1})"}) {
    EXPECT_NE(why_not(bad), "") << bad;
  }
}

TEST(JsonView, DeepNestingIsRefusedNotFollowed) {
  const auto nest = [](int levels) {
    return "{\"a\":" + std::string(static_cast<std::size_t>(levels - 1), '[') +
           std::string(static_cast<std::size_t>(levels - 1), ']') + "}";
  };
  EXPECT_EQ(why_not(nest(kMaxDepth)), "");
  EXPECT_EQ(why_not(nest(kMaxDepth + 1)), "nested deeper than 32 levels");
  EXPECT_EQ(why_not(nest(100'000)), "nested deeper than 32 levels");
  EXPECT_NE(why_not(std::string(100'000, '[')), "");
  EXPECT_NE(why_not("{\"a\":" + std::string(100'000, '{')), "");
}

TEST(JsonView, BadLineDoesNotSpoilTheNext) {
  JsonView json;
  const Padded bad(R"({"a":"\q")");
  const Padded good(R"({"a":1})");
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(json.object(bad.view()));
    EXPECT_TRUE(json.object(good.view()));
  }
}

TEST(JsonView, ArraysGiveTheirElements) {
  JsonView json;
  const Padded text(R"([1,"a",[2],{"b":3}])");
  const auto elements = json.array(text.view());
  ASSERT_TRUE(elements);
  ASSERT_EQ(elements->size(), 4U);
  EXPECT_EQ((*elements)[3].raw, R"({"b":3})");
  EXPECT_FALSE(json.array(Padded(R"({"a":1})").view()));
}

TEST(JsonView, EscapesStandForTheirCharacters) {
  JsonView json;
  const Padded line(
      R"({"a":"\"\/\\\b\f\n\r\t","b":"\u0041\u00e9\u20ac","\ud83d\ude00":"x\ud83D\uDE00y"})");
  const auto members = json.object(line.view());
  ASSERT_TRUE(members) << members.error().text;
  EXPECT_EQ((*members)[0].text, "\"/\\\b\f\n\r\t");
  EXPECT_EQ((*members)[1].text, "A\xc3\xa9\xe2\x82\xac");
  EXPECT_EQ((*members)[2].key, "\xf0\x9f\x98\x80");
  EXPECT_EQ((*members)[2].text, "x\xf0\x9f\x98\x80y");
}

TEST(JsonView, HalfASurrogateIsNoCharacter) {
  for (const char* half :
       {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\n")", R"("\ud800\ud800")",
        R"("\udc00\ud800")", R"("\ud8")", R"("\ud800\u")"}) {
    const std::string value = half;
    EXPECT_NE(why_not("{\"a\":" + value + "}"), "") << half;
    EXPECT_NE(why_not("{\"a\":[" + value + "]}"), "") << half;
    EXPECT_NE(why_not("{" + value + ":1}"), "") << half;
  }
}

/// Wherever it stands among the bytes that are looked at together.
TEST(JsonView, BytesThatAreNoTextAreFoundAnywhere) {
  std::mt19937 random(5);
  constexpr std::string_view kBytes =
      "ab\x7f\x80\xbf\xc1\xc2\xc3\xa9\xe0\xed\xa0\xf0\x9f\xf4\x90\xff\x1f";
  for (int i = 0; i < 40000; ++i) {
    std::string text(random() % 9, 'x');
    for (auto left = random() % 6; left > 0; --left)
      text += kBytes[random() % kBytes.size()];
    text += std::string(random() % 9, 'y');
    const bool good = is_utf8(text) && text.find('\x1f') == std::string::npos;
    EXPECT_EQ(why_not("{\"a\":\"" + text + "\"}").empty(), good) << to_hex(text);
    EXPECT_EQ(why_not("{\"a\":[{\"" + text + "\":1}]}").empty(), good) << to_hex(text);
  }
}

/// Mutated documents: we must agree with nlohmann on what is JSON (depth and duplicates aside).
TEST(JsonView, AgreesWithAnotherParserOnWhatIsJson) {
  const std::string seed =
      R"({"ts":1790000000123,"a":[1,-2.5e3,"x\u00e9\n"],"o":{"p":{},"q":[[]]},"t":true,"n":null})";
  std::mt19937 random(23);
  constexpr std::string_view kBytes = "{}[]\",:\\0123456789.-+eEtrufalsn \n\x01\xc3\xa9/u";
  for (int i = 0; i < 40000; ++i) {
    std::string text = seed;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 4);
          break;
        default:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
      if (text.empty()) text = " ";
    }
    const auto judged = nlohmann::json::parse(text, nullptr, false);
    const bool valid = !judged.is_discarded() && judged.is_object();
    EXPECT_EQ(why_not(text).empty(), valid) << text << "\n" << why_not(text);
  }
}

}  // namespace
}  // namespace tbgw
