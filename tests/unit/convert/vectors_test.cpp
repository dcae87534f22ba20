// SPDX-License-Identifier: Apache-2.0
// What the reference gateway's own converters made of the same inputs (tests/vectors/convert).
#include "../vectors.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

#include "convert/cast.hpp"
#include "convert/message.hpp"
#include "convert/timestamp.hpp"
#include "convert_testing.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using vectors::Json;

constexpr std::int64_t kNow = 1790000000123;

/// The devices of the readings in `out`, as the vectors write them.
Json devices_of(std::string_view out) {
  Json devices = Json::array();
  while (!out.empty()) {
    const std::size_t end = out.find('\n');
    const Json reading = Json::parse(out.substr(0, end));
    out.remove_prefix(end + 1);
    Json device{{"deviceName", reading.at("deviceName")}, {"deviceType", reading.at("deviceType")}};
    device["telemetry"] = Json::array();
    device["attributes"] = Json::object();
    if (reading.contains("telemetry")) device["telemetry"] = reading["telemetry"];
    for (Json& entry : device["telemetry"]) {
      if (entry["ts"] == kNow) entry["ts"] = "$now";
    }
    if (reading.contains("attributes")) device["attributes"] = reading["attributes"].at(0);
    devices.push_back(std::move(device));
  }
  return devices;
}

/// One message through the map that `file` is.
Json converted(const Json& file, const Json& record, bool compat) {
  Up up(file.dump(), compat);
  const std::string out = up(record.dump());
  if (out.empty() && up.rejected.find("not valid JSON") != std::string::npos)
    return {{"ok", false}};
  if (out.empty() && !up.rejected.empty()) {
    // The reference answers with a device without values where a value is missing or bad.
    return {{"ok", true}, {"devices", Json::array()}};
  }
  return {{"ok", true}, {"devices", devices_of(out)}};
}

/// What a vector of the reference says without devices that have no values: we print none.
Json without_empty(Json expect) {
  if (!expect.contains("devices")) return expect;
  Json devices = Json::array();
  for (Json& device : expect["devices"]) {
    if (!device["telemetry"].empty() || !device["attributes"].empty()) devices.push_back(device);
  }
  expect["devices"] = std::move(devices);
  return expect;
}

Json mqtt_file(Json mapping, std::string_view type) {
  if (!mapping.contains("topicFilter")) mapping["topicFilter"] = "#";
  if (!mapping["converter"].contains("type")) mapping["converter"]["type"] = type;
  return {{"broker", Json::object()}, {"mapping", {std::move(mapping)}}};
}

Json run_mqtt_json(const Json& input, bool compat) {
  return converted(mqtt_file(input["config"], "json"),
                   {{"ts", kNow},
                    {"source", "mqtt"},
                    {"topic", input["topic"]},
                    {"data", input["payload"].dump()}},
                   compat);
}

Json run_mqtt_bytes(const Json& input, bool compat) {
  return converted(mqtt_file(input["config"], "bytes"),
                   {{"ts", kNow},
                    {"source", "mqtt"},
                    {"topic", input["topic"]},
                    {"data", input["payload_hex"]},
                    {"encoding", "hex"}},
                   compat);
}

Json run_request_json(const Json& input, bool compat) {
  const Json file{{"host", "http://h"}, {"mapping", {input["config"]}}};
  const Json& payload = input["payload"];
  const Json data = payload.is_string() ? payload : Json(payload.dump());
  return converted(file, {{"ts", kNow}, {"source", "http"}, {"url", "/x"}, {"data", data}}, compat);
}

Json run_cast(const Json& input, bool compat) {
  const std::string raw = input["value"].dump();
  JsonDocument document;
  EXPECT_TRUE(document.read(raw));
  std::string out;
  const auto done =
      append_cast(out, document.root(), parse_cast(input["type"].get<std::string>()), compat);
  if (!done) return {{"ok", false}};
  const Json value = Json::parse(out);
  const char* type = value.is_boolean()          ? "bool"
                     : value.is_string()         ? "string"
                     : value.is_number_integer() ? "int"
                     : value.is_number()         ? "float"
                                                 : "json";
  return {{"ok", true}, {"value", value}, {"type", type}};
}

Json json_of(const std::optional<JsonMember>& value) {
  return value ? Json::parse(value->raw) : Json(nullptr);
}

Json run_template(const Json& input, bool) {
  const auto text = parse_text(input["expression"].get<std::string>());
  JsonDocument document;
  EXPECT_TRUE(text && document.read(input["body"].dump()));
  Message message;
  message.json = &document;
  Json values = Json::array();
  Json tags = Json::array();
  for (const Text::Piece& piece : text->pieces) {
    if (piece.what != Text::Piece::What::path) continue;
    values.push_back(json_of(message.find(piece.path)));
    tags.push_back(piece.text);
  }
  Json out{{"ok", true}, {"values", values}, {"tags", tags}};
  if (text->single_path()) out["value"] = values[0];
  return out;
}

Json run_topic_regex(const Json& input, bool) {
  Text text;
  auto regex = Regex::compile(input["expression"].get<std::string>());
  EXPECT_TRUE(regex);
  text.from_address = *std::move(regex);
  const auto topic = input["topic"].get<std::string>();
  Message message;
  message.address = topic;
  std::string out;
  const auto filled = fill(text, message, TextStyle::json, out);
  EXPECT_TRUE(filled);
  return {{"value", filled && *filled ? Json(out) : Json(nullptr)}};
}

/// Through a map, as the time is found there.
Json run_timestamp(const Json& input, bool compat) {
  const Json& config = input["config"];
  Json item{{"key", "k"}, {"value", "1"}, {"type", "string"}};
  item.update(config);
  Json data = input["data"];
  if (data.is_array()) data = data.empty() ? Json::object() : data[0];
  const Json mapping{
      {"topicFilter", "#"},
      {"converter",
       {{"type", "json"},
        {"deviceInfo", {{"deviceNameExpressionSource", "constant"}, {"deviceNameExpression", "D"}}},
        {"timeseries", {item}}}}};
  const Json got = converted(mqtt_file(mapping, "json"),
                             {{"ts", kNow}, {"topic", "t"}, {"data", data.dump()}}, compat);
  const Json ts = got.at("devices").at(0).at("telemetry").at(0).at("ts");
  return {{"ok", true}, {"ts", ts == "$now" ? Json(nullptr) : ts}};
}

class Vectors : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }

  vectors::Family family_{"convert", "convert_differences.json", without_empty};
};

TEST_F(Vectors, MqttJsonAsTheReferenceDoes) {
  family_.run("mqtt_json", run_mqtt_json, 32);
}
TEST_F(Vectors, MqttBytesAsTheReferenceDoes) {
  family_.run("mqtt_bytes", run_mqtt_bytes, 8);
}
TEST_F(Vectors, RequestJsonAsTheReferenceDoes) {
  family_.run("request_json", run_request_json, 14);
}
TEST_F(Vectors, TypesAreCastAsTheReferenceDoes) {
  family_.run("cast", run_cast, 60);
}
TEST_F(Vectors, PlacesInMessagesAreFoundAsTheReferenceDoes) {
  family_.run("template", run_template, 8);
}
TEST_F(Vectors, NamesInTopicsAreFoundAsTheReferenceDoes) {
  family_.run("topic_regex", run_topic_regex, 4);
}
TEST_F(Vectors, TimesAreFoundAsTheReferenceDoes) {
  family_.run("timestamp", run_timestamp, 8);
}

TEST_F(Vectors, EveryListedDifferenceIsOfACaseThatExists) {
  family_.check_differences(
      {"mqtt_json", "mqtt_bytes", "request_json", "cast", "template", "topic_regex", "timestamp"});
}

}  // namespace
}  // namespace tbgw::convert
