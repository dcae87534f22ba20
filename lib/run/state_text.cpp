// SPDX-License-Identifier: Apache-2.0
#include "run/state_text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <vector>

#include "core/number.hpp"
#include "core/table.hpp"
#include "core/text.hpp"

namespace tbgw::run {
namespace {

using Row = std::vector<std::string>;
using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::uint64_t number_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::uint64_t>() : 0;
}

std::string ago(std::int64_t ms) {
  const std::int64_t seconds = std::max<std::int64_t>(ms, 0) / 1000;
  if (seconds < 120) return std::to_string(seconds) + "s";
  if (seconds < 7200) return std::to_string(seconds / 60) + "m";
  return std::to_string(seconds / 3600) + "h";
}

std::uint64_t restarts_of(const Json& pipeline) {
  std::uint64_t sum = 0;
  for (const Json& process : pipeline.value("processes", Json::array()))
    sum += number_of(process, "restarts");
  return sum;
}

std::string rate_of(const Json& pipeline, const Json& before, double seconds) {
  if (!before.is_object() || seconds <= 0) return "-";
  for (const Json& other : before.value("pipelines", Json::array())) {
    if (text_of(other, "name") != text_of(pipeline, "name")) continue;
    const auto now = number_of(pipeline, "records");
    const auto then = number_of(other, "records");
    if (now < then) return "-";
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f/s", static_cast<double>(now - then) / seconds);
    return text.data();
  }
  return "-";
}

std::string fault_of(const Json& object, EpochMs now) {
  if (!object.contains("lastFault")) return "";
  const auto at = static_cast<EpochMs>(number_of(object, "lastFaultAt"));
  return text_of(object, "lastFault") + " (" + ago(now - at) + " ago)";
}

std::string spool_line(const Json& state, const Json& spool) {
  if (state.value("spool", Json::object()).contains("memory")) return "in memory";
  if (!spool.is_object()) return "not known";
  std::uint64_t behind = 0;
  std::uint64_t oldest = 0;
  for (const Json& cursor : spool.value("cursors", Json::array())) {
    behind = std::max(behind, number_of(cursor, "behind"));
    oldest = std::max(oldest, number_of(cursor, "oldestMs"));
  }
  std::string out = std::to_string(behind) + " records wait";
  if (behind > 0) out += ", the oldest for " + ago(static_cast<std::int64_t>(oldest));
  return out + ", " + std::to_string(number_of(spool, "bytes")) + " bytes, " +
         std::to_string(number_of(spool, "dropped")) + " dropped";
}

}  // namespace

std::string state_text(const Json& state, const Json& before, double seconds, const Json& spool,
                       EpochMs now) {
  std::string out = "platform  " + text_of(state, "platform") + "\nspool     " +
                    spool_line(state, spool) + "\nup        " +
                    ago(static_cast<std::int64_t>(number_of(state, "upMs"))) + "\n";
  if (const std::string fault = fault_of(state, now); !fault.empty()) {
    out += "last fault  " + fault + "\n";
  }
  std::vector<Row> rows{{"PIPELINE", "TYPE", "STATE", "RECORDS", "RATE", "RESTARTS", "LAST FAULT"}};
  for (const Json& pipeline : state.value("pipelines", Json::array())) {
    rows.push_back({text_of(pipeline, "name"), text_of(pipeline, "type"),
                    text_of(pipeline, "state"), std::to_string(number_of(pipeline, "records")),
                    rate_of(pipeline, before, seconds), std::to_string(restarts_of(pipeline)),
                    fault_of(pipeline, now)});
  }
  return out + "\n" + table(rows, Align::left);
}

}  // namespace tbgw::run
