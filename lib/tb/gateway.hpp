// SPDX-License-Identifier: Apache-2.0
// Both directions of a gateway, and what they share.
#pragma once

#include "core/record.hpp"
#include "tb/attribute_requests.hpp"
#include "tb/device_table.hpp"
#include "tb/downlink.hpp"
#include "tb/rpc_memory.hpp"
#include "tb/state_store.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {

struct Gateway {
  /// The devices of `store` are there, and announced, as if they had just connected.
  explicit Gateway(const UplinkOptions& options, StateStore kept = {});

  StateStore store;
  DeviceTable devices;
  AttributeRequests requests;
  RpcMemory rpcs;
  Uplink uplink;
  Downlink downlink;

  /// Makes durable what must be known after a restart. Call it before anything is acknowledged
  /// that rests on it. An error: that it is not, and why; it is tried again at the next call that
  /// has something new.
  Result<void> keep(EpochMs now);
  /// What a stats event says.
  [[nodiscard]] Counters counters() const;
};

}  // namespace tbgw::tb
