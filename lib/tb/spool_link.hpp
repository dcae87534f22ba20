// SPDX-License-Identifier: Apache-2.0
// What joins an uplink to a spool in front of it: the hello line makes the link, receipts go back
// over it. Without a hello line there is nothing to do.
#pragma once

#include <cstdint>
#include <optional>

#include "core/record.hpp"
#include "tb/ack_pipe.hpp"
#include "tb/uplink.hpp"

namespace tbgw::tb {

class SpoolLink {
 public:
  SpoolLink(Loop& loop, Uplink& uplink) : loop_(loop), uplink_(uplink) {}

  /// Makes the link if the line just given to the uplink was a hello line and the first of all.
  /// Later ones are data, unless the same spool says that it was started anew. Fatal as AckPipe.
  void look_for_hello(std::uint64_t line_number);
  /// A spool hands out no more than its window, keeps the rest, and wants to be told what is done.
  [[nodiscard]] bool is_up() const { return pipe_.has_value(); }

  /// Tells the spool what can be told. Never blocks.
  void settle();
  /// The last receipts, waiting for the spool to take them no longer than `until`. False: it did
  /// not take them all.
  bool finish(Loop::Time until);
  /// For the stats event.
  void add_counters(Counters& counters) const;

 private:
  Loop& loop_;
  Uplink& uplink_;
  std::optional<AckPipe> pipe_;
};

}  // namespace tbgw::tb
