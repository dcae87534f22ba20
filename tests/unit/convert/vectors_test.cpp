// SPDX-License-Identifier: Apache-2.0
// What the reference gateway's own converters made of the same inputs (tests/vectors/convert).
// Every case runs in our meaning and with --compat. Where we differ on purpose, the file
// tests/vectors/convert_differences.json lists the case, what we do, and why; a listed case that
// does not differ (any more) fails too.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <set>

#include "convert/cast.hpp"
#include "convert/message.hpp"
#include "convert/timestamp.hpp"
#include "convert_testing.hpp"
#include "core/fd.hpp"
#include "core/number.hpp"
#include "core/text.hpp"

namespace tbgw::convert {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::int64_t kNow = 1790000000123;

Json load(const std::string& name) {
  const auto folder = std::filesystem::path(__FILE__).parent_path() / "../../vectors";
  return Json::parse(read_file((folder / name).string()));
}

struct Difference {
  Json expect;
  std::string reason;
};

std::map<std::string, Difference> differences(std::string_view mode) {
  std::map<std::string, Difference> out;
  const Json file = load("convert_differences.json");
  for (const Json& entry : file.at("convert")) {
    const auto applies = entry.at("mode").get<std::string>();
    if (applies != "both" && applies != mode) continue;
    for (const auto& [id, expect] : entry.at("cases").items())
      EXPECT_TRUE(out.emplace(id, Difference{expect, entry.at("reason")}).second) << id;
  }
  return out;
}

/// Equal as JSON, numbers by their value and by whether they are written as reals.
bool same(const Json& a, const Json& b) {
  if (a.is_number_float() && b.is_number_float()) return a.get<double>() == b.get<double>();
  if (a.is_array() && b.is_array() && a.size() == b.size()) {
    return std::equal(a.begin(), a.end(), b.begin(), same);
  }
  if (a.is_object() && b.is_object() && a.size() == b.size()) {
    return std::all_of(a.items().begin(), a.items().end(), [&](const auto& member) {
      return b.contains(member.key()) && same(member.value(), b[member.key()]);
    });
  }
  return a.type() == b.type() ? a == b : a.is_number_integer() && b.is_number_integer() && a == b;
}

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

/// What of the expectation is compared: what the run says. (The reference's errors have names.)
Json comparable(const Json& expect, const Json& got) {
  if (expect.contains("ok") && !expect["ok"].get<bool>()) return {{"ok", false}};
  Json out = Json::object();
  for (const auto& [key, value] : got.items())
    out[key] = expect.contains(key) ? expect[key] : Json("absent");
  return without_empty(out);
}

using Run = Json (*)(const Json& input, bool compat);

void run_all(const std::string& name, Run run, std::size_t least) {
  const Json file = load("convert/" + name + ".json");
  EXPECT_GE(file.at("cases").size(), least);
  for (const bool compat : {false, true}) {
    const auto listed = differences(compat ? "compat" : "ours");
    for (const Json& vector : file["cases"]) {
      const auto id = vector["id"].get<std::string>();
      const Json got = run(vector["input"], compat);
      const bool agrees = same(comparable(vector["expect"], got), got);
      const auto difference = listed.find(id);
      if (difference == listed.end()) {
        EXPECT_TRUE(agrees) << (compat ? "compat " : "ours ") << id << " " << vector["input"].dump()
                            << "\n  reference " << vector["expect"].dump() << "\n  we "
                            << got.dump();
        continue;
      }
      EXPECT_TRUE(same(comparable(difference->second.expect, got), got))
          << (compat ? "compat " : "ours ") << id << " is listed as "
          << difference->second.expect.dump() << " (" << difference->second.reason << ")\n  we "
          << got.dump();
      EXPECT_FALSE(agrees) << id << " is listed as a difference and does not differ";
    }
  }
}

class Vectors : public testing::Test {
 protected:
  void SetUp() override {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(Vectors, MqttJsonAsTheReferenceDoes) {
  run_all("mqtt_json", run_mqtt_json, 32);
}
TEST_F(Vectors, MqttBytesAsTheReferenceDoes) {
  run_all("mqtt_bytes", run_mqtt_bytes, 8);
}
TEST_F(Vectors, RequestJsonAsTheReferenceDoes) {
  run_all("request_json", run_request_json, 14);
}
TEST_F(Vectors, TypesAreCastAsTheReferenceDoes) {
  run_all("cast", run_cast, 60);
}
TEST_F(Vectors, PlacesInMessagesAreFoundAsTheReferenceDoes) {
  run_all("template", run_template, 8);
}
TEST_F(Vectors, NamesInTopicsAreFoundAsTheReferenceDoes) {
  run_all("topic_regex", run_topic_regex, 4);
}
TEST_F(Vectors, TimesAreFoundAsTheReferenceDoes) {
  run_all("timestamp", run_timestamp, 8);
}

TEST_F(Vectors, EveryListedDifferenceIsOfACaseThatExists) {
  std::set<std::string> ids;
  for (const char* name : {"mqtt_json", "mqtt_bytes", "request_json", "cast", "template",
                           "topic_regex", "timestamp"}) {
    const Json file = load(std::string{"convert/"} + name + ".json");
    for (const Json& vector : file["cases"])
      ids.insert(vector["id"].get<std::string>());
  }
  for (const char* mode : {"ours", "compat"}) {
    for (const auto& [id, difference] : differences(mode)) {
      EXPECT_TRUE(ids.count(id) == 1) << id;
      EXPECT_GT(difference.reason.size(), 20U);
    }
  }
}

}  // namespace
}  // namespace tbgw::convert
