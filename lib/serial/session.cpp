// SPDX-License-Identifier: Apache-2.0
#include "serial/session.hpp"

#include <algorithm>
#include <utility>

namespace tbgw::serial {
namespace {

/// Frames that may wait for the end of the settling time; more than that, and the verdict (the line
/// is busy) is given at once.
constexpr std::size_t kMostHeld = 4096;

}  // namespace

Session::Session(const SessionSettings& settings)
    : settings_(settings),
      framer_(settings.frames),
      exchange_(settings.poll, settings.write_timeout) {}

void Session::opened(Time now, Outcomes& out) {
  exchange_.open();
  busy_ = false;
  settling_ = settings_.first == First::automatic;
  settled_at_ = now + kSettle;
  if (settings_.first == First::drop) framer_.skip(now);
  if (!settling_) go_up(now, out);
}

void Session::go_up(Time now, Outcomes& out) {
  settling_ = false;
  out.emplace_back(Up{busy_});
  exchange_.start(now);
  pass_on(now, out);
}

void Session::received(std::string_view bytes, std::span<const std::size_t> bad, Time now,
                       Outcomes& out) {
  if (settling_ && !busy_) {
    busy_ = true;
    framer_.skip(now);
  }
  std::size_t from = 0;
  for (const std::size_t at : bad) {
    framer_.feed(bytes.substr(from, at - from), now, frames_);
    framer_.skip(now);
    ++bad_bytes_;
    from = at;
  }
  framer_.feed(bytes.substr(from), now, frames_);
  if (settling_ && frames_.size() > kMostHeld) {
    go_up(now, out);
  } else if (!settling_) {
    pass_on(now, out);
  }
}

void Session::pass_on(Time now, Outcomes& out) {
  for (Frame& frame : frames_)
    exchange_.frame(std::move(frame), now, out);
  frames_.clear();
}

void Session::closed(const std::string& why, Outcomes& out) {
  framer_.reset();
  settling_ = false;
  for (Frame& frame : frames_)
    out.emplace_back(Reading{std::move(frame)});
  frames_.clear();
  exchange_.stop(why, out);
}

void Session::ended(Time now, Outcomes& out) {
  framer_.end(frames_);
  pass_on(now, out);
}

bool Session::silence_due(Time now) const {
  const auto due = framer_.deadline();
  return due && now >= *due;
}

void Session::advance(Time now, bool silent, bool may_poll, Outcomes& out) {
  if (silent && silence_due(now)) {
    framer_.expire(now, frames_);
    if (!settling_) pass_on(now, out);
  }
  if (settling_ && now >= settled_at_) go_up(now, out);
  exchange_.advance(now, may_poll, out);
}

std::optional<Time> Session::deadline() const {
  std::optional<Time> first = exchange_.deadline();
  const auto consider = [&first](std::optional<Time> other) {
    if (other && (!first || *other < *first)) first = other;
  };
  consider(framer_.deadline());
  if (settling_) consider(settled_at_);
  return first;
}

}  // namespace tbgw::serial
