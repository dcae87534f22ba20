// SPDX-License-Identifier: Apache-2.0
#include "tb/device_table.hpp"

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
  device.quoted = json_string(name);
  names_.emplace(device.name, id);
  return &device;
}

Device* DeviceTable::find(std::string_view name) {
  const auto found = names_.find(name);
  return found == names_.end() ? nullptr : &devices_[found->second];
}

void DeviceTable::connection_lost() {
  for (Device& device : devices_)
    device.announced = device.name.empty();
}

}  // namespace tbgw::tb
