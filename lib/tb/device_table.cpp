// SPDX-License-Identifier: Apache-2.0
#include "tb/device_table.hpp"

#include <utility>

#include "core/text.hpp"

namespace tbgw::tb {

DeviceTable::DeviceTable() {
  Device& self = devices_.emplace_back();
  self.announced = true;
  names_.emplace(self.name, kGatewayItself);
}

Device* DeviceTable::find_or_add(std::string_view name, DeviceId& id) {
  if (const auto found = names_.find(name); found != names_.end()) {
    id = found->second;
    return &devices_[id];
  }
  if (devices_.size() > kMost) return nullptr;
  id = static_cast<DeviceId>(devices_.size());
  Device& device = devices_.emplace_back();
  device.name = name;
  device.quoted = json_string(state_ == nullptr ? name : state_->platform_name(name));
  names_.emplace(device.name, id);
  note_change(id);
  return &device;
}

Device* DeviceTable::find(std::string_view name) {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &devices_[found->second];
}

std::string DeviceTable::take_new_name(DeviceId id) {
  Device& device = devices_[id];
  const std::string_view name =
      state_ == nullptr ? device.name : state_->platform_name(device.name);
  return std::exchange(device.quoted, json_string(name));
}

void DeviceTable::connection_lost() {
  for (Device& device : devices_)
    device.announced = device.name.empty();
}

void DeviceTable::note_change(DeviceId id) {
  if (id == kGatewayItself || std::exchange(devices_[id].changed, true)) return;
  changed_.push_back(id);
}

std::vector<DeviceId> DeviceTable::take_changed() {
  for (const DeviceId id : changed_)
    devices_[id].changed = false;
  return std::exchange(changed_, {});
}

}  // namespace tbgw::tb
