// SPDX-License-Identifier: Apache-2.0
#include "tbgw-modbus-setup.hpp"

#include <algorithm>
#include <filesystem>

#include "core/log.hpp"
#include "core/text.hpp"
#include "modbus/endpoint.hpp"
#include "modbus/reference_file.hpp"
#include "modbus/tag_notation.hpp"

namespace tbgw {
namespace {

[[noreturn]] void misused(const std::string& text) {
  throw Fatal(Status::usage, text);
}

modbus::Model model_of_file(const ModbusOptions& o, const std::string& path) {
  modbus::Imported imported = modbus::import_file(load_config(path), o.compat);
  for (const std::string& notice : imported.notices)
    log::info(notice);
  modbus::Model& model = imported.model;
  if (!o.device.empty()) {
    std::erase_if(model.units,
                  [&](const modbus::Unit& unit) { return unit.device_name != o.device; });
    if (model.units.empty()) misused(path + " has no device " + in_quotes(o.device));
  }
  // A bus whose units are not wanted is not opened.
  std::vector<modbus::Bus> buses;
  for (std::size_t i = 0; i < model.buses.size(); ++i) {
    bool used = false;
    for (modbus::Unit& unit : model.units) {
      if (unit.bus != i) continue;
      used = true;
      unit.bus = buses.size();
    }
    if (used) buses.push_back(model.buses[i]);
  }
  model.buses = std::move(buses);
  return std::move(model);
}

void apply_options(const ModbusOptions& o, modbus::Unit& unit) {
  unit.period = o.every;
  if (o.timeout.count() >= 0) unit.response_timeout = std::max(o.timeout, modbus::Milliseconds{1});
  if (o.retries >= 0) unit.retries = o.retries;
  if (o.max_registers > 0) unit.limits.registers = static_cast<std::uint16_t>(o.max_registers);
  if (o.max_gap >= 0) unit.limits.gap_registers = static_cast<std::uint16_t>(o.max_gap);
}

void name_units(const ModbusOptions& o, modbus::Model& model) {
  std::string made;
  for (modbus::Unit& unit : model.units) {
    const std::string id = std::to_string(unit.unit_id);
    if (o.device.empty()) {
      unit.device_name = modbus::device_name_of(model.buses.front(), unit.unit_id);
      made += (made.empty() ? "" : ", ") + in_quotes(unit.device_name);
    } else {
      unit.device_name = model.units.size() == 1 ? o.device : o.device + "-" + id;
    }
    unit.device_type = o.device_type;
  }
  const bool talks = !o.plan && o.guess.empty() && o.scan.empty() && !o.identify && o.write.empty();
  if (!made.empty() && talks) {
    log::warn("no --device was given: " +
              std::string{model.units.size() == 1 ? "the device is called " : "the devices are "} +
              made);
  }
}

modbus::Model model_of_operands(const ModbusOptions& o) {
  auto endpoint = modbus::parse_endpoint(o.operands.front());
  if (!endpoint) misused(endpoint.error().text);
  modbus::TagDefaults defaults = modbus::notation_defaults();
  defaults.address_base = o.base;
  if (!o.order.empty()) {
    const auto order = modbus::parse_order(o.order);
    if (!order) misused("--order: " + order.error().text);
    defaults.order = *order;
  }
  modbus::Unit unit;
  unit.defaults = defaults;
  apply_options(o, unit);
  std::vector<std::string> keys;
  for (std::size_t i = 1; i < o.operands.size(); ++i) {
    auto tags = modbus::parse_tag(o.operands[i], defaults);
    if (!tags) misused(tags.error().text);
    for (modbus::Tag& tag : *tags) {
      if (std::find(keys.begin(), keys.end(), tag.key) != keys.end()) {
        if (tag.hidden) continue;
        misused("there are two tags " + in_quotes(tag.key));
      }
      keys.push_back(tag.key);
      unit.tags.push_back(std::move(tag));
    }
  }
  modbus::Model model;
  model.buses.push_back(std::move(endpoint->bus));
  for (const std::uint8_t id : endpoint->units) {
    unit.unit_id = id;
    unit.defaults.unit_id = id;
    model.units.push_back(unit);
  }
  name_units(o, model);
  return model;
}

/// The bus that somebody meant who gave a host or a port and tags; "" if it is a file.
std::string bus_meant(const std::string& operand) {
  std::error_code error;
  if (std::filesystem::is_regular_file(operand, error)) return {};
  if (operand.rfind("/dev/", 0) == 0) return "rtu:" + operand + ",9600,8N1/1";
  const std::string bus = "tcp:" + operand;
  return modbus::parse_endpoint(bus) ? bus : std::string{};
}

}  // namespace

bool names_bus(const std::string& operand) {
  const std::size_t colon = operand.find(':');
  if (colon == std::string::npos) return false;
  const std::string scheme = operand.substr(0, colon);
  return scheme.find('/') == std::string::npos && scheme.find('.') == std::string::npos;
}

modbus::Model model_of(const ModbusOptions& o) {
  if (o.operands.empty()) misused("give a FILE, or a bus such as tcp:10.0.0.5/1 and tags");
  if (o.every.count() <= 0) misused("--every must be more than 0");
  if (names_bus(o.operands.front())) return model_of_operands(o);
  if (o.operands.size() > 1) {
    const bool tags = o.operands[1].find('=') != std::string::npos;
    const bool numbers =
        o.operands.front().find_first_not_of("0123456789.:/,-") == std::string::npos;
    if (const std::string bus = bus_meant(o.operands.front()); (tags || numbers) && !bus.empty()) {
      misused(in_quotes(o.operands.front()) + " is no bus (did you mean " + bus + "?)");
    }
    misused(in_quotes(o.operands[1]) + " is one operand too many: a FILE stands alone");
  }
  return model_of_file(o, o.operands.front());
}

}  // namespace tbgw
