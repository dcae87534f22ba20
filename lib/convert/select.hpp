// SPDX-License-Identifier: Apache-2.0
// Which device of a map a record or an event belongs to. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "convert/line.hpp"
#include "convert/map.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

struct Choice {
  const DeviceRule* rule = nullptr;
  std::string_view device;  ///< the rule's name, else the record's
  enum class By { device, address, only_entry } by = By::only_entry;
};

/// Chooses by the device a record names, else by its address, else the map's only entry. A record
/// that names a device never goes to a rule that names another one.
class Selector {
 public:
  /// `map` must outlive this object and not change.
  explicit Selector(const Map& map);

  /// `device` and `address` as the record has them, "" = it has none. Errors name the candidates.
  /// The views of the choice live as long as the map and `device`.
  [[nodiscard]] Result<Choice> pick(std::string_view device, std::string_view address) const;
  /// The same for a line.
  [[nodiscard]] Result<Choice> pick(const Members& members) const;

  [[nodiscard]] const std::string& address_member() const { return map_.address_member; }

 private:
  using Index = std::multimap<std::string, const DeviceRule*, std::less<>>;
  [[nodiscard]] const DeviceRule* only_named(std::string_view device) const;
  [[nodiscard]] Result<Choice> pick_named(std::string_view device, std::string_view address) const;
  [[nodiscard]] std::string candidates() const;
  [[nodiscard]] Error no_rule(const std::string& what) const;

  const Map& map_;
  Index by_name_;     ///< rules without a name stand under ""
  Index by_address_;  ///< rules without an address are left out
};

}  // namespace tbgw::convert
