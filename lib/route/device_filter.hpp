// SPDX-License-Identifier: Apache-2.0
// Which devices may pass by which pipeline: the reference's list.json, or the same in TOML.
//   {"deny": {"MQTT Broker": ["Temperature Device", "test.*"]}, "allow": {"Modbus": ["Pump .*"]}}
// Each text is a regular expression for the whole name. What is denied never passes; a pipeline
// with an allow list passes nothing else.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/regex.hpp"

namespace tbgw::route {

class DeviceFilter {
 public:
  /// Warns of names that are none of `pipelines`. Fatal 66/77 (cannot read), 78 with file:line: not
  /// of this shape, or a bad expression.
  DeviceFilter(const std::string& path, const std::vector<std::string>& pipelines);

  [[nodiscard]] bool allows(std::string_view pipeline, std::string_view device) const;

 private:
  using Lists = std::map<std::string, std::vector<Regex>, std::less<>>;
  Lists deny_;
  Lists allow_;
};

}  // namespace tbgw::route
