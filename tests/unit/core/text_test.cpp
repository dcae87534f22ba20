// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace tbgw {
namespace {

std::string random_bytes(std::mt19937& random, std::size_t most) {
  std::string bytes(random() % (most + 1), '\0');
  for (char& c : bytes)
    c = static_cast<char>(random());
  return bytes;
}

TEST(Text, JsonStringIsReadBackUnchangedByAnotherParser) {
  std::mt19937 random(7);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = latin1_to_utf8(random_bytes(random, 40));
    const auto parsed = nlohmann::json::parse(json_string(text), nullptr, false);
    ASSERT_FALSE(parsed.is_discarded()) << json_string(text);
    EXPECT_EQ(parsed.get<std::string>(), text);
  }
}

TEST(Text, ControlCharactersAreEscaped) {
  EXPECT_EQ(json_string(std::string("\0\x1f\"\\\n\r\t\b\f\x7f", 10)),
            R"("\u0000\u001f\"\\\n\r\t\b\f)"
            "\x7f\"");
}

TEST(Text, Base64ReadsBackAndMatchesTheStandard) {
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(to_base64(""), "");
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    const std::string bytes = random_bytes(random, 50);
    EXPECT_EQ(*from_base64(to_base64(bytes)), bytes);
  }
}

TEST(Text, WrongBase64IsRefused) {
  for (const char* bad : {"A", "AB=", "A===", "====", "AB=C", "A B=", "AA=A", "\xff\xff\xff\xff"}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

TEST(Text, InvalidUtf8IsSeen) {
  EXPECT_TRUE(is_utf8("grün ✓"));
  EXPECT_FALSE(is_utf8("\xc3"));
  EXPECT_FALSE(is_utf8("\xc0\x80"));          // overlong
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));      // surrogate
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));  // past U+10FFFF
}

TEST(Text, MessagesNeverCarryRawBytesOrHalfCharacters) {
  EXPECT_EQ(in_quotes("a\nb\x01"), "'a\\nb\\x01'");
  EXPECT_EQ(in_quotes("\xff\xfe"), "'\\xff\\xfe'");
  EXPECT_EQ(in_quotes("grün", 3), "'gr…'");
  std::mt19937 random(5);
  for (int i = 0; i < 2000; ++i)
    EXPECT_TRUE(is_utf8(in_quotes(random_bytes(random, 100), 20)));
}

TEST(Text, SuggestionsAreNearNotFar) {
  const std::vector<std::string> keys{"baudrate", "bytesize", "port"};
  EXPECT_EQ(nearest("baudrat", keys), "baudrate");
  EXPECT_EQ(nearest("BaudRate", keys), "baudrate");
  EXPECT_EQ(nearest("prot", keys), "port");
  EXPECT_EQ(nearest("x", keys), "");
  EXPECT_EQ(nearest("parity", keys), "");
}

}  // namespace
}  // namespace tbgw
