// SPDX-License-Identifier: Apache-2.0
#include "tb/state.hpp"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.hpp"

namespace tbgw::tb {
namespace {

using Json = nlohmann::ordered_json;

std::string_view look_up(const State::Renames& names, std::string_view name) {
  const auto found = names.find(name);
  return found == names.end() ? name : std::string_view{found->second};
}

/// The text of a member; nullptr: absent, or no text.
const std::string* text_of(const Json& line, const char* key) {
  const auto found = line.find(key);
  return found == line.end() ? nullptr : found->get_ptr<const std::string*>();
}

std::string device_line(std::string_view local, const KnownDevice& device) {
  std::string out = "{\"device\":" + json_string(local);
  if (!device.type.empty()) out += ",\"type\":" + json_string(device.type);
  out += device.connected ? ",\"connected\":true" : ",\"connected\":false";
  out += ",\"at\":" + std::to_string(device.at);
  if (!device.shared_keys.empty()) {
    std::string keys;
    for (const std::string& key : device.shared_keys)
      keys.append(keys.empty() ? "" : ",").append(json_string(key));
    out += ",\"sharedKeys\":[" + keys + "]";
  }
  return out + "}\n";
}

std::string rename_line(std::string_view local, std::string_view platform) {
  return "{\"local\":" + json_string(local) + ",\"platform\":" + json_string(platform) + "}\n";
}

KnownDevice device_of(const Json& line) {
  KnownDevice device;
  if (const std::string* const type = text_of(line, "type")) device.type = *type;
  if (const auto connected = line.find("connected");
      connected != line.end() && connected->is_boolean()) {
    device.connected = connected->get<bool>();
  }
  if (const auto at = line.find("at"); at != line.end() && at->is_number_integer()) {
    device.at = at->get<EpochMs>();
  }
  if (const auto keys = line.find("sharedKeys"); keys != line.end() && keys->is_array()) {
    for (const Json& key : *keys) {
      if (key.is_string()) device.shared_keys.push_back(key.get<std::string>());
    }
  }
  return device;
}

}  // namespace

std::string_view State::platform_name(std::string_view local) const {
  return look_up(renames_, local);
}

std::string_view State::local_name(std::string_view platform) const {
  return look_up(locals_, platform);
}

void State::keep(std::string_view local, KnownDevice device) {
  const auto known = devices_.find(local);
  if (known != devices_.end()) {
    KnownDevice same = known->second;
    same.at = device.at;
    if (same == device) return;
  }
  changes_ += device_line(local, device);
  devices_.insert_or_assign(std::string{local}, std::move(device));
}

void State::forget(std::string_view local) {
  const auto known = devices_.find(local);
  const bool renamed = renames_.find(local) != renames_.end();
  if (known == devices_.end() && !renamed) return;
  changes_ += "{\"forget\":" + json_string(local) + "}\n";
  if (known != devices_.end()) devices_.erase(known);
  set_rename(local, local);
}

void State::rename(std::string_view from, std::string_view to) {
  const std::string local{local_name(from)};
  if (platform_name(local) == to) return;
  changes_ += rename_line(local, to);
  set_rename(local, to);
}

void State::set_rename(std::string_view local, std::string_view platform) {
  const std::string name{local};
  if (const auto old = renames_.find(local); old != renames_.end()) {
    locals_.erase(old->second);
    renames_.erase(old);
  }
  if (platform == local) return;
  // Two devices of one name cannot be: the newer notice is right.
  if (const auto other = locals_.find(platform); other != locals_.end()) {
    renames_.erase(other->second);
    locals_.erase(other);
  }
  renames_[name] = platform;
  locals_[std::string{platform}] = name;
}

bool State::take(std::string_view line) {
  const Json parsed = Json::parse(line, nullptr, false);
  if (!parsed.is_object()) return false;
  if (const std::string* const name = text_of(parsed, "device")) {
    devices_.insert_or_assign(*name, device_of(parsed));
  } else if (const std::string* const gone = text_of(parsed, "forget")) {
    devices_.erase(*gone);
    set_rename(*gone, *gone);
  } else if (const std::string* const local = text_of(parsed, "local")) {
    const std::string* const platform = text_of(parsed, "platform");
    if (platform == nullptr) return false;
    set_rename(*local, *platform);
  } else {
    return false;
  }
  return true;
}

std::string State::journal() const {
  std::string out;
  for (const auto& [local, device] : devices_)
    out += device_line(local, device);
  for (const auto& [local, platform] : renames_)
    out += rename_line(local, platform);
  return out;
}

std::string State::take_changes() {
  return std::exchange(changes_, {});
}

}  // namespace tbgw::tb
