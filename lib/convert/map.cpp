// SPDX-License-Identifier: Apache-2.0
#include "convert/map.hpp"

#include "core/text.hpp"

namespace tbgw::convert {
namespace {

void finish_fields(std::vector<Field>& fields) {
  for (std::size_t i = fields.size(); i-- > 0;) {
    fields[i].label = json_string(fields[i].key) + ":";
    for (std::size_t j = i + 1; j < fields.size(); ++j) {
      if (fields[j].key != fields[i].key) continue;
      fields[i].next_same_key = j;
      break;
    }
  }
}

}  // namespace

void finish(Map& map) {
  for (DeviceRule& rule : map.devices) {
    rule.head =
        "\"deviceName\":" + json_string(rule.name) + ",\"deviceType\":" + json_string(rule.type);
    finish_fields(rule.telemetry);
    finish_fields(rule.attributes);
  }
}

}  // namespace tbgw::convert
