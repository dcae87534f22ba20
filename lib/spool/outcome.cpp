// SPDX-License-Identifier: Apache-2.0
#include "spool/outcome.hpp"

#include <cerrno>

#include "core/status.hpp"

namespace tbgw::spool {

Outcome trouble_of(int error, const std::string& what) {
  Trouble trouble = Trouble::broken;
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      trouble = Trouble::full;
      break;
    case EROFS:
    case EACCES:
    case EPERM:
      trouble = Trouble::refused;
      break;
    default:
      break;
  }
  return {trouble, what + ": " + errno_text(error)};
}

}  // namespace tbgw::spool
