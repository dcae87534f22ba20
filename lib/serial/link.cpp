// SPDX-License-Identifier: Apache-2.0
#include "serial/link.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/number.hpp"
#include "serial/port_list.hpp"

namespace tbgw::serial {
namespace {

/// One read: what a tty's buffer holds, so that many ports share the loop fairly.
constexpr std::size_t kRead = 4096;
/// How often to look whether a device takes bytes again (DSR has no interrupt for us).
constexpr Milliseconds kDsrLook{20};

LineErrors sum(const LineErrors& a, const LineErrors& b) {
  return {a.frame + b.frame, a.parity + b.parity, a.breaks + b.breaks, a.overrun + b.overrun,
          a.buffer_overrun + b.buffer_overrun};
}

}  // namespace

std::optional<PortError> Link::open() {
  return try_open();
}

std::optional<PortError> Link::try_open() {
  last_try_ = Loop::Clock::now();
  auto path = locate(setup_.name);
  if (auto* error = std::get_if<PortError>(&path)) return *error;
  auto opened = Port::open(std::get<std::string>(path), setup_.line);
  if (auto* error = std::get_if<PortError>(&opened)) return *error;
  port_.emplace(std::get<Port>(std::move(opened)));
  for (const std::string& note : port_->notes())
    say(log::Level::info, note);
  marked_.reset();
  bad_bytes_said_ = stuck_ = false;
  loop_.watch(port_->fd(), POLLIN, [this](short revents) { on_ready(revents); });
  Outcomes out;
  session_.opened(Loop::Clock::now(), out);
  carry_on(out);
  return std::nullopt;
}

void Link::on_ready(short revents) {
  Outcomes out;
  if ((revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) != 0) {
    const Got got = read_some(out);
    // A hang-up is reported without end; it is believed once everything was read.
    if (got == Got::nothing && (revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
      lose("hung up", out);
    }
  }
  carry_on(out);
}

/// One read, so that other ports get their turn.
Link::Got Link::read_some(Outcomes& out) {
  std::array<char, kRead> block;  // NOLINT: filled by read
  const auto got = port_->read(block);
  if (!got) {
    lose(got.error().text, out);
    return Got::lost;
  }
  if (*got == 0) return Got::nothing;
  std::string clean;
  std::vector<std::size_t> bad;
  clean.reserve(*got);
  marked_.feed({block.data(), *got}, clean, bad);
  session_.received(clean, bad, Loop::Clock::now(), out);
  if (!bad.empty()) warn_of_bad_bytes();
  return Got::bytes;
}

void Link::warn_of_bad_bytes() {
  if (std::exchange(bad_bytes_said_, true)) return;
  say(log::Level::warning,
      "bytes come with parity or framing errors, their frames are thrown "
      "away: does the device use " +
          describe(setup_.line) + "?");
}

void Link::on_timer() {
  armed_.reset();
  Outcomes out;
  const Time now = Loop::Clock::now();
  bool silent = true;
  // Bytes that came while this process was not running were not silence.
  if (session_.silence_due(now)) silent = read_some(out) == Got::nothing;
  if (port_) session_.advance(now, silent, hooks_.may_poll(), out);
  carry_on(out);
}

/// What follows from what just happened: the next command or poll is written, the owner is told,
/// the loop knows what to wait for.
void Link::carry_on(Outcomes& out) {
  bool moved = true;
  while (port_ && moved) {
    session_.advance(Loop::Clock::now(), false, hooks_.may_poll(), out);
    if (session_.take_discard()) port_->discard_unsent();
    moved = !session_.to_write().empty() && write_some(out);
  }
  deliver(out);
  arm();
}

/// False if the port takes nothing now, or is gone.
bool Link::write_some(Outcomes& out) {
  stuck_ = setup_.line.flow.dsrdtr && !port_->dsr();
  if (stuck_) return false;
  const auto put = port_->write(session_.to_write());
  if (!put) {
    lose(put.error().text, out);
    return false;
  }
  if (*put == 0) return false;
  const Time now = Loop::Clock::now();
  session_.wrote(*put, now, now + time_on_line(setup_.line, port_->unsent()), out);
  return true;
}

void Link::deliver(Outcomes& out) {
  for (Outcome& outcome : out) {
    if (std::holds_alternative<Up>(outcome)) go_up();
    hooks_.news(*this, std::move(outcome));
  }
  out.clear();
}

void Link::go_up() {
  up_ = true;
  backoff_.reset();
  stop_watching_folder();
  const bool again = std::exchange(was_up_, true);
  if (!away_since_) return;
  if (again) ++reconnects_;
  const auto away =
      std::chrono::duration_cast<Milliseconds>(Loop::Clock::now() - *away_since_) / 100 * 100;
  say(log::Level::warning, (again ? "is back after " : "is there after ") + format_duration(away));
  away_since_.reset();
}

void Link::arm() {
  if (!port_) return;
  const bool writes = !session_.to_write().empty();
  loop_.set_events(port_->fd(), static_cast<short>(writes && !stuck_ ? POLLIN | POLLOUT : POLLIN));
  std::optional<Time> due = session_.deadline();
  if (writes && stuck_) {
    const Time look = Loop::Clock::now() + kDsrLook;
    due = due ? std::min(*due, look) : look;
  }
  if (due == armed_) return;
  loop_.cancel(timer_);
  armed_ = due;
  if (due) timer_ = loop_.at(*due, [this] { on_timer(); });
}

void Link::close_port() {
  if (const auto errors = port_->line_errors()) {
    line_errors_ = sum(line_errors_, *errors);
    counts_line_errors_ = true;
  }
  loop_.cancel(timer_);
  armed_.reset();
  loop_.forget(port_->fd());
  port_.reset();
}

std::optional<LineErrors> Link::line_errors() const {
  const auto now = port_ ? port_->line_errors() : std::nullopt;
  if (now) return sum(line_errors_, *now);
  if (counts_line_errors_) return line_errors_;
  return std::nullopt;
}

}  // namespace tbgw::serial
