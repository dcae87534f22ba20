// SPDX-License-Identifier: Apache-2.0
// Notices that a path may have appeared, so that a device that comes back is found at once.
#pragma once

#include <string>

#include "core/fd.hpp"

namespace tbgw::serial {

class FolderWatch {
 public:
  /// Watches the folder `path` would appear in, or the nearest one above it that exists.
  explicit FolderWatch(const std::string& path);

  /// Readable when something appeared or changed its permissions there; -1 if the kernel has no
  /// inotify to give (then only the next try finds it).
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// Takes what was reported.
  void clear();

 private:
  Fd fd_;
};

}  // namespace tbgw::serial
