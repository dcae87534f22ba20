// SPDX-License-Identifier: Apache-2.0
#include "route/device_filter.hpp"

#include <algorithm>

#include "core/config.hpp"
#include "core/log.hpp"
#include "core/text.hpp"

namespace tbgw::route {
namespace {

bool is_in(const std::vector<Regex>& list, std::string_view device) {
  return std::any_of(list.begin(), list.end(),
                     [&](const Regex& regex) { return regex.matches(device); });
}

/// A pipeline that is not there is told, not refused: the file may serve other set-ups too.
void tell_unknown(const ConfigTable& table, const std::string& name,
                  const std::vector<std::string>& pipelines) {
  if (std::find(pipelines.begin(), pipelines.end(), name) != pipelines.end()) return;
  const std::string near = nearest(name, pipelines);
  log::warn(table.place(name) + ": no pipeline is called " + in_quotes(name) +
            (near.empty() ? "" : " (did you mean " + in_quotes(near) + "?)"));
}

}  // namespace

DeviceFilter::DeviceFilter(const std::string& path, const std::vector<std::string>& pipelines) {
  ConfigTable file(load_config(path));
  const auto read = [&](std::string_view key, Lists& lists) {
    auto table = file.table({key});
    if (!table) return;
    for (const auto& [name, unused] : table->json().items()) {
      tell_unknown(*table, name, pipelines);
      const auto patterns = table->texts({name});
      for (const std::string& pattern : *patterns) {
        auto regex = Regex::compile(pattern);
        if (!regex) table->fail(name, in_quotes(pattern) + ": " + regex.error().text);
        lists[name].push_back(*std::move(regex));
      }
      lists[name];  // an empty list allows nothing
    }
  };
  read("deny", deny_);
  read("allow", allow_);
  file.refuse_unknown();
}

bool DeviceFilter::allows(std::string_view pipeline, std::string_view device) const {
  const auto denied = deny_.find(pipeline);
  if (denied != deny_.end() && is_in(denied->second, device)) return false;
  const auto allowed = allow_.find(pipeline);
  return allowed == allow_.end() || is_in(allowed->second, device);
}

}  // namespace tbgw::route
