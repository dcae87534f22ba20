// SPDX-License-Identifier: Apache-2.0
#include "run/file_watch.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <set>
#include <utility>

#include "core/log.hpp"
#include "core/status.hpp"

namespace tbgw::run {
namespace {
/// An editor writes, renames and touches: one change.
constexpr Loop::Duration kSettle{300};
}  // namespace

FileWatch::FileWatch(Loop& loop, const std::vector<std::string>& files,
                     std::function<void()> on_change)
    : loop_(loop),
      files_(files),
      on_change_(std::move(on_change)),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)),
      seen_(seen()) {
  if (!inotify_) {
    log::warn("--watch: files cannot be watched: send SIGHUP instead");
    return;
  }
  std::set<std::string> folders;
  for (const std::string& file : files_) {
    const std::string folder = std::filesystem::path{file}.parent_path().string();
    folders.insert(folder.empty() ? "." : folder);
  }
  for (const std::string& folder : folders) {
    const auto what =
        static_cast<std::uint32_t>(IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM);
    if (::inotify_add_watch(inotify_.get(), folder.c_str(), what) < 0) {
      log::warn("--watch: " + folder + ": cannot be watched: send SIGHUP instead");
    }
  }
  loop_.watch(inotify_.get(), POLLIN, [this](short) { read(); });
}

FileWatch::~FileWatch() {
  loop_.cancel(settle_);
  if (inotify_) loop_.forget(inotify_.get());
}

void FileWatch::read() {
  std::array<char, 4096> events{};
  while (::read(inotify_.get(), events.data(), events.size()) > 0) {
  }
  loop_.cancel(settle_);
  settle_ = loop_.after(kSettle, [this] {
    settle_ = {};
    std::vector<std::string> now = seen();
    if (std::exchange(seen_, now) != now) on_change_();
  });
}

/// What tells a file from one that was written later.
std::vector<std::string> FileWatch::seen() const {
  std::vector<std::string> out;
  for (const std::string& file : files_) {
    struct stat info {};
    if (::stat(file.c_str(), &info) != 0) {
      out.emplace_back("absent");
      continue;
    }
    out.push_back(std::to_string(info.st_ino) + " " + std::to_string(info.st_size) + " " +
                  std::to_string(info.st_mtim.tv_sec) + "." + std::to_string(info.st_mtim.tv_nsec));
  }
  return out;
}

}  // namespace tbgw::run
