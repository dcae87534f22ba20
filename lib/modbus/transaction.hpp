// SPDX-License-Identifier: Apache-2.0
// A request to one unit, and how it ended.
#pragma once

#include <cstdint>
#include <string>

#include "core/time.hpp"
#include "modbus/pdu.hpp"
#include "modbus/tag.hpp"

namespace tbgw::modbus {

/// A request to one unit.
struct Transaction {
  std::uint64_t id = 0;  ///< the caller's
  std::uint8_t unit = 0;
  Request request;
  Milliseconds timeout{1000};
};

struct TransactionEnd {
  enum class Kind : std::uint8_t {
    answered,  ///< `answer` is good or an exception
    sent,      ///< a broadcast, which nobody answers
    silent,
    garbled,  ///< something came that was not the answer
    cut_off,  ///< the connection ended, or there was none
    refused,  ///< there is no such request: nothing was sent
  };
  std::uint64_t id = 0;
  Kind kind = Kind::silent;
  Answer answer;
  std::string text;  ///< why, for a person
  EpochMs at = 0;    ///< when the answer was complete
  Milliseconds spent{0};
};

}  // namespace tbgw::modbus
