// SPDX-License-Identifier: Apache-2.0
#include "serial/folder_watch.hpp"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cstddef>

namespace tbgw::serial {

FolderWatch::FolderWatch(const std::string& path) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  std::string folder = path;
  while (fd_) {
    const std::size_t slash = folder.rfind('/');
    folder = slash == std::string::npos ? "." : slash == 0 ? "/" : folder.substr(0, slash);
    // IN_ATTRIB: udev opens a device to its group a moment after it appears.
    constexpr unsigned kNews = IN_CREATE | IN_MOVED_TO | IN_ATTRIB;
    if (::inotify_add_watch(fd_.get(), folder.c_str(), kNews) >= 0) return;
    if (folder == "." || folder == "/") fd_.reset();
  }
}

void FolderWatch::clear() {
  std::array<char, 4096> events{};
  while (::read(fd_.get(), events.data(), events.size()) > 0) {
  }
}

}  // namespace tbgw::serial
