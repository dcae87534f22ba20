// SPDX-License-Identifier: Apache-2.0
// tbgw-push --firmware: what joins the images of the platform to the session.
#pragma once

#include <string>
#include <string_view>

#include "core/output.hpp"
#include "tb/firmware.hpp"
#include "tb/uplink.hpp"

namespace tbgw {

class FirmwareLink {
 public:
  /// Fatal 66 (there is no such folder), 73 (it cannot be written).
  FirmwareLink(const std::string& folder, tb::Uplink& uplink, Output& output);

  void connection_up(tb::Time now);
  void connection_lost() { firmware_.connection_lost(); }
  /// True if the message was for us alone.
  bool message(std::string_view topic, std::string_view payload, tb::Time now);
  void tick(tb::Time now);
  [[nodiscard]] tb::Time next_tick() const { return firmware_.next_tick(); }

 private:
  void pass_on(tb::Time now);

  tb::Uplink& uplink_;
  Output& output_;
  tb::Firmware firmware_;
};

}  // namespace tbgw
