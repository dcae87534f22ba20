// SPDX-License-Identifier: Apache-2.0
// RemoteState as it is kept on disk.
#include "run/remote_state.hpp"

namespace tbgw::run {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

Json value_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? Json() : *found;
}

Json connector_json(const RemoteConnector& connector) {
  return Json{{"name", connector.name},         {"type", connector.type},
              {"entry", connector.entry},       {"configuration", connector.configuration},
              {"document", connector.document}, {"local", connector.local},
              {"path", connector.path},         {"changed", connector.changed}};
}

Result<RemoteConnector> connector_of(const Json& json) {
  if (!json.is_object()) return Error{"a connector is no object"};
  RemoteConnector out;
  out.name = text_of(json, "name");
  if (out.name.empty()) return Error{"a connector has no name"};
  out.type = text_of(json, "type");
  out.entry = value_of(json, "entry");
  out.configuration = value_of(json, "configuration");
  out.document = value_of(json, "document");
  out.local = value_of(json, "local") == Json(true);
  out.path = text_of(json, "path");
  const Json changed = value_of(json, "changed");
  if (changed.is_number_integer()) out.changed = changed.get<std::int64_t>();
  return out;
}

}  // namespace

Json to_json(const RemoteState& state) {
  Json connectors = Json::array();
  for (const RemoteConnector& connector : state.connectors)
    connectors.push_back(connector_json(connector));
  return Json{{"thingsboard", state.general}, {"storage", state.storage},
              {"logs", state.logs},           {"others", state.others},
              {"logLevel", state.log_level},  {"connectors", std::move(connectors)},
              {"handled", state.handled}};
}

Result<RemoteState> state_from_json(const Json& json) {
  if (!json.is_object()) return Error{"no object"};
  RemoteState state;
  state.general = value_of(json, "thingsboard");
  state.others = value_of(json, "others");
  const Json connectors = value_of(json, "connectors");
  const Json handled = value_of(json, "handled");
  if (!state.general.is_object() || !state.others.is_object() || !connectors.is_array() ||
      !handled.is_object()) {
    return Error{"a section is missing"};
  }
  state.storage = value_of(json, "storage");
  state.logs = value_of(json, "logs");
  state.log_level = text_of(json, "logLevel");
  for (const Json& each : connectors) {
    auto connector = connector_of(each);
    if (!connector) return connector.error();
    state.connectors.push_back(std::move(*connector));
  }
  for (const auto& [key, value] : handled.items())
    state.handled[key] = value;
  return state;
}

}  // namespace tbgw::run
