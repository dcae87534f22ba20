// SPDX-License-Identifier: Apache-2.0
#include "tb/gateway.hpp"

namespace tbgw::tb {

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
          {"messagesDone", uplink.outbox().finished()},
          {"messagesResent", uplink.outbox().resent()},
          {"rpcs", down.rpcs},
          {"rpcRepeats", down.repeats},
          {"rpcBusy", down.busy},
          {"attributeUpdates", down.attributes},
          {"attributesMerged", down.merged},
          {"echoes", down.echoes},
          {"downlinkDropped", down.dropped}};
}

}  // namespace tbgw::tb
