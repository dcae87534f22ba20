// SPDX-License-Identifier: Apache-2.0
#include "route/up_pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/fifo.hpp"
#include "core/status.hpp"

namespace tbgw::route {

UpPipe::UpPipe(Loop& loop, std::string path, std::size_t max_record, Hooks hooks)
    : loop_(loop), path_(std::move(path)), max_record_(max_record), hooks_(std::move(hooks)) {
  make_fifo(path_);
  open();
}

/// A FIFO is opened anew before its old read end is closed, so that nothing written between is
/// lost. Without O_NONBLOCK it would wait for a writer.
void UpPipe::open() {
  Fd fd{::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  if (!fd) {
    const bool refused = errno == EACCES || errno == EPERM;
    throw_errno(refused ? Status::no_permission : Status::no_input, path_);
  }
  std::error_code error;
  if (std::filesystem::is_directory(path_, error)) {
    throw Fatal(Status::no_input, path_ + ": " + errno_text(EISDIR));
  }
  is_file_ = fd_kind(fd.get()) == FdKind::file;
  input_ = std::make_unique<LineInput>(loop_, fd.get(), max_record_ + kRecordSlack,
                                       LineInput::Hooks{hooks_.line, hooks_.is_full});
  fd_ = std::move(fd);
}

void UpPipe::resume() {
  if (ended_) return;
  input_->resume();
  if (!input_->ended()) return;
  if (!std::exchange(was_closed_, true) || !is_file_) hooks_.closed();
  if (is_file_ || stopping_) {
    ended_ = true;
  } else {
    open();
  }
}

void UpPipe::end_at_silence() {
  stopping_ = true;
  input_->end_at_silence();
}

}  // namespace tbgw::route
