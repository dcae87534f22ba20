// SPDX-License-Identifier: Apache-2.0
#include "spool/inputs.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/log.hpp"
#include "core/status.hpp"

namespace tbgw::spool {

Inputs::Inputs(Loop& loop, std::size_t max_line, Hooks hooks)
    : loop_(loop), max_line_(max_line), hooks_(std::move(hooks)) {}

Inputs::~Inputs() {
  for (const auto& source : sources_)
    loop_.forget(source->number());
}

void Inputs::read_stdin() {
  if (fd_kind(STDIN_FILENO) == FdKind::terminal) {
    log::warn("reading records from the terminal; end with Ctrl-D");
  }
  add(Fd{});
}

void Inputs::listen(const std::string& path) {
  listener_.emplace(loop_, path, [this](Fd connection) {
    add(std::move(connection));
    if (sources_.size() >= kMostConnections) listener_->pause(true);
  });
}

void Inputs::add(Fd fd) {
  sources_.push_back(std::make_unique<Source>(std::move(fd), max_line_));
  watch(*sources_.back());
}

/// Not watched while nothing is wanted of it: a pipe without writers would wake us for ever.
void Inputs::watch(Source& source) {
  if (source.watched) return;
  source.watched = true;
  loop_.watch(source.number(), POLLIN, [this, &source](short) { on_ready(source); });
}

void Inputs::unwatch(Source& source) {
  if (source.watched) loop_.forget(source.number());
  source.watched = false;
}

void Inputs::on_ready(Source& source) {
  last_read_ = Loop::Clock::now();
  try {
    source.at_end = source.reader.fill() == LineReader::Fill::end;
  } catch (const Fatal& fatal) {
    if (!source.fd) throw;
    log::warn(std::string{"a connection broke: "} + fatal.what());
    return remove(source);
  }
  hand_over(source);
}

/// May remove the source.
void Inputs::hand_over(Source& source) {
  Line line;
  while (hooks_.wants_lines()) {
    if (!source.reader.next(line)) {
      return source.at_end ? finish(source) : stopped_ ? unwatch(source) : watch(source);
    }
    ++source.lines;
    hooks_.line(line);
  }
  unwatch(source);
}

/// A peer that still listens gets its last report first.
void Inputs::finish(Source& source) {
  if (!source.fd || source.reported == source.lines) return remove(source);
  source.finished = true;
  unwatch(source);
}

void Inputs::remove(const Source& source) {
  loop_.forget(source.number());
  const auto found =
      std::find_if(sources_.begin(), sources_.end(),
                   [&source](const auto& candidate) { return candidate.get() == &source; });
  const bool is_stdin = !source.fd;
  sources_.erase(found);
  if (listener_) listener_->pause(false);
  if (is_stdin && !listener_ && !stopped_) hooks_.ended();
}

void Inputs::resume() {
  std::vector<Source*> all;
  for (const auto& source : sources_) {
    if (!source->finished) all.push_back(source.get());
  }
  for (Source* source : all)
    hand_over(*source);
}

void Inputs::stop() {
  if (stopped_) return;
  stopped_ = true;
  listener_.reset();
  for (const auto& source : sources_)
    unwatch(*source);
  resume();
}

void Inputs::settled() {
  std::vector<Source*> finished;
  for (const auto& source : sources_) {
    if (source->fd && source->reported < source->lines) report(*source);
    if (source->finished) finished.push_back(source.get());
  }
  for (const Source* source : finished)
    remove(*source);
}

/// Cumulative, so a report for which there is no room is made good by the next one.
void Inputs::report(Source& source) {
  const std::string text = "{\"accepted\":" + std::to_string(source.lines) + "}\n";
  const ssize_t put =
      ::send(source.fd.get(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (put == static_cast<ssize_t>(text.size())) source.reported = source.lines;
}

}  // namespace tbgw::spool
