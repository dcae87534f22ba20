// SPDX-License-Identifier: Apache-2.0
#include "run/channels.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "core/fifo.hpp"
#include "core/status.hpp"

namespace tbgw::run {

Pipe& Channels::pipe(const std::string& name) {
  const auto found = pipes_.find(name);
  return found != pipes_.end() ? found->second : pipes_.emplace(name, make_pipe()).first->second;
}

Fd Channels::open(const Channel& channel, bool writing) {
  if (channel.kind == Channel::Kind::pipe) {
    const Pipe& ends = pipe(channel.name);
    Fd copy{::fcntl(writing ? ends.write.get() : ends.read.get(), F_DUPFD_CLOEXEC, 3)};
    if (!copy) throw_errno(Status::io_error, "a pipe");
    return copy;
  }
  const bool fifo = channel.kind == Channel::Kind::fifo;
  const std::string path = fifo ? folder_ + "/" + channel.name : "/dev/null";
  if (fifo && !make_fifo(path)) throw Fatal(Status::cannot_create, path + ": cannot be a FIFO");
  // For reading and writing it opens at once, and its end never comes.
  Fd fd{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
  if (!fd) throw_errno(Status::cannot_create, path);
  return fd;
}

void Channels::close_writing(const Channel& channel) {
  if (channel.kind == Channel::Kind::pipe) pipe(channel.name).write.reset();
}

void Channels::renew(const Channel& channel) {
  if (channel.kind == Channel::Kind::pipe) pipes_.insert_or_assign(channel.name, make_pipe());
}

void Channels::end_line(const Channel& channel) {
  if (channel.kind != Channel::Kind::pipe) return;
  // An open file description of our own: O_NONBLOCK on the pipe's would reach the children.
  const std::string path = "/proc/self/fd/" + std::to_string(pipe(channel.name).write.get());
  const Fd fd{::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
  // A full pipe takes no byte more: then the next line may be lost with the torn one, which is
  // noticed by whoever reads it.
  if (fd) [[maybe_unused]]
    const ssize_t put = ::write(fd.get(), "\n", 1);
}

}  // namespace tbgw::run
