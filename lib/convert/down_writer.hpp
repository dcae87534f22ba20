// SPDX-License-Identifier: Apache-2.0
// Commands by the rules of a map: events of the platform in, what the connector sends out.
#pragma once

#include <string>
#include <string_view>

#include "convert/json_path.hpp"
#include "convert/map.hpp"
#include "core/json_view.hpp"
#include "core/result.hpp"

namespace tbgw::convert {

/// What an event says, for the texts of rules.
struct DownEvent {
  std::string_view device;
  std::string_view name;    ///< attribute or method
  const JsonMember* value;  ///< its value, or the parameters; nullptr = none
  std::string_view id;      ///< JSON, of a call; "" = none
};

class DownWriter {
 public:
  /// `map` must outlive this object and not change.
  explicit DownWriter(const Map& map) : map_(map) {}

  [[nodiscard]] bool has_rules() const { return !map_.down_rules.empty() || map_.down_style; }
  [[nodiscard]] bool has_rules(DownRule::On on) const;
  /// Whether some rule is for this device at all.
  [[nodiscard]] bool knows(std::string_view device) const;

  /// Appends a command for every rule that fits (of a call: the first), newlines included, and
  /// returns how many. Error: what it is made of is missing or cannot be encoded.
  Result<int> append(DownRule::On on, const DownEvent& event, std::string& out);
  /// The command of a call that brings its own rule along (adhoc_rule.hpp); 0 = it is no such call.
  Result<int> append_adhoc(const DownEvent& event, std::string& out);
  /// The same for one rule, the answer to attributeRequests number `index`.
  Result<int> append_response(std::size_t index, const DownEvent& event, std::string& out);

  /// The rule of a method, for its answer; nullptr = there is none.
  [[nodiscard]] const DownRule* find_method(std::string_view device, std::string_view method) const;

 private:
  Result<void> append_command(const DownRule& rule, const DownEvent& event, std::string& out);
  Result<std::string> address_of(const DownRule& rule, const Text& text);
  Result<std::string> text_of_value(const DownRule& rule, const DownEvent& event);
  Result<std::string> encoded(const DownRule& rule, const DownEvent& event);
  Result<std::string> payload_of(const DownRule& rule, const DownEvent& event);
  Result<std::string> frame_bytes(const DownRule& rule, const DownEvent& event);
  void describe(const DownEvent& event);

  const Map& map_;
  JsonDocument names_;
  JsonDocument params_;
};

}  // namespace tbgw::convert
