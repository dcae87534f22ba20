// SPDX-License-Identifier: Apache-2.0
// The first line of a spool: it wants its records acknowledged, and says where.
//   {"spool":1,"run":"9f86d081884c7d65","ack":"/var/lib/tbgw/spool/ack"}
//   {"spool":1,"run":"9f86d081884c7d65","ack_fd":3}
#pragma once

#include <span>
#include <string>

#include "core/json_view.hpp"

namespace tbgw::tb {

struct SpoolHello {
  std::string version;  ///< as JSON; we speak "1"
  std::string run;      ///< the name of this start of the spool
  std::string ack;      ///< path of a FIFO, or
  int ack_fd = -1;      ///< a descriptor that we inherited

  /// Says where, and in words that we know.
  [[nodiscard]] bool is_good() const {
    return version == "1" && !run.empty() && (ack_fd > 2 || ack.substr(0, 1) == "/");
  }
  [[nodiscard]] bool same_channel(const SpoolHello& other) const {
    return ack == other.ack && ack_fd == other.ack_fd;
  }
};

/// What is missing or of a wrong type is empty.
SpoolHello read_hello(std::span<const JsonMember> members);

}  // namespace tbgw::tb
