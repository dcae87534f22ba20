// SPDX-License-Identifier: Apache-2.0
// Both directions of a gateway, and what they share.
#pragma once

#include "core/record.hpp"
#include "tb/attribute_requests.hpp"
#include "tb/device_table.hpp"
#include "tb/downlink.hpp"
#include "tb/rpc_memory.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {

struct Gateway {
  explicit Gateway(const UplinkOptions& options)
      : uplink(options, devices, requests, rpcs), downlink(uplink, devices, requests, rpcs) {}

  DeviceTable devices;
  AttributeRequests requests;
  RpcMemory rpcs;
  Uplink uplink;
  Downlink downlink;

  /// What a stats event says.
  [[nodiscard]] Counters counters() const;
};

}  // namespace tbgw::tb
