// SPDX-License-Identifier: Apache-2.0
// How a shared attribute is read, and taken back.
#include <algorithm>
#include <string_view>

#include "core/json_view.hpp"
#include "core/line_reader.hpp"
#include "run/remote.hpp"

namespace tbgw::run {

using Json = nlohmann::json;

Json shared_value(const Json& value) {
  if (!value.is_string()) return value;
  std::string text = value.get<std::string>();
  if (text.empty() || (text.front() != '{' && text.front() != '[')) return value;
  const std::size_t size = text.size();
  text.append(kLinePadding, '\0');
  JsonView view;
  const std::string_view json{text.data(), size};
  const bool good =
      text.front() == '{' ? view.object(json).has_value() : view.array(json).has_value();
  if (!good) return value;
  Json parsed = Json::parse(json, nullptr, false);
  return parsed.is_discarded() ? value : parsed;
}

void revert(RemoteState& state, const RemoteState& before, const std::string& key) {
  const auto handled = before.handled.find(key);
  if (handled == before.handled.end()) {
    state.handled.erase(key);
  } else {
    state.handled[key] = handled->second;
  }
  if (key == shared::kGeneral) {
    state.general = before.general;
  } else if (key == shared::kStorage) {
    state.storage = before.storage;
  } else if (key == shared::kLogs) {
    state.logs = before.logs;
  } else if (key == shared::kActive) {
    for (const RemoteConnector& connector : before.connectors) {
      if (state.find(connector.name) == nullptr) state.connectors.push_back(connector);
    }
  } else {
    auto& connectors = state.connectors;
    const auto at = std::find_if(connectors.begin(), connectors.end(),
                                 [&](const RemoteConnector& c) { return c.name == key; });
    const RemoteConnector* const was = before.find(key);
    if (at == connectors.end()) {
      if (was != nullptr) connectors.push_back(*was);
    } else if (was != nullptr) {
      *at = *was;
    } else {
      connectors.erase(at);
    }
  }
}

}  // namespace tbgw::run
