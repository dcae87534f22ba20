// SPDX-License-Identifier: Apache-2.0
#include "modbus/explore.hpp"

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/number.hpp"
#include "core/text.hpp"
#include "modbus/codec.hpp"
#include "modbus/timing.hpp"
#include "modbus/unit_plan.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;
using End = TransactionEnd::Kind;

/// How long a unit may think that may not be there.
constexpr Milliseconds kPatience{200};

constexpr std::array<std::string_view, 4> kOrders{"ABCD", "CDAB", "BADC", "DCBA"};

/// With three places behind the point.
double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

Json line_of(const Bus& bus, const Unit& unit, const Block& block) {
  const Cost cost = cost_of(bus, unit, block);
  Json tags = Json::array();
  for (const std::size_t index : block.tags)
    tags.push_back(unit.tags[index].key);
  return Json{{"bus", bus.name},
              {"device", unit.device_name},
              {"unit", unit.unit_id},
              {"functionCode", read_function(block.table)},
              {"address", block.address},
              {"count", block.count},
              {"place", describe(block.table, block.address)},
              {"period", block.period.count() == 0 ? "once" : format_duration(block.period)},
              {"requestBytes", cost.request_bytes},
              {"answerBytes", cost.answer_bytes},
              {"busMs", rounded(static_cast<double>(cost.time.count()) / 1000)},
              {"tags", std::move(tags)}};
}

}  // namespace

void explain_plan(const Model& model, const PrintLine& print,
                  const std::function<void(const std::string&)>& warn) {
  for (std::size_t i = 0; i < model.buses.size(); ++i) {
    const Bus& bus = model.buses[i];
    double load = 0;
    std::size_t requests = 0;
    for (const Unit& unit : model.units) {
      if (unit.bus != i) continue;
      const std::vector<Block> blocks = plan(unit.tags, unit.period, unit.limits, unit.holes);
      for (const Block& block : blocks)
        print(line_of(bus, unit, block).dump());
      requests += blocks.size();
      load += load_of(bus, unit, blocks);
    }
    Json total{{"bus", bus.name}, {"requests", requests}};
    if (bus.transport == Transport::serial) total["busyPercent"] = rounded(load * 100);
    print(total.dump());
    if (load > 1) {
      warn(bus.name + ": these requests need " + std::to_string(std::lround(load * 100)) +
           " % of the line's time: polls will be left out; ask less often, or raise the baud rate");
    }
  }
}

Result<void> guess(Asker& asker, const Unit& unit, Table table, std::uint16_t address,
                   const PrintLine& print) {
  std::vector<std::uint16_t> cells;
  std::string why;
  const std::array<std::uint16_t, 3> counts = is_bits(table)
                                                  ? std::array<std::uint16_t, 3>{16, 8, 1}
                                                  : std::array<std::uint16_t, 3>{4, 2, 1};
  for (const std::uint16_t count : counts) {
    if (address + std::uint32_t{count} > 0x10000U) continue;
    const Request request = read_request(table, address, count);
    const TransactionEnd end = asker.ask(unit.unit_id, request, Milliseconds{1000}, unit.retries);
    why = end.text;
    if (end.kind != End::answered) return Error{end.text};
    if (end.answer.kind != Answer::Kind::good) continue;
    cells = end.answer.cells;
    break;
  }
  if (cells.empty()) return Error{why};
  Json words = Json::array();
  for (const std::uint16_t cell : cells) {
    std::string bytes;
    bytes += static_cast<char>(cell >> 8U);
    bytes += static_cast<char>(cell & 0xffU);
    words.push_back(is_bits(table) ? std::to_string(cell) : to_hex(bytes));
  }
  const std::string place = describe(table, address);
  print(Json{{"place", place}, {is_bits(table) ? "coils" : "registers", words}}.dump());
  if (is_bits(table)) return {};
  for (const std::string& name : type_names()) {
    Json line{{"place", place}, {"type", name}};
    for (const std::string_view order : kOrders) {
      const auto type = parse_type(name, 0);
      if (!type) continue;
      Tag tag;
      tag.key = name;
      tag.function = read_function(table);
      tag.address = address;
      tag.type = *type;
      tag.count = static_cast<std::uint16_t>(
          registers_of(*type) == 0 && type->kind != Kind::bits ? cells.size() : 0);
      tag.values = static_cast<std::uint16_t>(type->kind == Kind::bits ? 16 : 1);
      tag.order = *parse_order(order);
      if (!finish(tag) || tag.count > cells.size()) continue;
      const auto value = decode(tag, Cells{cells}.first(tag.count));
      // With one register the order of registers says nothing.
      const bool one = registers_of(*type) == 1 && (order == "CDAB" || order == "DCBA");
      if (value && !one) line[std::string{order}] = Json::parse(*value);
    }
    if (line.size() > 2) print(line.dump());
  }
  return {};
}

Milliseconds patience_on(const Bus& bus) {
  constexpr std::size_t kRequest = 5;
  constexpr std::size_t kAnswer = 4;
  const auto frames = wire_time(bus, wire_size(bus.framing, kRequest)) +
                      wire_time(bus, wire_size(bus.framing, kAnswer)) + silence_of(bus);
  return kPatience + std::chrono::ceil<Milliseconds>(frames);
}

std::optional<Sighting> look_for(Asker& asker, std::uint8_t id, Milliseconds patience) {
  const Request request = read_request(Table::holding_registers, 0, 1);
  const TransactionEnd end = asker.ask(id, request, patience, 0);
  if (end.kind != End::answered) return std::nullopt;
  const bool good = end.answer.kind == Answer::Kind::good;
  return Sighting{good ? std::string{"good"} : end.answer.text, end.answer.exception, end.spent};
}

std::size_t scan_units(Asker& asker, const Bus& bus, const std::vector<std::uint8_t>& ids,
                       Milliseconds timeout, const PrintLine& print,
                       const std::function<void(std::uint8_t)>& progress) {
  std::size_t found = 0;
  for (const std::uint8_t id : ids) {
    progress(id);
    const auto sighting = look_for(asker, id, timeout);
    if (!sighting) continue;
    // A gateway that answers for a unit that does not.
    if (sighting->exception == 10 || sighting->exception == 11) continue;
    ++found;
    print(Json{{"bus", bus.name},
               {"unit", id},
               {"answer", sighting->answer},
               {"ms", sighting->spent.count()}}
              .dump());
  }
  return found;
}

Result<void> identify_unit(Asker& asker, const Unit& unit, const PrintLine& print) {
  Json line{{"device", unit.device_name}, {"unit", unit.unit_id}};
  const OperationResult result = asker.run(Operation::identify(unit));
  if (result.good) {
    line.update(Json::parse(result.value));
    print(line.dump());
    return {};
  }
  if (result.exception == 0) return Error{result.error};
  const OperationResult report = asker.run(Operation::raw(unit, 17, ""));
  if (!report.good) return Error{"it does not identify itself: " + report.error};
  line["reportServerId"] = Json::parse(report.value);
  print(line.dump());
  return {};
}

}  // namespace tbgw::modbus
