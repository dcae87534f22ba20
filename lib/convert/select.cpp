// SPDX-License-Identifier: Apache-2.0
#include "convert/select.hpp"

#include <iterator>

#include "core/text.hpp"

namespace tbgw::convert {
namespace {

constexpr std::size_t kCandidatesShown = 8;

/// The only rule of a range of an index that has this address, or nullptr.
template <class Range>
const DeviceRule* only_at(const Range& range, std::string_view address) {
  const DeviceRule* found = nullptr;
  for (auto at = range.first; at != range.second; ++at) {
    if (address.empty() || at->second->address != address) continue;
    if (found != nullptr) return nullptr;
    found = at->second;
  }
  return found;
}

}  // namespace

Selector::Selector(const Map& map) : map_(map) {
  for (const DeviceRule& rule : map.devices) {
    by_name_.emplace(rule.name, &rule);
    if (!rule.address.empty()) by_address_.emplace(rule.address, &rule);
  }
}

std::string Selector::candidates() const {
  std::string out = "the map has ";
  std::size_t shown = 0;
  for (const DeviceRule& rule : map_.devices) {
    if (shown > 0) out += ", ";
    if (shown++ == kCandidatesShown) {
      out += "and " + std::to_string(map_.devices.size() - kCandidatesShown) + " more";
      break;
    }
    out += rule.name.empty() ? "a device without a name" : in_quotes(rule.name);
    if (!rule.address.empty()) {
      out += " (" + map_.address_member + " " + in_quotes(rule.address) + ")";
    }
  }
  return out;
}

Error Selector::no_rule(const std::string& what) const {
  return Error{"no rule for " + what + "; " + candidates()};
}

const DeviceRule* Selector::only_named(std::string_view device) const {
  const auto named = by_name_.equal_range(device);
  const bool one = named.first != named.second && std::next(named.first) == named.second;
  return one ? named.first->second : nullptr;
}

Result<Choice> Selector::pick_named(std::string_view device, std::string_view address) const {
  if (const DeviceRule* rule = only_named(device)) return Choice{rule, device, Choice::By::device};
  const auto named = by_name_.equal_range(device);
  const bool known = named.first != named.second;
  const DeviceRule* rule = only_at(known ? named : by_name_.equal_range(""), address);
  if (rule == nullptr && !known && map_.devices.size() == 1 && map_.devices.front().name.empty()) {
    rule = &map_.devices.front();
  }
  if (rule != nullptr) return Choice{rule, device, Choice::By::device};
  if (!known) return no_rule("the device " + in_quotes(device));
  return Error{"several rules for the device " + in_quotes(device) + "; " + candidates()};
}

Result<Choice> Selector::pick(std::string_view device, std::string_view address) const {
  if (!device.empty()) return pick_named(device, address);
  Choice choice;
  const auto [first, last] = by_address_.equal_range(address);
  if (first != last) {
    if (std::next(first) != last) {
      return Error{"several rules for the " + map_.address_member + " " + in_quotes(address) +
                   "; " + candidates()};
    }
    choice = {first->second, first->second->name, Choice::By::address};
  } else if (map_.devices.size() == 1) {
    choice = {&map_.devices.front(), map_.devices.front().name, Choice::By::only_entry};
  } else if (address.empty()) {
    return no_rule("a record that names neither a device nor a " + map_.address_member);
  } else {
    return no_rule("the " + map_.address_member + " " + in_quotes(address));
  }
  if (choice.device.empty()) {
    return Error{"neither the map (deviceName) nor the record (device) names the device"};
  }
  return choice;
}

Result<Choice> Selector::pick(const Members& members) const {
  const auto device = text_of(members.device, "device");
  if (!device) return device.error();
  // The two commonest cases by far need no look at the address.
  if (device->empty() && map_.devices.size() == 1 && map_.devices.front().address.empty()) {
    return pick({}, {});
  }
  if (!device->empty()) {
    if (const DeviceRule* rule = only_named(*device)) {
      return Choice{rule, *device, Choice::By::device};
    }
  }
  const auto address = address_of(members, map_.address_member);
  if (!address) return address.error();
  return pick(*device, *address);
}

}  // namespace tbgw::convert
