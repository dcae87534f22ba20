// SPDX-License-Identifier: Apache-2.0
#include "core/whole_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "core/fd.hpp"
#include "core/status.hpp"

namespace tbgw {
namespace {

Error failed(const std::string& path) {
  const int error = errno;
  return Error{path + ": " + errno_text(error)};
}

Result<void> write_fresh(const std::string& fresh, std::string_view text) {
  ::unlink(fresh.c_str());
  const Fd fd{::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!fd) return failed(fresh);
  if (const auto written = write_all(fd.get(), text); !written) {
    return Error{fresh + ": " + written.error().text};
  }
  if (::fsync(fd.get()) != 0) return failed(fresh);
  return {};
}

}  // namespace

Result<void> replace_file(const std::string& path, std::string_view text) {
  std::string folder = std::filesystem::path{path}.parent_path().string();
  if (folder.empty()) folder = ".";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{folder + ": " + error.message()};
  const std::string fresh = path + ".new";
  if (auto written = write_fresh(fresh, text); !written) {
    ::unlink(fresh.c_str());
    return written;
  }
  if (::rename(fresh.c_str(), path.c_str()) != 0) return failed(path);
  const Fd directory{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory) ::fsync(directory.get());
  return {};
}

}  // namespace tbgw
