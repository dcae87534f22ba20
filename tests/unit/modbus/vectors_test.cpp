// SPDX-License-Identifier: Apache-2.0
// What the reference gateway's own converters made of the same inputs (tests/vectors/modbus).
#include "../vectors.hpp"

#include <gtest/gtest.h>

#include "core/number.hpp"
#include "core/text.hpp"
#include "modbus/codec.hpp"
#include "modbus/pdu.hpp"
#include "modbus/reference_file.hpp"
#include "modbus/rpc_syntax.hpp"

namespace tbgw::modbus {
namespace {

using vectors::Json;

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

/// The reference's seconds may be written as integers.
Json seconds_as_reals(Json expect) {
  if (expect.contains("timeout") && expect["timeout"].is_number()) {
    expect["timeout"] = expect["timeout"].get<double>();
  }
  return expect;
}

class Vectors : public testing::Test {
 protected:
  vectors::Family family_{"modbus", "differences.json", seconds_as_reals};
};

TEST_F(Vectors, DecodeAsTheReferenceDoes) {
  family_.run("decode", run_decode, 222);
}
TEST_F(Vectors, EncodeAsTheReferenceDoes) {
  family_.run("encode", run_encode, 288);
}
TEST_F(Vectors, RangesGiveTheReferencesRequestsAndKeys) {
  family_.run("address_range", run_address_range, 7);
}
TEST_F(Vectors, FramesAreTheReferences) {
  family_.run("frames", run_frames, 15);
}
TEST_F(Vectors, RpcsAreSortedAsTheReferenceDoes) {
  family_.run("rpc_request", run_rpc_request, 8);
}

TEST_F(Vectors, EveryListedDifferenceIsOfACaseThatExists) {
  family_.check_differences({"decode", "encode", "address_range", "frames", "rpc_request"});
}

}  // namespace
}  // namespace tbgw::modbus
