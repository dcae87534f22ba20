// SPDX-License-Identifier: Apache-2.0
#include "core/line_input.hpp"

#include <poll.h>

#include <utility>

#include "core/filter.hpp"

namespace tbgw {
namespace {
constexpr std::size_t kTrickle = 4096;
}

LineInput::LineInput(Loop& loop, int fd, std::size_t max_line, Hooks hooks)
    : loop_(loop), fd_(fd), hooks_(std::move(hooks)), reader_(fd, max_line) {
  watch();
}

LineInput::~LineInput() {
  loop_.cancel(silence_);
  if (watched_) loop_.forget(fd_);
}

/// What is not read is not watched either: the hang-up of a pipe would be reported without end.
void LineInput::watch() {
  const bool wanted = !held_ && !ended_;
  if (wanted == watched_) return;
  watched_ = wanted;
  if (wanted) {
    loop_.watch(fd_, POLLIN, [this](short) { read(); });
  } else {
    loop_.forget(fd_);
  }
}

void LineInput::read() {
  last_input_ = Loop::Clock::now();
  last_read_ = 0;
  at_end_ = reader_.fill() == LineReader::Fill::end;
  hand_over();
}

void LineInput::hand_over() {
  Line line;
  while (!(held_ = hooks_.is_full()) && reader_.next(line)) {
    last_read_ += line.text.size() + 1;
    hooks_.line(line);
  }
  if (at_end_ && !held_) ended_ = true;
  watch();
}

void LineInput::resume() {
  if (held_ && !ended_ && !hooks_.is_full()) hand_over();
}

bool LineInput::is_trickle() const {
  return reader_.drained() && last_read_ < kTrickle;
}

void LineInput::end_at_silence() {
  if (std::exchange(stopping_, true)) return;
  last_input_ = Loop::Clock::now();
  check_silence();
}

void LineInput::check_silence() {
  silence_ = {};
  if (ended_) return;
  if (held_) last_input_ = Loop::Clock::now();  // lines that wait are no silence
  const Loop::Time due = last_input_ + kDrainSilence;
  if (due <= Loop::Clock::now()) {
    ended_ = true;
    return watch();
  }
  silence_ = loop_.at(due, [this] { check_silence(); });
}

}  // namespace tbgw
