// SPDX-License-Identifier: Apache-2.0
#include "serial/holder.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <memory>
#include <optional>
#include <sstream>
#include <string_view>

#include "core/fd.hpp"
#include "core/number.hpp"

namespace tbgw::serial {
namespace {

/// A small file of /proc; "" if it cannot be read.
std::string slurp(const std::string& path) {
  const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  std::string text;
  std::array<char, 4096> block{};
  for (ssize_t got = 1; fd && got > 0;) {
    got = ::read(fd.get(), block.data(), block.size());
    if (got > 0) text.append(block.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::vector<std::string> entries_of(const std::string& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  std::vector<std::string> names;
  if (!dir) return names;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
  while (const dirent* entry = ::readdir(dir.get()))
    names.emplace_back(entry->d_name);
  return names;
}

std::optional<int> as_pid(const std::string& name) {
  const auto pid = parse_integer(name, 1, INT32_MAX);
  if (!pid) return std::nullopt;
  return static_cast<int>(*pid);
}

Holder process(int pid) {
  std::string name = slurp("/proc/" + std::to_string(pid) + "/comm");
  if (!name.empty() && name.back() == '\n') name.pop_back();
  return {pid, name.empty() ? "?" : name};
}

bool has_open(int pid, dev_t device) {
  const std::string folder = "/proc/" + std::to_string(pid) + "/fd";
  for (const std::string& name : entries_of(folder)) {
    struct stat info {};
    if (::stat((folder + "/" + name).c_str(), &info) != 0) continue;
    if (S_ISCHR(info.st_mode) && info.st_rdev == device) return true;
  }
  return false;
}

}  // namespace

std::vector<Holder> holders_of(const std::string& path) {
  struct stat info {};
  std::vector<Holder> out;
  if (::stat(path.c_str(), &info) != 0 || !S_ISCHR(info.st_mode)) return out;
  for (const std::string& name : entries_of("/proc")) {
    const auto pid = as_pid(name);
    if (pid && has_open(*pid, info.st_rdev)) out.push_back(process(*pid));
  }
  return out;
}

// A line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 708 00:05:92 0 EOF" (pid, device, inode).
std::vector<Holder> lock_holders_of(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  std::array<char, 64> wanted{};
  std::snprintf(wanted.data(), wanted.size(), "%02x:%02x:%llu", major(info.st_dev),
                minor(info.st_dev), static_cast<unsigned long long>(info.st_ino));
  std::istringstream locks(slurp("/proc/locks"));
  std::string number;
  std::string kind;
  std::string how;
  std::string mode;
  std::string pid;
  std::string what;
  std::string rest;
  while (locks >> number >> kind >> how >> mode >> pid >> what && std::getline(locks, rest)) {
    const auto holder = as_pid(pid);
    if (kind == "FLOCK" && what == wanted.data() && holder) return {process(*holder)};
  }
  return holders_of(path);
}

std::string name_holders(const std::vector<Holder>& holders) {
  std::string out;
  for (const Holder& holder : holders) {
    if (!out.empty()) out += ", ";
    out += holder.program + " (pid " + std::to_string(holder.pid) + ")";
  }
  return out.empty() ? "another program" : out;
}

std::string holder_remedy(const std::vector<Holder>& holders, const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  for (const Holder& holder : holders) {
    if (holder.pid == ::getpid()) return "give each port only once";
    if (holder.program == "ModemManager") return "sudo systemctl stop ModemManager";
    if (holder.program == "brltty") return "sudo apt remove brltty";
    if (holder.program.find("getty") != std::string::npos) {
      return "sudo systemctl stop serial-getty@" + name;
    }
  }
  if (!holders.empty()) return "end it, or wait for it with --wait";
  return "ModemManager, brltty or a getty are the usual ones; look with: sudo fuser -v " + path;
}

}  // namespace tbgw::serial
