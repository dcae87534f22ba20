// SPDX-License-Identifier: Apache-2.0
#include "core/status.hpp"

#include <cerrno>
#include <system_error>

namespace tbgw {

std::string errno_text(int error) {
  return std::generic_category().message(error);
}

void throw_errno(Status why, const std::string& what) {
  const int error = errno;
  throw Fatal(why, what + ": " + errno_text(error));
}

}  // namespace tbgw
