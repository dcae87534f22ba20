// SPDX-License-Identifier: Apache-2.0
// What a router must know of a line: whose it is, and what has to be answered. Pure.
#pragma once

#include <string_view>

#include "core/json_view.hpp"
#include "core/line_reader.hpp"
#include "core/record.hpp"
#include "core/result.hpp"

namespace tbgw::route {

/// Views live as long as the line, and until the next look of the same Eye.
struct Sight {
  LineKind kind = LineKind::reading;
  std::string_view event;   ///< of an event; "" for other lines
  std::string_view device;  ///< whose line it is; "" = the gateway's own, or not said
  std::string_view id;      ///< of an rpc: the id as JSON
  std::string_view method;  ///< of an rpc
  std::string_view rpc;     ///< of a command that is an rpc's: the member as JSON
  std::string_view from;    ///< of device-renamed: the name until now
  std::string_view to;      ///< of device-renamed: the name from now on

  /// Whoever sent it waits for an answer.
  [[nodiscard]] bool wants_answer() const { return !id.empty() || !rpc.empty(); }
  /// It came from a device, and shows who speaks with it: a reading, a raw record, connect.
  [[nodiscard]] bool speaks_for_device() const;
};

class Eye {
 public:
  /// An error: it is no record, and why.
  Result<Sight> look(const Line& line);

 private:
  JsonView view_;
  JsonView inner_;
};

/// Counters and faults: who is above us may show them; they are not for pipelines.
inline bool is_passing(std::string_view event) {
  return event == "stats" || event == "fault";
}

}  // namespace tbgw::route
