// SPDX-License-Identifier: Apache-2.0
#include "tb/gateway.hpp"

#include <utility>

namespace tbgw::tb {

Gateway::Gateway(const UplinkOptions& options, StateStore kept)
    : store(std::move(kept)),
      rpcs(options.rpc_timeout),
      uplink(options, devices, requests, rpcs),
      downlink(uplink, devices, requests, rpcs, store.state()) {
  devices.translate(store.state());
  for (const auto& [name, known] : store.state().devices()) {
    DeviceId id = kGatewayItself;
    Device* const device = devices.find_or_add(name, id);
    if (device == nullptr) break;
    device->type = known.type;
    device->shared_keys = known.shared_keys;
    device->gone = !known.connected;
  }
  devices.take_changed();
}

Result<void> Gateway::keep(EpochMs now) {
  for (const DeviceId id : devices.take_changed()) {
    const Device& device = devices[id];
    store.state().keep(device.name, {device.type, device.shared_keys, !device.gone, now});
  }
  return store.sync();
}

Counters Gateway::counters() const {
  const Uplink::Counts& up = uplink.counts();
  const Downlink::Counts& down = downlink.counts();
  const Ledger& ledger = uplink.ledger();
  return {{"in", ledger.opened()},
          {"done", ledger.done()},
          {"waiting", uplink.left()},
          {"heldBytes", uplink.held_bytes()},
          {"inFlight", uplink.outbox().in_flight()},
          {"readings", up.readings},
          {"events", up.events},
          {"ignored", up.ignored},
          {"rejected", up.rejected},
          {"leftOut", up.left_out},
          {"nulls", up.nulls},
          {"expired", up.expired},
          {"doubtfulCorrected", up.doubtful_corrected},
          {"doubtfulSent", up.doubtful_sent},
          {"doubtfulDropped", up.doubtful_dropped},
          {"messagesDone", uplink.outbox().finished()},
          {"messagesResent", uplink.outbox().resent()},
          {"rpcs", down.rpcs},
          {"rpcRepeats", down.repeats},
          {"rpcBusy", down.busy},
          {"rpcTimeouts", down.timeouts},
          {"attributeUpdates", down.attributes},
          {"attributesMerged", down.merged},
          {"echoes", down.echoes},
          {"downlinkDropped", down.dropped}};
}

}  // namespace tbgw::tb
