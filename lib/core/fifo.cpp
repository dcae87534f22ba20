// SPDX-License-Identifier: Apache-2.0
#include "core/fifo.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "core/status.hpp"

namespace tbgw {

bool make_fifo(const std::string& path) {
  if (::mkfifo(path.c_str(), S_IRUSR | S_IWUSR) == 0 || errno == EEXIST) return true;
  if (errno == EPERM || errno == ENOSYS || errno == EOPNOTSUPP || errno == EROFS) return false;
  throw_errno(Status::cannot_create, path + ": cannot make a FIFO");
}

}  // namespace tbgw
