// SPDX-License-Identifier: Apache-2.0
#include "route/owners.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.hpp"

namespace tbgw::route {
namespace {

std::string owner_line(std::string_view device, std::string_view pipeline) {
  return "{\"device\":" + json_string(device) + ",\"pipeline\":" + json_string(pipeline) + "}\n";
}

}  // namespace

Owners::Owners(std::vector<std::string> pipelines, Time start)
    : pipelines_(std::move(pipelines)), present_(pipelines_.size()), start_(start) {}

Owners::Claim Owners::claim(std::string_view device, std::size_t pipeline, Time now) {
  const auto found = devices_.find(device);
  if (found == devices_.end()) {
    if (devices_.size() >= kMost) return Claim::full;
    set(device, {pipeline, now});
    return Claim::learnt;
  }
  Device& known = found->second;
  if (known.pipeline == pipeline) {
    known = {pipeline, now};
    return Claim::own;
  }
  const bool held = !known.free && known.pipeline < present_ && now < known.heard + kTenure;
  if (held) return Claim::others;
  set(device, {pipeline, now});
  return Claim::moved;
}

void Owners::release(std::string_view device, std::size_t pipeline) {
  const auto found = devices_.find(device);
  if (found == devices_.end() || found->second.pipeline != pipeline) return;
  found->second.free = found->second.silent = true;
}

void Owners::rename(std::string_view from, std::string_view to, Time now) {
  const auto found = devices_.find(from);
  if (found == devices_.end() || to.empty() || devices_.size() >= kMost) return;
  Device renamed{found->second.pipeline, now};
  renamed.silent = true;  // a name that no connector knows does not fall silent
  set(to, renamed);
}

void Owners::forget(std::string_view device) {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return;
  devices_.erase(found);
  changes_ += "{\"forget\":" + json_string(device) + "}\n";
}

std::optional<Owners::Owner> Owners::find(std::string_view device) const {
  const auto found = devices_.find(device);
  if (found == devices_.end()) return std::nullopt;
  const std::size_t number = found->second.pipeline;
  Owner owner{pipelines_[number], std::nullopt};
  if (number < present_) owner.number = number;
  return owner;
}

std::vector<std::string> Owners::fell_silent(Time since) {
  std::vector<std::string> silent;
  for (auto& [name, device] : devices_) {
    if (device.silent || device.heard > since) continue;
    device.silent = true;
    silent.push_back(name);
  }
  return silent;
}

std::optional<Time> Owners::longest_silence() const {
  std::optional<Time> longest;
  for (const auto& [name, device] : devices_) {
    if (!device.silent && (!longest || device.heard < *longest)) longest = device.heard;
  }
  return longest;
}

bool Owners::take(std::string_view line) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object()) return false;
  const auto text = [&](const char* key) {
    const auto member = json.find(key);
    return member != json.end() && member->is_string() ? member->get<std::string>() : std::string{};
  };
  if (const std::string gone = text("forget"); !gone.empty()) {
    devices_.erase(gone);
    return true;
  }
  const std::string device = text("device");
  const std::string pipeline = text("pipeline");
  if (device.empty() || pipeline.empty()) return false;
  devices_.insert_or_assign(device, Device{number_of(pipeline), start_});
  return true;
}

std::string Owners::journal() const {
  std::string lines;
  for (const auto& [name, device] : devices_) {
    lines += owner_line(name, pipelines_[device.pipeline]);
  }
  return lines;
}

std::string Owners::take_changes() {
  return std::exchange(changes_, {});
}

std::size_t Owners::number_of(std::string_view pipeline) {
  const auto found = std::find(pipelines_.begin(), pipelines_.end(), pipeline);
  const auto number = static_cast<std::size_t>(found - pipelines_.begin());
  if (found == pipelines_.end()) pipelines_.emplace_back(pipeline);
  return number;
}

void Owners::set(std::string_view device, Device value) {
  changes_ += owner_line(device, pipelines_[value.pipeline]);
  devices_.insert_or_assign(std::string{device}, value);
}

}  // namespace tbgw::route
