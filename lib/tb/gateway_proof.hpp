// SPDX-License-Identifier: Apache-2.0
// Do our credentials belong to a gateway? ThingsBoard lets every device in, and drops what others
// than gateways say about devices behind them, without an answer and without an error.
#pragma once

#include <string_view>

#include "tb/session_limits.hpp"

namespace tbgw::tb {

class GatewayProof {
 public:
  /// What there is to say to a person.
  static constexpr std::string_view kRemedy =
      "the device with these credentials is no gateway, and ThingsBoard drops what it is told "
      "about "
      "devices behind it: tick \"Is gateway\" there (Devices, the device, Edit), or say "
      "--device-api if all data are the device's own";

  void limits(const SessionLimits& limits);
  /// The platform acknowledged a message on this topic.
  void acknowledged(std::string_view topic);
  /// The connection ended; `unacknowledged`: because an acknowledgement did not come in time.
  void connection_lost(bool unacknowledged);

  /// It was a gateway at some time.
  [[nodiscard]] bool was_gateway() const { return was_gateway_; }
  /// It is none now: the platform says so, or two connections in a row had acknowledgements for its
  /// own messages and none for those about devices behind it.
  [[nodiscard]] bool is_plain() const { return says_plain_ || silent_ends_ >= kSilentEnds; }

 private:
  static constexpr int kSilentEnds = 2;

  bool says_plain_ = false;
  bool was_gateway_ = false;
  bool own_taken_ = false;      ///< on this connection
  bool gateway_taken_ = false;  ///< likewise
  int silent_ends_ = 0;
};

}  // namespace tbgw::tb
