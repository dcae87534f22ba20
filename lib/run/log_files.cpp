// SPDX-License-Identifier: Apache-2.0
#include "run/log_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <utility>

#include "core/status.hpp"
#include "core/time.hpp"
#include "run/folders.hpp"

namespace tbgw::run {
namespace {

std::string stamp() {
  const EpochMs now = now_ms();
  const std::time_t seconds = now / 1000;
  std::tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> milliseconds{};
  std::snprintf(milliseconds.data(), milliseconds.size(), ".%03d", static_cast<int>(now % 1000));
  return std::string{text.data(), length} + milliseconds.data();
}

const char* word(log::Level level) {
  switch (level) {
    case log::Level::error:
      return "error";
    case log::Level::warning:
      return "warning";
    case log::Level::info:
      return "info";
    case log::Level::debug:
      return "debug";
  }
  return "";
}

}  // namespace

std::string as_file_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !out.empty());
    out.push_back(plain ? c : '_');
  }
  return out.empty() ? "_" : out;
}

LogFiles::LogFiles(std::string folder, std::uint64_t size, int files)
    : folder_(std::move(folder)), size_(size), count_(files) {
  if (!folder_.empty()) make_folder(folder_);
}

LogFiles::File* LogFiles::open(const std::string& path) {
  if (const auto found = open_.find(path); found != open_.end()) return &found->second;
  File file{Fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640)},
            0};
  struct stat info {};
  if (!file.fd || ::fstat(file.fd.get(), &info) != 0) return nullptr;
  file.size = static_cast<std::uint64_t>(info.st_size);
  return &open_.emplace(path, std::move(file)).first->second;
}

void LogFiles::rotate(const std::string& path) {
  open_.erase(path);
  for (int i = count_ - 1; i > 0; --i) {
    const std::string from = i == 1 ? path : path + "." + std::to_string(i - 1);
    [[maybe_unused]] const int moved =
        std::rename(from.c_str(), (path + "." + std::to_string(i)).c_str());
  }
  if (count_ <= 1) ::unlink(path.c_str());
}

void LogFiles::write(std::string_view name, log::Level level, std::string_view text) {
  if (folder_.empty()) {
    return log::relay(level, std::string{name} + ": " + std::string{text});
  }
  const std::string path = folder_ + "/" + as_file_name(name) + ".log";
  const std::string line = stamp() + " " + word(level) + " " + std::string{text} + "\n";
  File* file = open(path);
  if (file != nullptr && file->size > 0 && file->size + line.size() > size_) {
    rotate(path);
    file = open(path);
  }
  if (file != nullptr && write_all(file->fd.get(), line)) {
    file->size += line.size();
    return;
  }
  open_.erase(path);
  log::limited(log::Level::error, "log files that cannot be written", path + ": cannot be written");
  log::relay(level, std::string{name} + ": " + std::string{text});
}

}  // namespace tbgw::run
