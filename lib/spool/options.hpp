// SPDX-License-Identifier: Apache-2.0
// What a spool process is told on its command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/line_reader.hpp"
#include "spool/accepter.hpp"
#include "spool/writer.hpp"

namespace tbgw::spool {

struct Options {
  std::string dir;
  std::vector<std::string> command;  ///< the child form; empty = the filter

  bool get = false;  ///< only deliver, for `cursor`
  std::string cursor;
  bool memory = false;

  std::string listen;  ///< path of a socket, "" = none
  bool read_stdin = true;
  int accept_fd = -1;

  bool sync = true;                           ///< false: --sync none
  std::chrono::milliseconds sync_every{100};  ///< 0: --sync always
  std::chrono::milliseconds write_behind{0};
  WhenFull when_full = WhenFull::block;
  std::chrono::milliseconds max_age{0};
  WriterOptions writer;
  std::uint64_t max_record = kMaxRecord;

  std::size_t window = 32768;
  bool acknowledged = true;  ///< false: --ack write
  std::chrono::milliseconds stall{300'000};
  std::optional<std::chrono::milliseconds> drain_timeout;
  std::chrono::milliseconds stats{0};
  int ready_fd = -1;
};

}  // namespace tbgw::spool
