// SPDX-License-Identifier: Apache-2.0
#include "core/command_input.hpp"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "core/fd.hpp"
#include "core/log.hpp"
#include "core/record.hpp"
#include "core/status.hpp"
#include "core/text.hpp"

namespace tbgw {
namespace {

constexpr std::array<std::string_view, 5> kDownlink{"attributes", "rpc", "attributes-response",
                                                    "device-renamed", "device-deleted"};
constexpr std::array<std::string_view, 5> kUplink{"connect", "disconnect", "rpc-reply",
                                                  "attributes-request", "claim"};
constexpr std::array<std::string_view, 4> kIgnored{"stats", "fault", "platform-up",
                                                   "platform-down"};

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

bool carries_commands(int fd) {
  switch (fd_kind(fd)) {
    case FdKind::pipe:
    case FdKind::socket:
      return true;
    case FdKind::file:
      if ((::fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR) {
        throw Fatal(Status::usage,
                    "standard input is a plain file opened for reading and writing: commands come "
                    "through a FIFO; make it first: mkfifo down");
      }
      return false;
    default:
      return false;
  }
}

CommandInput::CommandInput(Loop& loop, int fd, std::size_t max_record, CommandHooks hooks)
    : loop_(loop), fd_(fd), hooks_(std::move(hooks)) {
  open_ = carries_commands(fd);
  if (!open_) return;
  reader_.emplace(fd, max_record + kRecordSlack);
  loop_.watch(fd_, POLLIN, [this](short) { on_ready(); });
}

CommandInput::~CommandInput() {
  stop();
}

void CommandInput::stop() {
  if (open_) loop_.forget(fd_);
  open_ = false;
}

void CommandInput::set_paused(bool paused) {
  if (!open_ || paused == paused_) return;
  paused_ = paused;
  // Not events 0: a writer that has gone would be reported without end.
  if (paused) {
    loop_.forget(fd_);
  } else {
    loop_.watch(fd_, POLLIN, [this](short) { on_ready(); });
  }
}

void CommandInput::on_ready() {
  const bool at_end = reader_->fill() == LineReader::Fill::end;
  Line line;
  while (open_ && reader_->next(line))
    take(line);
  if (at_end) stop();
}

void CommandInput::take(const Line& line) {
  ++counts_.lines;
  if (const auto done = sort(line); !done) {
    ++counts_.rejected;
    log::limited(log::Level::warning, "lines on standard input",
                 "stdin:" + std::to_string(line.number) + ": " + done.error().text);
  }
}

Result<void> CommandInput::sort(const Line& line) {
  if (line.too_long) return Error{"the line is longer than --max-record"};
  const auto members = view_.object(line.text);
  if (!members) return members.error();
  switch (kind_of(*members)) {
    case LineKind::hello:
      ++counts_.ignored;
      return {};
    case LineKind::event:
      return take_event(line, *members);
    case LineKind::command:
      if (hooks_.command) return hooks_.command(line, *members);
      return Error{"this connector takes no bytes to send"};
    case LineKind::answer:
    case LineKind::raw:
    case LineKind::reading:
      break;
  }
  return Error{"neither a command (`send`) nor an event"};
}

Result<void> CommandInput::take_event(const Line& line, CommandHooks::Members members) {
  const JsonMember* event = find(members, "event");
  if (event->type != JsonType::string) return Error{"`event` must be a text"};
  if (one_of(kIgnored, event->text)) {
    ++counts_.ignored;
  } else if (one_of(kUplink, event->text)) {
    ++counts_.copied;
    if (hooks_.copy) hooks_.copy(line.text);
  } else if (hooks_.event && one_of(kDownlink, event->text)) {
    return hooks_.event(event->text, line, members);
  } else {
    ++counts_.ignored;
    log::limited(log::Level::info, "events of no use here",
                 "stdin:" + std::to_string(line.number) + ": event " + in_quotes(event->text) +
                     " is of no use here");
  }
  return {};
}

}  // namespace tbgw
