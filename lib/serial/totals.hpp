// SPDX-License-Identifier: Apache-2.0
// The counters of all ports of a process, as its stats event shows them.
#pragma once

#include <cstdint>

#include "core/record.hpp"
#include "serial/exchange.hpp"
#include "serial/framing.hpp"
#include "serial/port.hpp"

namespace tbgw::serial {

struct Totals {
  FrameCounts frames;
  ExchangeCounts exchange;
  LineErrors line_errors;
  bool driver_counts = false;  ///< some driver counts line errors
  std::uint64_t dropped = 0;   ///< frames that stdout did not take
  std::uint64_t bad_bytes = 0;
  std::uint64_t reconnects = 0;
  std::uint64_t repeated_stamps = 0;

  void add(const FrameCounts& more);
  void add(const ExchangeCounts& more);
  void add(const LineErrors& more);
  [[nodiscard]] Counters counters() const;
};

}  // namespace tbgw::serial
