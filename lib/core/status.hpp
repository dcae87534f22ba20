// SPDX-License-Identifier: Apache-2.0
// Exit statuses and the exception that carries one to main.
#pragma once

#include <stdexcept>
#include <string>

namespace tbgw {

/// <sysexits.h>, as supervisors act on it: 64 and 78 are retried only when a file changes, 77 every
/// ten minutes, the rest with back-off.
enum class Status : int {
  ok = 0,
  usage = 64,          ///< the command line is wrong
  data_error = 65,     ///< ran to the end of input; some records were rejected
  no_input = 66,       ///< device or file absent
  unavailable = 69,    ///< peer unreachable at the end of patience
  software = 70,       ///< our bug
  cannot_create = 73,  ///< cannot create a file
  io_error = 74,       ///< read or write failed
  try_again = 75,      ///< not all was done; a later try may
  no_permission = 77,  ///< permission or credentials refused
  config = 78,         ///< a configuration file is wrong; the message has file:line
};

/// Ends the process: caught once, in guarded() (app.hpp), which prints `program: what()`.
struct Fatal : std::runtime_error {
  Fatal(Status why, const std::string& message) : std::runtime_error(message), status(why) {}
  Status status;
};

/// The reader of our stdout is gone: guarded() ends the process by SIGPIPE, in silence.
struct ConsumerGone {};

/// "what: text of errno", Fatal with `why`. Reads errno first thing.
[[noreturn]] void throw_errno(Status why, const std::string& what);
/// The text of an errno value (thread-safe, unlike strerror).
std::string errno_text(int error);

}  // namespace tbgw
