// SPDX-License-Identifier: Apache-2.0
#include "modbus/tag_reader.hpp"

#include <gtest/gtest.h>

#include "core/status.hpp"
#include "modbus/csv_tags.hpp"
#include "modbus/tag_notation.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Tag> tags_in(const Json& object, TagUse use = TagUse::read) {
  const auto tags = read_tags(object, use, {});
  EXPECT_TRUE(tags) << (tags ? "" : tags.error().text);
  return tags ? *tags : std::vector<Tag>{};
}
Tag tag_in(const Json& object, TagUse use = TagUse::read) {
  const auto tags = tags_in(object, use);
  return tags.empty() ? Tag{} : tags.front();
}
std::string error_of(Json object, TagUse use = TagUse::read) {
  if (!object.contains("tag")) object["tag"] = "t";
  const auto tags = read_tags(object, use, {});
  return tags ? "no error" : tags.error().text;
}

TEST(TagReader, TheReferencesKeysAreRead) {
  const Tag tag = tag_in({{"tag", "power"},
                          {"type", "32int"},
                          {"functionCode", 4},
                          {"objectsCount", 2},
                          {"address", 20},
                          {"divider", 10},
                          {"variants", {{"0", "off"}, {"1.0", "on"}}},
                          {"reportStrategy", {{"type", "ON_CHANGE"}}}});
  EXPECT_EQ(tag.key, "power");
  EXPECT_EQ(tag.function, 4);
  EXPECT_EQ(tag.address, 20);
  EXPECT_EQ(tag.count, 2);
  EXPECT_EQ(name_of(tag.type), "32int");
  EXPECT_EQ(name_of(tag.order), "DCBA") << "LITTLE is the reference's default";
  EXPECT_EQ(to_double(tag.scale.divisor), 10);
  EXPECT_TRUE(tag.scale.real);
  EXPECT_EQ(tag.labels.size(), 2U);
  EXPECT_EQ(tag.strategy.kind, report::Kind::on_change);
}

TEST(TagReader, OldNamesOfTheCountMeanTheSame) {
  for (const char* key : {"objectsCount", "registersCount", "registerCount", "count"}) {
    EXPECT_EQ(tag_in({{"tag", "t"}, {"type", "int"}, {"functionCode", 3}, {"address", 0}, {key, 2}})
                  .type.width,
              32);
  }
}

TEST(TagReader, OurKeysAreRead) {
  const Tag tag = tag_in({{"tag", "t"},
                          {"type", "32float"},
                          {"address", "hr@7"},
                          {"order", "CDAB"},
                          {"offset", -40},
                          {"multiplier", "0.001"},
                          {"round", "exact"},
                          {"invalid", {-9999.5, "0x7fc00000"}},
                          {"min", 0},
                          {"max", 1e3},
                          {"pollPeriod", "10s"},
                          {"deadband", "2%"},
                          {"verify", true}});
  EXPECT_EQ(tag.address, 6);
  EXPECT_EQ(name_of(tag.order), "CDAB");
  EXPECT_FALSE(tag.round);
  ASSERT_EQ(tag.invalid.size(), 2U);
  EXPECT_EQ(tag.invalid[0], 0xc61c3e00U);
  EXPECT_EQ(tag.invalid[1], 0x7fc00000U);
  EXPECT_EQ(tag.period, Milliseconds{10000});
  EXPECT_EQ(tag.strategy.deadband.percent, 2);
  EXPECT_EQ(tag.strategy.kind, report::Kind::on_change);
  EXPECT_TRUE(tag.verify);
  EXPECT_TRUE(tag_in({{"tag", "t"}, {"address", "hr:1"}, {"pollPeriod", "connect"}}).once);
  EXPECT_EQ(
      tag_in({{"tag", "t"}, {"address", "hr:1"}, {"type", "16int"}, {"invalid", -1}}).invalid[0],
      0xffffU);
}

TEST(TagReader, MarkersAreTheBitsThatTheTypeHolds) {
  const auto marker = [](const char* type, const Json& value) {
    return tag_in({{"tag", "t"}, {"address", "hr:1"}, {"type", type}, {"invalid", value}})
        .invalid.at(0);
  };
  EXPECT_EQ(marker("16int", -32768), 0x8000U);
  EXPECT_EQ(marker("16uint", -1), 0xffffU);
  EXPECT_EQ(marker("32float", -9999.9), 0xc61c3f9aU) << "not the nearest double";
  EXPECT_EQ(marker("16bcd", 9999), 0x9999U);
  EXPECT_EQ(marker("64uint", "0xFFFFFFFFFFFFFFFF"), 0xffffffffffffffffU);
  EXPECT_NE(error_of({{"address", "hr:1"}, {"invalid", 70000}}).find("does not fit"),
            std::string::npos);
  EXPECT_NE(error_of({{"address", "hr:1"}, {"invalid", "0xzz"}}), "no error");
}

TEST(TagReader, ByteOrderOfASingleTagOverridesTheUnits) {
  const Tag tag = tag_in(
      {{"tag", "t"}, {"type", "32int"}, {"functionCode", 3}, {"address", 0}, {"byteOrder", "BIG"}});
  EXPECT_EQ(name_of(tag.order), "CDAB");
}

TEST(TagReader, TheUnitsOrderDoesNotTouchTextsAndBits) {
  for (const char* type : {"string", "bytes", "bits", "8int"}) {
    const Json object{
        {"tag", "t"}, {"type", type}, {"functionCode", 3}, {"address", 0}, {"objectsCount", 1}};
    EXPECT_EQ(tag_in(object).order, kBigEndian) << type;
    Json own = object;
    own["order"] = "BADC";
    EXPECT_EQ(name_of(tag_in(own).order), "BADC") << type;
  }
}

TEST(TagReader, ABitIsOneRegisterWhateverTheCountSays) {
  const Tag tag = tag_in({{"tag", "t"},
                          {"type", "bits"},
                          {"functionCode", 3},
                          {"address", 5},
                          {"objectsCount", 16},
                          {"bit", 3}});
  EXPECT_EQ(tag.count, 1);
  EXPECT_TRUE(tag.bits_as_numbers);
  const Tag range =
      tag_in({{"tag", "t"}, {"type", "bits"}, {"functionCode", 3}, {"address", 5}, {"bit", "4-7"}});
  EXPECT_EQ(range.bit, (BitField{4, 4}));
  EXPECT_EQ(name_of(range.type), "16uint");
  const Tag coil = tag_in({{"tag", "t"},
                           {"type", "bits"},
                           {"functionCode", 1},
                           {"address", 5},
                           {"objectsCount", 8},
                           {"bit", 3}});
  EXPECT_EQ(coil.count, 8);
}

TEST(TagReader, RangesBecomeTagsWithTheirAddressesInTheKey) {
  const auto tags =
      tags_in({{"tag", "u${unitId}.${address}.${type}.${functionCode}.${objectsCount}"},
               {"type", "32int"},
               {"functionCode", 3},
               {"objectsCount", 2},
               {"address", "10-13"},
               {"tagOverrides", {{"12", "named"}}}});
  ASSERT_EQ(tags.size(), 2U);
  EXPECT_EQ(tags[0].key, "u1.10.32int.3.2");
  EXPECT_EQ(tags[1].key, "named");
  EXPECT_EQ(tags[1].address, 12);
  EXPECT_EQ(tags[0].most_per_request, 16);
  EXPECT_EQ(tags_in({{"tag", "t"}, {"functionCode", 3}, {"address", "4-4"}})[0].key, "t_4");
}

TEST(TagReader, AScaleFactorMayBeATagOrAPlace) {
  const auto named =
      tags_in({{"tag", "W"}, {"type", "16int"}, {"address", "hr:83"}, {"scaleFrom", "W_SF"}});
  EXPECT_EQ(named.size(), 1U);
  const auto placed =
      tags_in({{"tag", "W"}, {"type", "16int"}, {"address", "hr:83"}, {"scaleFrom", "hr:84"}});
  ASSERT_EQ(placed.size(), 2U);
  EXPECT_EQ(placed[1].key, "hr:84");
  EXPECT_TRUE(placed[1].hidden);
  EXPECT_EQ(placed[1].address, 84);
  EXPECT_NE(error_of({{"address", "hr:1"}, {"scaleFrom", "co:1"}}).find("scaleFrom"),
            std::string::npos);
}

TEST(TagReader, WhatDoesNotGoTogetherIsRefusedInWords) {
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", 0}, {"type", "32int"}, {"objectsCount", 1}}),
            "a 32int takes 2 registers, not 1");
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", 65535}, {"type", "32int"}}),
            "2 registers from address 65535 on reach past the last one (65535)");
  EXPECT_EQ(error_of({{"functionCode", 1}, {"address", 0}, {"type", "32float"}}),
            "a coil cannot be a 32float");
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", 0}, {"type", "32flot"}}),
            "type: unknown type '32flot' (did you mean '32float'?)");
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", 0}, {"type", "string"}}),
            "a string needs to know how many registers (objectsCount)");
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", 70000}}),
            "address: '70000' is past the last address (65535)");
  EXPECT_EQ(error_of({{"functionCode", 7}, {"address", 0}}),
            "functionCode: must be 1 to 6, 15 or 16, or one of co, di, hr, ir");
  EXPECT_EQ(error_of({{"functionCode", 6}, {"address", 0}}),
            "functionCode: must be 1, 2, 3 or 4 to read");
  EXPECT_EQ(error_of({{"functionCode", 4}, {"address", 0}}, TagUse::update),
            "functionCode: must be 5, 6, 15 or 16 to write");
  EXPECT_EQ(error_of({{"address", 5}}),
            "needs a function code, or an address that says which table (hr:12, 40013)");
  EXPECT_EQ(error_of({{"functionCode", 4}, {"address", "hr:5"}}),
            "address: is in another table than the function code");
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", 0}, {"bit", 16}, {"type", "bits"}}),
            "a register has no bit 16 (0 to 15)");
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", 0}, {"bit", 1}, {"type", "32int"}}),
            "a 32int has no bits (bits, 16int and 16uint have)");
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", 0}, {"dividr", 1}}).substr(0, 12),
            "unknown key ");
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", 0}, {"objectsCount", 0}, {"type", "16int"}}),
            "objectsCount: must be at least 1");
  EXPECT_EQ(error_of({{"functionCode", 3}, {"address", "0-3"}}, TagUse::update),
            "address: must be a single one here");
}

TEST(TagReader, InAJsonFileABadTagCostsOnlyItself) {
  const auto file = parse_config("m.json", R"({"tags":[
{"tag":"bad","functionCode":3,"address":0,"type":"32int","objectsCount":1},
{"tag":"good","functionCode":3,"address":0,"type":"16int","colour":"red"}]})",
                                 false);
  std::vector<std::string> notices;
  std::vector<Tag> tags;
  ConfigTable top(file);
  for (ConfigTable& table : top.tables({"tags"})) {
    for (Tag& tag : read_tags(table, TagUse::read, {}, notices))
      tags.push_back(std::move(tag));
  }
  ASSERT_EQ(tags.size(), 1U);
  EXPECT_EQ(tags[0].key, "good");
  EXPECT_EQ(tags[0].place, "m.json:3");
  EXPECT_EQ(notices, (std::vector<std::string>{
                         "m.json:2: tags[0]: a 32int takes 2 registers, not 1; the tag is left out",
                         "m.json:3: unknown key 'colour', ignored"}));
}

TEST(TagReader, InATomlFileItEndsTheRun) {
  const auto file =
      parse_config("m.toml", "[[tags]]\ntag='t'\nfunctionCode=3\naddress=0\ncolour='red'\n", true);
  std::vector<std::string> notices;
  ConfigTable top(file);
  auto tables = top.tables({"tags"});
  EXPECT_THROW(read_tags(tables[0], TagUse::read, {}, notices), Fatal);
}

std::vector<Tag> typed(std::string_view text) {
  const auto tags = parse_tag(text, notation_defaults());
  EXPECT_TRUE(tags) << (tags ? "" : tags.error().text);
  return tags ? *tags : std::vector<Tag>{};
}

TEST(Notation, TheExamplesAreRead) {
  for (const auto& [text, same] : std::initializer_list<std::pair<const char*, const char*>>{
           {"voltage=ir:0:32float", "voltage=ir:0:32float"},
           {"current=ir:6:16int/10", "current=ir:6:16int/10"},
           {"energy=40013:32uint,CDAB,x0.01", "energy=hr:12:32uint,CDAB,x0.01"},
           {"energy=400013:32uint,cdab", "energy=hr:12:32uint,CDAB"},
           {"serial=hr:0x20:string:8", "serial=hr:32:string:8"},
           {"alarm=hr@5:bit,bit=3", "alarm=hr:4:bits,bit=3"},
           {"relays=co:0:bits:4", "relays=co:0:bits:4"},
           {"relay=co:7", "relay=co:7:bits"},
           {"plain=hr:7", "plain=hr:7:16uint"},
           {"power=ir:12:16int,sf=power_sf", "power=ir:12:16int,sf=power_sf"},
           {"temp=hr:1:16int/10,-40", "temp=hr:1:16int/10,-40"},
           {"temp=hr:1:16int,+0.5,round=2", "temp=hr:1:16int,+0.5,round=2"},
           {"list=hr:1:32float:3", "list=hr:1:32float:3"},
           {"nibble=hr:1,bit=4-7", "nibble=hr:1:16uint,bit=4-7"}}) {
    const auto tags = typed(text);
    ASSERT_EQ(tags.size(), 1U) << text;
    EXPECT_EQ(notation_of(tags[0]), same);
    const auto again = typed(notation_of(tags[0]));
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(notation_of(again[0]), same);
  }
}

TEST(Notation, OptionsReachTheTag) {
  const Tag tag = typed("t=hr:1:16int,invalid=0x8000,period=5s,deadband=0.5,hidden=yes")[0];
  EXPECT_EQ(tag.invalid[0], 0x8000U);
  EXPECT_EQ(tag.period, Milliseconds{5000});
  EXPECT_EQ(tag.strategy.deadband.absolute, 0.5);
  EXPECT_TRUE(tag.hidden);
  EXPECT_FALSE(tag.bits_as_numbers);
  EXPECT_FALSE(typed("a=hr:0:bit,bit=1")[0].bits_as_numbers);
}

TEST(Notation, MistakesAreNamed) {
  const auto error = [](std::string_view text) {
    const auto tags = parse_tag(text, notation_defaults());
    return tags ? std::string{"no error"} : tags.error().text;
  };
  EXPECT_EQ(error("voltage"), "tag 'voltage': is not NAME=PLACE (like voltage=ir:0:32float)");
  EXPECT_EQ(error("v=ir:0:32flot"),
            "tag 'v=ir:0:32flot': type: unknown type '32flot' (did you mean '32float'?)");
  EXPECT_EQ(error("v=12"),
            "tag 'v=12': needs a function code, or an address that says which table "
            "(hr:12, 40013)");
  EXPECT_EQ(error("v=hr:1,rond=2"),
            "tag 'v=hr:1,rond=2': unknown option 'rond' (did you mean 'round'?)");
  for (const char* text : {"=hr:1", "v=", "v=hr:", "v=hr:1:16int:2:3", "v=hr:1,",
                           "v=hr:1,CDAB,ABCD", "v=hr:1/0x", "v=hr:1-3", "v=hr:1,x", "v=hr:70000",
                           "v=hr:1,tag=b", "v=co:1:32float", "v=hr:1,16int", "v=hr:1:string"}) {
    EXPECT_NE(error(text), "no error") << text;
  }
}

std::vector<Tag> tags_of_csv(std::string_view text) {
  ConfigTable top(parse_csv("t.csv", text));
  std::vector<std::string> notices;
  std::vector<Tag> out;
  for (ConfigTable& table : top.tables({"tags"})) {
    for (Tag& tag : read_tags(table, TagUse::read, {}, notices))
      out.push_back(std::move(tag));
  }
  EXPECT_TRUE(notices.empty()) << (notices.empty() ? "" : notices[0]);
  return out;
}

TEST(Csv, SpreadsheetsAreRead) {
  const auto tags = tags_of_csv(
      "\xef\xbb\xbfName,FC,Register,Data Type,Order,Scale,Unit,Period\r\n"
      "# a comment, with a comma\r\n"
      "\"line, \"\"L1\"\"\",4,0,32float,ABCD,,V,\r\n"
      ",,,,,,,\r\n"
      "current,,30007,16int,,0.1,A,5s\r\n"
      "relay,co,0x10,bit,,,,");
  ASSERT_EQ(tags.size(), 3U);
  EXPECT_EQ(tags[0].key, "line, \"L1\"");
  EXPECT_EQ(tags[0].place, "t.csv:3");
  EXPECT_EQ(tags[1].function, 4);
  EXPECT_EQ(tags[1].address, 6);
  EXPECT_EQ(tags[1].period, Milliseconds{5000});
  EXPECT_EQ(notation_of(tags[1]), "current=ir:6:16int,BADC,x0.1");
  EXPECT_EQ(tags[2].address, 16);
  EXPECT_EQ(tags[2].function, 1);
}

TEST(Csv, SemicolonsTabsAndListsInAField) {
  const auto tags =
      tags_of_csv("tag;address;type;enum;invalid\nt;40001;16uint;0=off|1=on;0xffff|-2\n");
  ASSERT_EQ(tags.size(), 1U);
  EXPECT_EQ(tags[0].labels.size(), 2U);
  EXPECT_EQ(tags[0].invalid[1], 0xfffeU);
  EXPECT_EQ(tags_of_csv("tag\taddress\nt\thr:1\n").size(), 1U);
}

TEST(Csv, MistakesHaveTheirLine) {
  const auto error = [](std::string_view text) {
    try {
      parse_csv("t.csv", text);
    } catch (const Fatal& fatal) {
      return std::string{fatal.what()};
    }
    return std::string{"no error"};
  };
  EXPECT_EQ(error(""), "t.csv:1: is empty: the first line must name the columns");
  EXPECT_EQ(error("tag,adress\n"), "t.csv:1: unknown column 'adress' (did you mean 'address'?)");
  EXPECT_EQ(error("tag,address\na,1,2\n"), "t.csv:2: has a field without a column: '2'");
  EXPECT_EQ(error("tag,address\na,1\n\n\"b,2\n"), "t.csv:4: a quoted field has no end");
  EXPECT_EQ(error("tag,tag\n"), "t.csv:1: column 'tag' says the same as another one");
  EXPECT_EQ(error("tag,address\n\"a\"x,1\n"), "t.csv:2: text behind the closing quote of a field");
  EXPECT_EQ(error("tag,trim\na,perhaps\n"), "t.csv:2: trim: 'perhaps' is neither yes nor no");
  EXPECT_EQ(error("tag,address\na,\"1\n2\"\nb,1,2\n"),
            "t.csv:4: has a field without a column: '2'");
}

}  // namespace
}  // namespace tbgw::modbus
