// SPDX-License-Identifier: Apache-2.0
#include "core/rejects.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.hpp"
#include "core/status.hpp"

namespace tbgw {

namespace {

/// A regular file behind both; pipes and terminals do not grow by being written to.
bool is_same_file(int fd, const std::string& input) {
  struct stat written {};
  struct stat read {};
  const int got = input == "-" ? ::fstat(STDIN_FILENO, &read) : ::stat(input.c_str(), &read);
  return ::fstat(fd, &written) == 0 && got == 0 && S_ISREG(written.st_mode) &&
         written.st_dev == read.st_dev && written.st_ino == read.st_ino;
}

}  // namespace

Rejects::Rejects(const std::string& path, const std::vector<std::string>& inputs) : path_(path) {
  if (path.empty()) return;
  fd_ = Fd{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)};
  if (!fd_) throw_errno(Status::cannot_create, "cannot open " + path);
  for (const std::string& input : inputs.empty() ? std::vector<std::string>{"-"} : inputs) {
    if (!is_same_file(fd_.get(), input)) continue;
    throw Fatal(Status::usage, "--rejects " + path + " is the file that is read");
  }
}

void Rejects::tell(std::string_view input, std::uint64_t line, std::string_view reason) {
  ++told_;
  text_.assign(input).append(":").append(std::to_string(line)).append(": ").append(reason);
  log::limited(log::Level::error, "rejected lines", text_);
}

void Rejects::keep(std::string_view line) {
  if (!fd_ || line.empty()) return;
  text_.assign(line).push_back('\n');
  const auto done = write_all(fd_.get(), text_);
  if (!done) throw Fatal(Status::io_error, "cannot write to " + path_ + ": " + done.error().text);
}

}  // namespace tbgw
