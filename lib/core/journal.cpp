// SPDX-License-Identifier: Apache-2.0
#include "core/journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/status.hpp"

namespace tbgw {
namespace {

/// Rewritten when it is this many times what it was, and not worth it when small.
constexpr std::size_t kGrowth = 4;
constexpr std::size_t kSmall = std::size_t{64} << 10;
/// More is no journal of ours.
constexpr std::size_t kMost = std::size_t{256} << 20;

Error failed(const std::string& path) {
  const int error = errno;
  return Error{path + ": " + errno_text(error)};
}

/// Names in a folder are durable once the folder is.
Result<void> sync_folder_of(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path{path}.parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const Fd fd{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd || ::fsync(fd.get()) != 0) return failed(folder);
  return {};
}

}  // namespace

Result<void> Journal::read(const std::string& path, const Hooks& hooks) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  std::string text;
  try {
    text = read_file(path, kMost);
  } catch (const Fatal& fatal) {
    return Error{fatal.what()};
  }
  std::string_view rest = text;
  for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    hooks.take(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return {};
}

Result<Journal> Journal::open(const std::string& path, Hooks hooks) {
  Journal journal;
  journal.path_ = path;
  journal.hooks_ = std::move(hooks);
  if (const auto got = read(path, journal.hooks_); !got) return got.error();
  if (const auto written = journal.rewrite(); !written) return written.error();
  return journal;
}

/// The new file is whole and on the disk before it takes the place of the old one.
Result<void> Journal::rewrite() {
  const std::string fresh = path_ + ".new";
  const std::string text = hooks_.whole();
  ::unlink(fresh.c_str());
  Fd fd{
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!fd) return failed(fresh);
  if (const auto put = write_all(fd.get(), text); !put) {
    return Error{fresh + ": " + put.error().text};
  }
  if (::fsync(fd.get()) != 0) return failed(fresh);
  if (::rename(fresh.c_str(), path_.c_str()) != 0) return failed(path_);
  if (const auto synced = sync_folder_of(path_); !synced) return synced.error();
  file_ = std::move(fd);
  written_ = needed_ = text.size();
  torn_ = false;
  return {};
}

Result<void> Journal::append(std::string_view lines) {
  if (lines.empty() || path_.empty()) return {};
  if (torn_ || written_ + lines.size() > std::max(kSmall, needed_ * kGrowth)) return rewrite();
  torn_ = true;  // until we know better; then only a whole new file is surely right
  if (const auto put = write_all(file_.get(), lines); !put) {
    return Error{path_ + ": " + put.error().text};
  }
  if (::fdatasync(file_.get()) != 0) return failed(path_);
  torn_ = false;
  written_ += lines.size();
  return {};
}

}  // namespace tbgw
