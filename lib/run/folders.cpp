// SPDX-License-Identifier: Apache-2.0
#include "run/folders.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "core/status.hpp"

namespace tbgw::run {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? "" : value;
}

/// systemd separates several by colons.
std::string first_of(const std::string& list) {
  return list.substr(0, list.find(':'));
}

}  // namespace

std::string state_folder(const std::string& given) {
  if (!given.empty()) return given;
  if (const auto folder = first_of(variable("STATE_DIRECTORY")); !folder.empty()) return folder;
  if (const auto folder = variable("XDG_STATE_HOME"); !folder.empty()) return folder + "/tbgw";
  if (const auto home = variable("HOME"); !home.empty()) return home + "/.local/state/tbgw";
  throw Fatal(Status::usage, "no folder to keep records in: give --state DIR");
}

std::string runtime_folder(const std::string& given) {
  if (!given.empty()) return given;
  if (const auto folder = first_of(variable("RUNTIME_DIRECTORY")); !folder.empty()) return folder;
  if (const auto folder = variable("XDG_RUNTIME_DIR"); !folder.empty()) return folder + "/tbgw";
  return "/tmp/tbgw-" + std::to_string(::geteuid());
}

void make_folder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw Fatal(Status::cannot_create, path + ": " + error.message());
}

void make_private_folder(const std::string& path) {
  const auto parent = std::filesystem::path{path}.parent_path();
  if (!parent.empty()) make_folder(parent.string());
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    throw_errno(Status::cannot_create, path);
  }
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) throw_errno(Status::cannot_create, path);
  const bool ours = S_ISDIR(info.st_mode) && info.st_uid == ::geteuid() &&
                    (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!ours) {
    throw Fatal(Status::no_permission,
                path + ": is not a folder of this user alone: remove it, or give --runtime DIR");
  }
}

Fd lock_folder(const std::string& path) {
  const std::string name = path + "/lock";
  Fd lock{::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!lock) throw_errno(Status::cannot_create, name);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Fatal(Status::try_again,
                path +
                    ": another tbgw-run runs there: stop it, or give --runtime DIR and --state "
                    "DIR to have both");
  }
  return lock;
}

}  // namespace tbgw::run
