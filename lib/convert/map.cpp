// SPDX-License-Identifier: Apache-2.0
#include "convert/map.hpp"

#include <set>
#include <string>

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

void finish_items(std::vector<Item>& items, Mapping& mapping) {
  std::set<std::string> seen;
  for (Item& item : items) {
    if (item.from == Item::From::every) {
      mapping.distinct_keys = mapping.distinct_keys && items.size() == 1;
      continue;
    }
    if (!item.key.constant()) {
      mapping.distinct_keys = false;
      continue;
    }
    const std::string key = item.key.pieces.empty() ? "" : item.key.pieces.front().text;
    item.label = json_string(key) + ":";
    if (!seen.insert(key).second) mapping.distinct_keys = false;
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
  for (Mapping& mapping : map.mappings) {
    mapping.distinct_keys = true;
    finish_items(mapping.telemetry, mapping);
    finish_items(mapping.attributes, mapping);
  }
}

}  // namespace tbgw::convert
