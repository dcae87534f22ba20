// SPDX-License-Identifier: Apache-2.0
#include "core/rejects.hpp"

#include <fcntl.h>

#include "core/log.hpp"
#include "core/status.hpp"

namespace tbgw {

Rejects::Rejects(const std::string& path) : path_(path) {
  if (path.empty()) return;
  fd_ = Fd{::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)};
  if (!fd_) throw_errno(Status::cannot_create, "cannot open " + path);
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
