// SPDX-License-Identifier: Apache-2.0
// The other half of Channel: getting a connection, losing it, getting it back.
#include <poll.h>

#include <utility>

#include "modbus/channel.hpp"

namespace tbgw::modbus {
namespace {

/// After a connection that did its work ended, the next one is tried so soon.
constexpr Milliseconds kAtOnce{50};

}  // namespace

Channel::Channel(Loop& loop, const Bus& bus, std::unique_ptr<Stream> stream, ChannelHooks hooks)
    : loop_(loop),
      bus_(bus),
      stream_(std::move(stream)),
      hooks_(std::move(hooks)),
      reader_(bus.framing) {}

Channel::~Channel() {
  stopped_ = true;
  close_stream();
  loop_.cancel(timer_);
  loop_.cancel(open_timer_);
}

Result<void> Channel::open() {
  const auto state = stream_->open();
  if (!state) return state.error();
  if (*state == Stream::State::open) {
    went_open();
  } else {
    opening();
  }
  return {};
}

void Channel::try_open() {
  if (stopped_ || open_) return;
  if (const auto done = open(); !done) opening_failed(done.error().text);
}

/// Waits until the connection is there.
void Channel::opening() {
  watched_ = stream_->fd();
  loop_.watch(watched_, stream_->opening_events(), [this](short) {
    loop_.forget(watched_);
    watched_ = -1;
    const auto state = stream_->go_on();
    if (!state) {
      opening_failed(state.error().text);
    } else if (*state == Stream::State::open) {
      went_open();
    } else {
      opening();
    }
  });
  if (open_timer_) return;
  if (bus_.listen) {
    // It is waited for on and on, but somebody should know.
    open_timer_ = loop_.after(bus_.connect_timeout, [this] {
      open_timer_ = {};
      hooks_.failed("the unit has not connected", true);
    });
    return;
  }
  open_timer_ = loop_.after(bus_.connect_timeout, [this] {
    open_timer_ = {};
    opening_failed("no connection within " + std::to_string(bus_.connect_timeout.count()) + " ms");
  });
}

void Channel::opening_failed(const std::string& why) {
  loop_.cancel(open_timer_);
  close_stream();
  ++failures_;
  const bool last = failures_ >= bus_.attempts;
  if (last) failures_ = 0;
  open_timer_ = loop_.after(last ? bus_.pause : bus_.attempt_time, [this] {
    open_timer_ = {};
    try_open();
  });
  hooks_.failed(why, last);
}

void Channel::went_open() {
  loop_.cancel(open_timer_);
  open_ = true;
  failures_ = 0;
  silent_in_a_row_ = 0;
  ++counts_.connects;
  reader_.discard();
  earlier_ = counts().frames;
  reader_ = AnswerReader(bus_.framing);
  checksums_seen_ = 0;
  answers_before_ = counts_.answers + counts_.exceptions;
  unsent_.clear();
  waits_to_write_ = false;
  const Loop::Time now = Loop::Clock::now();
  last_byte_ = now;
  quiet_until_ = now + bus_.settle;
  watched_ = stream_->fd();
  loop_.watch(watched_, POLLIN, [this](short revents) { on_ready(revents); });
  hooks_.opened();
}

void Channel::close_stream() {
  if (watched_ >= 0) loop_.forget(watched_);
  watched_ = -1;
  stream_->close();
}

void Channel::lose(const std::string& why) {
  if (!open_) return;
  open_ = false;
  const bool useful = counts_.answers + counts_.exceptions > answers_before_;
  close_stream();
  loop_.cancel(timer_);
  reader_.discard();
  open_timer_ = loop_.after(useful ? kAtOnce : bus_.attempt_time, [this] {
    open_timer_ = {};
    try_open();
  });
  end_all(TransactionEnd::Kind::cut_off, why);
  hooks_.lost(why);
}

void Channel::stop() {
  stopped_ = true;
  open_ = false;
  close_stream();
  loop_.cancel(timer_);
  loop_.cancel(open_timer_);
  end_all(TransactionEnd::Kind::cut_off, "the connector is stopping");
}

}  // namespace tbgw::modbus
