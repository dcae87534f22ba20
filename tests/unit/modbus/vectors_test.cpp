// SPDX-License-Identifier: Apache-2.0
// What the reference gateway's own converters made of the same inputs (tests/vectors/modbus). Every
// case runs in our meaning and with --compat. Where we differ on purpose, the file
// tests/vectors/differences.json lists the case, what we do, and why; a listed case that does not
// differ (any more) fails too.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>

#include "core/fd.hpp"
#include "core/number.hpp"
#include "core/text.hpp"
#include "modbus/codec.hpp"
#include "modbus/pdu.hpp"
#include "modbus/reference_file.hpp"
#include "modbus/rpc_syntax.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

Json load(const std::string& name) {
  const auto folder = std::filesystem::path(__FILE__).parent_path() / "../../vectors";
  return Json::parse(read_file((folder / name).string()));
}

/// What differences.json says of one case in one mode.
struct Difference {
  Json expect;
  std::string reason;
};

std::map<std::string, Difference> differences(std::string_view mode) {
  std::map<std::string, Difference> out;
  const Json file = load("differences.json");
  for (const Json& entry : file.at("modbus")) {
    const auto applies = entry.at("mode").get<std::string>();
    if (applies != "both" && applies != mode) continue;
    for (const auto& [id, expect] : entry.at("cases").items()) {
      EXPECT_TRUE(out.emplace(id, Difference{expect, entry.at("reason")}).second) << id;
    }
  }
  return out;
}

/// Equal as JSON, numbers by their value and whether they are written as reals.
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

Model model_of(Json slave, const Json& input, bool compat) {
  slave.update({{"host", "h"}, {"port", 502}, {"method", "socket"}, {"deviceName", "D"}});
  slave["unitId"] = input.contains("unitId") ? input["unitId"] : Json(1);
  slave["pollPeriod"] = 1000;
  slave["byteOrder"] = input.at("byteOrder");
  slave["wordOrder"] = input.at("wordOrder");
  if (input.at("config").contains("repack")) slave["repack"] = input["config"]["repack"];
  auto file = std::make_shared<ConfigFile>();
  file->name = "modbus.json";
  file->root = {{"master", {{"slaves", Json::array({std::move(slave)})}}}};
  return import_file(std::move(file), compat).model;
}

Json named(Json config) {
  if (!config.contains("tag")) config["tag"] = "v";
  if (!config.contains("address")) config["address"] = 0;
  config.erase("repack");
  return config;
}

std::vector<std::uint16_t> cells_of(const Json& input) {
  const Json& list = input.contains("coils") ? input["coils"] : input["registers"];
  std::vector<std::uint16_t> cells;
  for (const Json& cell : list)
    cells.push_back(cell.is_boolean() ? (cell.get<bool>() ? 1 : 0) : cell.get<std::uint16_t>());
  return cells;
}

Json run_decode(const Json& input, bool compat) {
  const Model model = model_of({{"timeseries", {named(input["config"])}}}, input, compat);
  if (model.units.at(0).tags.empty()) return {{"ok", false}};
  const Tag& tag = model.units[0].tags[0];
  const auto cells = cells_of(input);
  const auto pdu = parse_hex(input["response_pdu_hex"].get<std::string>());
  if (!cells.empty()) {
    const auto count = static_cast<std::uint16_t>(cells.size());
    const Answer answer = check_answer(read_request(tag.table(), tag.address, count), *pdu);
    EXPECT_EQ(answer.kind, Answer::Kind::good) << answer.text;
    EXPECT_EQ(answer.cells, cells);
  }
  const auto text = decode(tag, cells);
  if (!text) return {{"ok", false}};
  const Json value = Json::parse(*text);
  const char* type = value.is_array()            ? "list"
                     : value.is_boolean()        ? "bool"
                     : value.is_string()         ? "string"
                     : value.is_number_integer() ? "int"
                                                 : "float";
  return {{"ok", true}, {"value", value}, {"type", type}};
}

Json run_encode(const Json& input, bool compat) {
  const Model model = model_of({{"attributeUpdates", {named(input["config"])}}}, input, compat);
  if (model.units.at(0).updates.empty()) return {{"ok", false}};
  const Tag& tag = model.units[0].updates[0];
  const auto write = encode(tag, input["value"]);
  if (!write) return {{"ok", false}};
  const auto pdu = to_pdu(write_request(*write, tag.function, false));
  if (!pdu) return {{"ok", false}};
  return {{"ok", true}, {"request_pdu_hex", to_hex(*pdu)}};
}

Json run_address_range(const Json& input, bool compat) {
  const Model model = model_of({{"timeseries", {named(input["config"])}}}, input, compat);
  const Unit& unit = model.units.at(0);
  Json requests = Json::array();
  Json values = Json::object();
  for (const Block& block : plan(unit.tags, unit.period, unit.limits, unit.holes)) {
    requests.push_back({block.address, block.count});
    std::vector<std::uint16_t> cells;
    for (unsigned i = 0; i < block.count; ++i)
      cells.push_back(input["memory"].at(std::to_string(block.address + i)).get<std::uint16_t>());
    for (const std::size_t index : block.tags) {
      const Tag& tag = unit.tags[index];
      const auto text = decode(tag, Cells{cells}.subspan(block.offset(tag), tag.count));
      if (text) values[tag.key] = Json::parse(*text);
    }
  }
  return {{"ok", true}, {"requests", requests}, {"values", values}};
}

Json run_frames(const Json& input, bool) {
  Frame frame{input["transaction"], input["unit"], *parse_hex(input["pdu_hex"].get<std::string>())};
  return {{"rtu_hex", to_hex(wrap(Framing::rtu, frame))},
          {"ascii", wrap(Framing::ascii, frame)},
          {"tcp_hex", to_hex(wrap(Framing::tcp, frame))}};
}

Json run_rpc_request(const Json& input, bool) {
  const auto rpc = parse_rpc(input["content"]);
  if (!rpc) return {{"ok", false}};
  const bool device = rpc->kind == Rpc::Kind::device;
  const bool connector = rpc->kind == Rpc::Kind::connector;
  Json params = rpc->tag;
  if (!device) params.erase("tag");
  if (connector) params["value"] = rpc->value;
  return {{"ok", true},
          {"kind", device      ? "DEVICE"
                   : connector ? "CONNECTOR"
                               : "RESERVED"},
          {"method", rpc->method},
          {"params", params},
          {"value", rpc->value},
          {"timeout", static_cast<double>(rpc->timeout.count()) / 1000},
          {"id", rpc->id},
          {"device", rpc->device}};
}

/// What of the expectation is compared: what the run says. (The reference's errors have names.)
Json comparable(const Json& expect, const Json& got) {
  if (expect.contains("ok") && !expect["ok"].get<bool>()) return {{"ok", false}};
  Json out = Json::object();
  for (const auto& [key, value] : got.items())
    out[key] = key == "timeout" && expect.contains(key) ? Json(expect[key].get<double>())
               : expect.contains(key)                   ? expect[key]
                                                        : Json("absent");
  return out;
}

using Run = Json (*)(const Json& input, bool compat);

void run_all(const std::string& name, Run run, std::size_t least) {
  const Json file = load("modbus/" + name + ".json");
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
          << id << " is listed as " << difference->second.expect.dump() << " ("
          << difference->second.reason << ")\n  we " << got.dump();
      EXPECT_FALSE(agrees) << id << " is listed as a difference and does not differ";
    }
  }
}

TEST(Vectors, DecodeAsTheReferenceDoes) {
  run_all("decode", run_decode, 222);
}
TEST(Vectors, EncodeAsTheReferenceDoes) {
  run_all("encode", run_encode, 288);
}
TEST(Vectors, RangesGiveTheReferencesRequestsAndKeys) {
  run_all("address_range", run_address_range, 7);
}
TEST(Vectors, FramesAreTheReferences) {
  run_all("frames", run_frames, 15);
}
TEST(Vectors, RpcsAreSortedAsTheReferenceDoes) {
  run_all("rpc_request", run_rpc_request, 8);
}

TEST(Vectors, EveryListedDifferenceIsOfACaseThatExists) {
  std::set<std::string> ids;
  for (const char* name : {"decode", "encode", "address_range", "frames", "rpc_request"}) {
    const Json file = load(std::string{"modbus/"} + name + ".json");
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
}  // namespace tbgw::modbus
