// SPDX-License-Identifier: Apache-2.0
#include "serial/stdin_source.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <utility>

#include "core/status.hpp"

namespace tbgw::serial {
namespace {

constexpr std::size_t kRead = std::size_t{16} << 10;

SessionSettings keep_first(SessionSettings settings) {
  if (settings.first == First::automatic) settings.first = First::keep;
  return settings;
}

}  // namespace

StdinSource::StdinSource(Loop& loop, const PortSetup& setup, Hooks hooks)
    : loop_(loop), hooks_(std::move(hooks)), session_(keep_first(setup.session)) {
  Outcomes out;
  session_.opened(Loop::Clock::now(), out);
  watch();
}

void StdinSource::watch() {
  loop_.watch(STDIN_FILENO, POLLIN, [this](short) { on_ready(); });
}

void StdinSource::set_paused(bool paused) {
  if (!open_ || paused == paused_) return;
  paused_ = paused;
  if (paused) {
    loop_.forget(STDIN_FILENO);
  } else {
    watch();
  }
}

void StdinSource::stop() {
  if (!std::exchange(open_, false)) return;
  loop_.forget(STDIN_FILENO);
  loop_.cancel(timer_);
  Outcomes out;
  session_.closed("", out);
}

void StdinSource::on_ready() {
  std::array<char, kRead> block;  // NOLINT: filled by read
  const ssize_t got = ::read(STDIN_FILENO, block.data(), block.size());
  if (got < 0 && errno != EINTR && errno != EAGAIN) {
    throw_errno(Status::io_error, "cannot read standard input");
  }
  if (got < 0) return;
  const Time now = Loop::Clock::now();
  Outcomes out;
  if (got > 0) {
    session_.received({block.data(), static_cast<std::size_t>(got)}, {}, now, out);
    deliver(out);
    return;
  }
  session_.ended(now, out);
  deliver(out);
  stop();
  hooks_.end();
}

void StdinSource::on_timer() {
  const Time now = Loop::Clock::now();
  pollfd input{STDIN_FILENO, POLLIN, 0};
  // Bytes that wait to be read are not silence.
  const bool silent = ::poll(&input, 1, 0) == 0;
  Outcomes out;
  session_.advance(now, silent, false, out);
  if (silent) {
    deliver(out);
  } else {
    loop_.cancel(timer_);  // the bytes will set it again
  }
}

void StdinSource::deliver(Outcomes& out) {
  for (Outcome& outcome : out)
    hooks_.outcome(std::move(outcome));
  loop_.cancel(timer_);
  if (const auto due = session_.deadline()) timer_ = loop_.at(*due, [this] { on_timer(); });
}

}  // namespace tbgw::serial
