// SPDX-License-Identifier: Apache-2.0
#include "modbus/unit_reader.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/text.hpp"
#include "modbus/endpoint.hpp"

namespace tbgw::modbus {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kUnitId = "${unitId}";

bool is_big(const std::string& word) {
  return word.size() == 3 && std::equal(word.begin(), word.end(), "big", [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         });
}

std::vector<std::uint8_t> read_unit_ids(Layers& layers) {
  const Json* value = layers.value({"unitId", "unit"});
  if (value == nullptr) layers.own().fail("needs a unitId");
  std::string text = value->is_string() ? value->get<std::string>() : value->dump();
  if (value->is_array() && text.size() > 2) text = text.substr(1, text.size() - 2);
  const auto ids = parse_unit_ids(text);
  if (!ids) layers.fail("unitId", ids.error().text);
  return *ids;
}

std::string with_unit_id(std::string text, std::uint8_t unit_id) {
  for (std::size_t at = text.find(kUnitId); at != std::string::npos; at = text.find(kUnitId, at)) {
    text.replace(at, kUnitId.size(), std::to_string(unit_id));
  }
  return text;
}

/// true = 3, false = 0, or a number.
int read_retries(Layers& layers) {
  const Json* value = layers.value({"retries"});
  if (value == nullptr || value->is_null()) return 3;
  if (value->is_boolean()) return value->get<bool>() ? 3 : 0;
  return static_cast<int>(layers.integer({"retries"}, 0, 100).value_or(3));
}

void read_times(Layers& layers, Unit& unit) {
  const auto period = layers.duration({"pollPeriod", "timeseriesPollPeriod"});
  unit.period = period.value_or(Milliseconds{1000});
  if (unit.period.count() <= 0) layers.fail("pollPeriod", "must be more than 0");
  unit.phase = layers.duration({"phase"}).value_or(Milliseconds{0});
  unit.aligned = layers.boolean({"aligned"}).value_or(layers.has({"phase"}));
  if (const auto timeout =
          layers.with({"timeout"}).duration({"timeout"}, std::chrono::seconds{1})) {
    unit.timeout = *timeout;
  }
  unit.response_timeout = layers.duration({"responseTimeout", "responseTimeoutMs"});
  if (unit.response_timeout && unit.response_timeout->count() <= 0) {
    layers.fail("responseTimeout", "must be more than 0");
  }
  unit.delay = layers.duration({"delayBetweenRequestsMs"}).value_or(Milliseconds{0});
  unit.retries = read_retries(layers);
}

void read_limits(Layers& layers, Unit& unit) {
  const auto set = [&](Layers::Keys keys, std::int64_t least, std::int64_t most,
                       std::uint16_t& to) {
    if (const auto value = layers.integer(keys, least, most))
      to = static_cast<std::uint16_t>(*value);
  };
  set({"maxRegisters"}, 1, 125, unit.limits.registers);
  set({"maxBits"}, 1, 2000, unit.limits.bits);
  set({"maxGap"}, 0, 124, unit.limits.gap_registers);
  set({"maxGapBits"}, 0, 1999, unit.limits.gap_bits);
  set({"maxWriteRegisters"}, 1, 123, unit.most_written);
  unit.always_multiple = layers.boolean({"writeMultiple"}).value_or(false);
  unit.mask_write = layers.boolean({"maskWrite"}).value_or(false);
  unit.identify = layers.boolean({"identify"}).value_or(false);
}

/// "hr:40-50" and the like: no request reads into them from outside.
void read_holes(Layers& layers, unsigned base, Unit& unit) {
  const auto holes = layers.with({"holes"}).texts({"holes"});
  if (!holes) return;
  for (const std::string& text : *holes) {
    const auto place = parse_place(text, base, false);
    if (!place) layers.fail("holes", place.error().text);
    unit.holes.push_back({place->table.value_or(Table::holding_registers), place->first});
  }
}

report::Said read_report(Layers& layers, const report::Said& outer,
                         std::vector<std::string>& notices) {
  report::Said said = outer;
  for (std::size_t i = layers.all().size(); i-- > 0;)
    said = report::within(said, report::read_said(layers.all()[i], notices));
  // Files from before report strategies.
  if (layers.boolean({"sendDataOnlyOnChange"}).value_or(false) && !said.strategy) {
    said.strategy = report::Strategy{};
    said.strategy->kind = report::Kind::on_change;
  }
  return said;
}

}  // namespace

Order read_unit_order(Layers& layers) {
  // What is not BIG is LITTLE there, and LITTLE is also the default.
  Order order{true, true};
  // What a unit says itself comes last, over what its device type file says.
  for (std::size_t i = layers.all().size(); i-- > 0;) {
    ConfigTable& table = layers.all()[i];
    if (const auto both = table.text({"order"})) {
      const auto parsed = parse_order(*both);
      if (!parsed) table.fail("order", parsed.error().text);
      order = *parsed;
    }
    if (const auto word = table.text({"byteOrder"})) order.little_bytes = !is_big(*word);
    if (const auto word = table.text({"wordOrder"})) order.little_words = !is_big(*word);
  }
  return order;
}

void refuse_foreign_classes(Layers& layers) {
  static constexpr std::array<std::string_view, 5> kOurs{
      "BytesModbusUplinkConverter", "BytesModbusDownlinkConverter", "ModbusConnector",
      "AsyncModbusConnector", ""};
  for (const std::string_view key :
       {"uplink_converter", "downlink_converter", "converter", "class"}) {
    const auto name = layers.text({key});
    if (!name || std::find(kOurs.begin(), kOurs.end(), *name) != kOurs.end()) continue;
    layers.fail(key, in_quotes(*name) +
                         " is a Python class, which cannot run here: write it as a filter of JSON "
                         "lines and put it into the pipe behind tbgw-modbus (see "
                         "tbgw-connector(7))");
  }
}

void treat_unknown(Layers& layers, std::vector<std::string>& notices) {
  for (ConfigTable& table : layers.all()) {
    if (table.file().toml) table.refuse_unknown();
    for (std::string& text : table.unknown())
      notices.push_back(std::move(text) + ", ignored");
  }
}

std::vector<Unit> read_units(Layers& layers, const report::Said& outer, bool compat,
                             const OpenFile& open, std::vector<std::string>& notices) {
  refuse_foreign_classes(layers);
  const auto ids = read_unit_ids(layers);
  auto name = layers.text({"deviceName"});
  if (!name) name = layers.own().text({"name"});
  if (!name || name->empty()) layers.own().fail("needs a deviceName");
  if (ids.size() > 1 && name->find(kUnitId) == std::string::npos) {
    layers.fail("deviceName", "must contain ${unitId} where there are several units");
  }
  TagDefaults defaults;
  defaults.order = read_unit_order(layers);
  defaults.repack = layers.boolean({"repack"}).value_or(false);
  defaults.compat = compat;
  defaults.report = read_report(layers, outer, notices);
  if (const auto base = layers.integer({"addressBase"}, 0, 1)) {
    defaults.address_base = static_cast<unsigned>(*base);
  }
  std::vector<Unit> units;
  for (const std::uint8_t id : ids) {
    Unit unit;
    unit.place = layers.own().place();
    unit.unit_id = id;
    unit.device_name = with_unit_id(*name, id);
    unit.device_type = layers.text({"deviceType"}).value_or("default");
    read_times(layers, unit);
    read_limits(layers, unit);
    read_holes(layers, defaults.address_base, unit);
    defaults.unit_id = id;
    // What is wrong with a tag is said once, not once for each unit.
    std::vector<std::string> repeated;
    read_unit_tags(layers, defaults, open, unit, units.empty() ? notices : repeated);
    unit.defaults = defaults;
    units.push_back(std::move(unit));
  }
  for (ConfigTable& table : layers.all()) {
    table.ignore({"retryOnEmpty", "retryOnInvalid", "attributesPollPeriod", "timeseriesPollPeriod",
                  "sendDataOnlyOnChange", "template", "name", "id", "description", "comment"});
  }
  treat_unknown(layers, notices);
  return units;
}

}  // namespace tbgw::modbus
