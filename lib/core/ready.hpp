// SPDX-License-Identifier: Apache-2.0
// Readiness: a newline on --ready-fd (s6 and the tests wait for it) and sd_notify datagrams.
#pragma once

#include <string_view>

namespace tbgw {

/// Tells whoever waits that the tool does its job now: writes "\n" to ready_fd and closes it (if
/// >= 0), and sends READY=1 with STATUS=status to $NOTIFY_SOCKET (if set). Call once.
void announce_ready(int ready_fd, std::string_view status);

/// sd_notify(3): sends `state` ("STATUS=…", "STOPPING=1") to $NOTIFY_SOCKET, "@" = abstract.
/// Without the variable, or when nobody listens, nothing happens.
void notify(std::string_view state);

}  // namespace tbgw
