// SPDX-License-Identifier: Apache-2.0
#include "report/strategy_config.hpp"

namespace tbgw::report {
namespace {

Kind kind_in(const ConfigTable& table, std::string_view key, const std::string& text) {
  const auto kind = parse_kind(text);
  if (!kind) table.fail(key, kind.error().text);
  return *kind;
}

Strategy read_table(ConfigTable& table, std::vector<std::string>& notices) {
  Strategy strategy;
  const auto type = table.text({"type"});
  if (!type) table.fail("needs a type, such as ON_CHANGE");
  strategy.kind = kind_in(table, "type", *type);
  if (const auto period = table.duration({"reportPeriod"}, Milliseconds{1})) {
    if (period->count() <= 0) table.fail("reportPeriod", "must be more than 0");
    strategy.period = *period;
  }
  if (const auto ttl = table.duration({"ttl"}, std::chrono::seconds{1})) strategy.ttl = *ttl;
  if (const auto function = table.text({"aggregationFunction"})) {
    const auto known = parse_function(*function);
    if (!known) table.fail("aggregationFunction", known.error().text);
    strategy.function = *known;
    if (strategy.kind != Kind::on_report_period && strategy.function != Function::none) {
      strategy.function = Function::none;
      notices.push_back(table.place("aggregationFunction") +
                        ": aggregationFunction has no effect without ON_REPORT_PERIOD");
    }
  }
  for (std::string& text : table.unknown())
    notices.push_back(std::move(text) + ", ignored");
  return strategy;
}

}  // namespace

Said read_said(ConfigTable& table, std::vector<std::string>& notices) {
  Said said;
  if (const auto* value = table.value({"reportStrategy"}); value != nullptr && !value->is_null()) {
    if (value->is_string()) {
      said.strategy = Strategy{};
      said.strategy->kind = kind_in(table, "reportStrategy", value->get<std::string>());
    } else if (auto inner = table.table({"reportStrategy"})) {
      said.strategy = read_table(*inner, notices);
    }
  }
  if (const auto* value = table.value({"deadband"})) {
    if (!value->is_string() && !value->is_number()) {
      table.fail("deadband", "must be a number, or a text like \"2%\"");
    }
    const std::string text = value->is_string() ? value->get<std::string>() : value->dump();
    const auto deadband = parse_deadband(text);
    if (!deadband) table.fail("deadband", deadband.error().text);
    said.deadband = *deadband;
  }
  return said;
}

Said within(const Said& outer, const Said& inner) {
  return {inner.strategy ? inner.strategy : outer.strategy,
          inner.deadband ? inner.deadband : outer.deadband};
}

Strategy resolve(const Said& said) {
  Strategy strategy = said.strategy.value_or(Strategy{});
  if (said.deadband) strategy.deadband = *said.deadband;
  const bool filters = said.deadband && !(*said.deadband == Deadband{});
  if (!said.strategy && filters) strategy.kind = Kind::on_change;
  return strategy;
}

}  // namespace tbgw::report
