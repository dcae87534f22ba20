// SPDX-License-Identifier: Apache-2.0
// A command made by the way down and read back by the way up gives the value that went in, for
// every type, order and scale, at the edges and anywhere between.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "convert_testing.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Json = nlohmann::ordered_json;

/// A map with one value that goes down and comes up as `entry` says.
std::string map_of(const Json& entry) {
  Json up = entry;
  up["key"] = "v";
  if (!up.contains("decode")) up["at"] = up.value("at", 0);
  Json down = entry;
  down.erase("at");
  down["attribute"] = "v";
  return Json{{"maps", {{{"decode", "bytes"}, {"deviceName", "D"}, {"telemetry", {up}}}}},
              {"attributeUpdates", {down}}}
      .dump();
}

class RoundTrip {
 public:
  explicit RoundTrip(const std::string& map) : up_(map), down_(map) {}

  /// What comes back of `value` (JSON), as JSON; "" = the way down refused it.
  std::string operator()(const std::string& value) {
    const std::string out =
        down_(R"({"event":"attributes","device":"D","data":{"v":)" + value + "}}");
    if (out.empty()) return "";
    Json record = Json::parse(out);
    record["data"] = record["send"];
    record.erase("send");
    const std::string reading = up_(record.dump());
    const std::size_t start = reading.find("{\"v\":");
    if (start == std::string::npos) return "nothing: " + up_.rejected;
    return reading.substr(start + 5, reading.size() - start - 5 - std::string_view{"}]}\n"}.size());
  }
  [[nodiscard]] const std::string& note() const { return down_.note; }

 private:
  Up up_;
  Down down_;
};

const std::vector<Json> kOrders{
    Json::object(),
    {{"byteOrder", "little"}},
    {{"byteOrder", "big"}, {"wordOrder", "little"}},
    {{"byteOrder", "little"}, {"wordOrder", "big"}},
};

Json with(const Json& order, Json entry) {
  entry.update(order);
  return entry;
}

TEST(RoundTripTest, IntegersOfEveryWidthAndOrder) {
  std::mt19937_64 random(1);
  for (const Json& order : kOrders) {
    for (unsigned bits = 8; bits <= 64; bits += 8) {
      RoundTrip u(map_of(with(order, {{"type", "u" + std::to_string(bits)}})));
      RoundTrip i(map_of(with(order, {{"type", "i" + std::to_string(bits)}})));
      const std::uint64_t most = bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
      std::vector<std::uint64_t> values{0, 1, most / 2, most / 2 + 1, most};
      for (int k = 0; k < 30; ++k)
        values.push_back(random() & most);
      for (const std::uint64_t value : values) {
        const std::string text = std::to_string(value);
        EXPECT_EQ(u(text), text) << bits << order;
        const auto half = static_cast<std::int64_t>(most / 2);
        const std::string negative =
            std::to_string(static_cast<std::int64_t>(value & (most / 2)) - half - 1);
        EXPECT_EQ(i(negative), negative) << bits << order;
      }
      const std::string over = bits == 64 ? "18446744073709551616" : std::to_string(most + 1);
      EXPECT_EQ(u(over), "") << bits;
      EXPECT_EQ(u("-1"), "") << bits;
      EXPECT_EQ(i(std::to_string(most / 2 + 1)), "") << bits;
    }
  }
}

TEST(RoundTripTest, FloatsOfEveryWidthAndOrder) {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> any(-50000, 50000);
  for (const Json& order : kOrders) {
    RoundTrip f16(map_of(with(order, {{"type", "f16"}})));
    RoundTrip f32(map_of(with(order, {{"type", "f32"}})));
    RoundTrip f64(map_of(with(order, {{"type", "f64"}})));
    for (const char* text : {"0.0", "229.8", "-0.5", "3.4028235e+38", "1e-40"})
      EXPECT_EQ(std::stod(f32(text)), std::stod(text));
    for (const char* text : {"229.8", "1.7976931348623157e+308", "0.1", "5e-324"})
      EXPECT_EQ(Json::parse(f64(text)), Json::parse(text));
    for (const char* text : {"0.0", "1.0", "-2.5", "65504.0", "5.960464477539063e-08", "0.25"})
      EXPECT_EQ(Json::parse(f16(text)), Json::parse(text));
    EXPECT_EQ(f32("229.8"), "229.8") << "not 229.8000030517578";
    EXPECT_EQ(f32("1e39"), "");
    EXPECT_EQ(f16("65520"), "");
    for (int k = 0; k < 200; ++k) {
      const double value = any(random);
      EXPECT_EQ(std::stod(f64(Json(value).dump())), value);
      const auto single = static_cast<float>(value);
      EXPECT_EQ(std::stof(f32(Json(static_cast<double>(single)).dump())), single);
      const double half = std::stod(f16(Json(value).dump()));
      EXPECT_NEAR(half, value, std::fabs(value) / 2000 + 1e-7);
      EXPECT_EQ(std::stod(f16(Json(half).dump())), half) << "what comes back stays";
    }
  }
}

TEST(RoundTripTest, EveryHalfPrecisionNumber) {
  RoundTrip f16(map_of({{"type", "f16"}}));
  Up up(map_of({{"type", "f16"}}));
  for (unsigned bits = 0; bits < 0x7C00U; bits += 7) {
    const std::string frame{static_cast<char>(bits >> 8U), static_cast<char>(bits & 0xFFU)};
    const std::string reading = up(R"({"data":")" + to_hex(frame) + R"(","encoding":"hex"})");
    const std::string value = reading.substr(reading.find("\"v\":") + 4);
    const std::string number = value.substr(0, value.find('}'));
    EXPECT_EQ(f16(number), number) << bits;
  }
}

TEST(RoundTripTest, DecimalsWithScaleAndOffset) {
  std::mt19937 random(3);
  std::uniform_int_distribution<int> any(0, 65535);
  RoundTrip tenths(map_of({{"type", "u16"}, {"scale", 0.1}}));
  RoundTrip shifted(map_of({{"type", "u16"}, {"scale", "0.01"}, {"offset", -273.15}}));
  RoundTrip divided(map_of({{"type", "i32"}, {"scale", -0.125}, {"byteOrder", "little"}}));
  RoundTrip large(map_of({{"type", "u16"}, {"scale", 100}}));
  EXPECT_EQ(tenths("229.8"), "229.8");
  EXPECT_EQ(shifted("-273.15"), "-273.15");
  for (int k = 0; k < 300; ++k) {
    const int raw = any(random);
    const std::string tenth = std::to_string(raw / 10) + "." + std::to_string(raw % 10);
    EXPECT_EQ(tenths(tenth), tenth);
    EXPECT_EQ(large(std::to_string(raw) + "00"), std::to_string(raw) + "00");
    const double value = raw * -0.125;
    EXPECT_EQ(std::stod(divided(Json(value).dump())), value);
    const std::string back = shifted(Json(raw / 100.0 - 273.15).dump());
    EXPECT_EQ(shifted(back), back) << raw;
    EXPECT_NEAR(std::stod(back), raw / 100.0 - 273.15, 0.005001);
  }
  EXPECT_EQ(tenths("229.84"), "229.8") << "to the nearest the bytes can hold";
  EXPECT_EQ(tenths("6553.6"), "");
}

TEST(RoundTripTest, DigitsTextsAndBytes) {
  RoundTrip bcd(map_of({{"type", "bcd"}, {"length", 4}}));
  for (const char* text : {"0", "12", "99999999"})
    EXPECT_EQ(bcd(text), text);
  EXPECT_EQ(bcd("100000000"), "");
  EXPECT_EQ(bcd("-1"), "");
  RoundTrip little(map_of({{"type", "bcd"}, {"length", 3}, {"byteOrder", "little"}}));
  EXPECT_EQ(little("123456"), "123456");
  RoundTrip text(map_of({{"type", "string"}, {"length", 8}}));
  for (const char* value : {R"("abc")", R"("12345678")", R"("ü€")", R"("a \"b\"")"})
    EXPECT_EQ(text(value), value);
  EXPECT_EQ(text(R"("123456789")"), "");
  RoundTrip latin(map_of({{"type", "latin1"}, {"length", 4}}));
  EXPECT_EQ(latin(R"("é¿x")"), R"("é¿x")");
  EXPECT_EQ(latin(R"("€")"), "");
  RoundTrip hex(map_of({{"type", "hex"}, {"length", 3}}));
  EXPECT_EQ(hex(R"("00ff7a")"), R"("00ff7a")");
  EXPECT_EQ(hex(R"("00ff")"), "");
  RoundTrip open(map_of({{"type", "hex"}}));
  EXPECT_EQ(open(R"("00ff7a01")"), R"("00ff7a01")");
}

TEST(RoundTripTest, BitsFlagsAndNames) {
  for (const char* order : {"big", "little"}) {
    RoundTrip bits(map_of({{"type", "u16"}, {"bits", "4-9"}, {"byteOrder", order}}));
    for (int i = 0; i < 64; ++i)
      EXPECT_EQ(bits(std::to_string(i)), std::to_string(i));
    EXPECT_EQ(bits("64"), "");
    RoundTrip signed_bits(map_of({{"type", "i16"}, {"bits", "4-9"}, {"byteOrder", order}}));
    for (int i = -32; i < 32; ++i)
      EXPECT_EQ(signed_bits(std::to_string(i)), std::to_string(i));
    EXPECT_EQ(signed_bits("32"), "");
  }
  RoundTrip flag(map_of({{"type", "bool"}, {"bit", 3}}));
  EXPECT_EQ(flag("true"), "true");
  EXPECT_EQ(flag("false"), "false");
  RoundTrip names(map_of({{"type", "u8"}, {"names", {{"0", "off"}, {"1", "on"}}}}));
  EXPECT_EQ(names("\"on\""), "\"on\"");
  EXPECT_EQ(names("\"off\""), "\"off\"");
  EXPECT_EQ(names("7"), "7");
  EXPECT_EQ(names("\"dim\""), "");
}

TEST(RoundTripTest, LimitsHoldOnTheWayDownToo) {
  RoundTrip strict(map_of({{"type", "u16"}, {"scale", 0.1}, {"min", 5}, {"max", 30}}));
  EXPECT_EQ(strict("30"), "30.0");
  EXPECT_EQ(strict("30.1"), "");
  EXPECT_NE(strict.note().find("30.1 is outside of the limits"), std::string::npos);
  RoundTrip clamp(map_of({{"type", "f32"}, {"min", 5}, {"max", 30}, {"clamp", true}}));
  EXPECT_EQ(clamp("99"), "30.0");
}

TEST(RoundTripTest, TextsWithAnythingInThem) {
  const std::string map = R"({"maps":[{"decode":"regex","pattern":"^SET (?<v>[^\\n]*)\\n$",
    "deviceName":"D","telemetry":[{"key":"v"}]}],
    "attributeUpdates":[{"attribute":"v","send":"SET ${value}\n"}]})";
  RoundTrip text(map);
  for (const char* value : {R"("a")", R"("a;b=c")", R"("\"quoted\" \\ ü")", R"("$(reboot) `x`")"})
    EXPECT_EQ(text(value), value);
  EXPECT_EQ(text("229.8"), "\"229.8\"");
  EXPECT_EQ(text("18446744073709551615"), "\"18446744073709551615\"");
}

TEST(RoundTripTest, AnswersAreReadByTheSameTypes) {
  const std::string map =
      R"({"maps":[{"decode":"bytes","deviceName":"D","telemetry":[{"key":"v","at":0}]}],
    "serverSideRpc":[
     {"method":"set","type":"u16","before":"06","after":"0a","timeout":300,
      "answer":{"at":1,"type":"u16","scale":0.1}},
     {"method":"json","port":"/dev/x","send":"${params.a}","answer":{"value":"${r.v}"}},
     {"methodFilter":"get.*","device":"D","send":"${methodName}?\n","withResponse":true}]})";
  Down down(map);
  Up up(map);
  const auto call = [&](const std::string& method, const std::string& params) {
    return down(R"({"event":"rpc","device":"D","data":{"id":1,"method":")" + method +
                R"(","params":)" + params + "}}");
  };
  EXPECT_EQ(call("set", "2298"),
            R"({"device":"D","send":"0608fa0a","encoding":"hex","rpc":{"id":1,"method":"set"},)"
            R"("answer":{"timeout":300}})"
            "\n");
  EXPECT_EQ(
      up(R"({"device":"D","data":"0608fa0a","encoding":"hex","rpc":{"id":1,"method":"set"}})"),
      R"({"event":"rpc-reply","device":"D","id":1,"data":{"result":229.8}})"
      "\n");
  EXPECT_EQ(
      up(R"({"device":"D","data":"06","encoding":"hex","rpc":{"id":1,"method":"set"}})"),
      R"({"event":"rpc-reply","device":"D","id":1,"data":{"error":"answer to set: the message )"
      R"(has only 1 bytes"}})"
      "\n");
  EXPECT_EQ(call("json", R"({"a":[1]})"),
            R"({"device":"D","port":"/dev/x","send":"[1]","rpc":{"id":1,"method":"json"},)"
            R"("answer":{"timeout":5000}})"
            "\n");
  EXPECT_EQ(up(R"({"device":"D","data":"{\"r\":{\"v\":true}}","rpc":{"id":1,"method":"json"}})"),
            R"({"event":"rpc-reply","device":"D","id":1,"data":{"result":true}})"
            "\n");
  EXPECT_EQ(call("getState", "null"),
            R"({"device":"D","send":"getState?\n","rpc":{"id":1,"method":"getState"},)"
            R"("answer":{"timeout":5000}})"
            "\n");
  EXPECT_EQ(call("set", "\"hot\""),
            R"({"event":"rpc-reply","device":"D","id":1,"data":{"error":"'hot' is not a number"}})"
            "\n");
}

TEST(ScaledNumbers, TheQuickWayGivesWhatTheExactOneGives) {
  std::mt19937 random(4);
  std::uniform_int_distribution<int> any(-70000, 70000);
  for (const char* scale : {"0.1", "0.01", "-0.001", "0.125", "2.5", "0.000000001", "999.999"}) {
    Scaling quick;
    quick.scale = Exact::parse(scale);
    Scaling exact = quick;
    exact.offset = Exact::parse("0");  // takes the other way
    for (int i = 0; i < 500; ++i) {
      const int number = i < 20 ? i - 10 : any(random);
      std::string a;
      std::string b;
      ASSERT_TRUE(append_scaled(a, std::to_string(number), quick));
      ASSERT_TRUE(append_scaled(b, std::to_string(number), exact));
      ASSERT_EQ(a, b) << number << " times " << scale;
    }
  }
}

}  // namespace
}  // namespace tbgw::convert
