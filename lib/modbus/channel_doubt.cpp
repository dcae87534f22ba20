// SPDX-License-Identifier: Apache-2.0
// Channel where answers do not name their request: an answer that may be the repetition of an
// earlier one waits whether another follows it.
#include <algorithm>
#include <utility>

#include "modbus/channel.hpp"

namespace tbgw::modbus {
namespace {

using Doubt = RecentAnswers::Doubt;
using End = TransactionEnd::Kind;
using std::chrono::duration_cast;

/// Behind a held answer something comes that is no frame yet.
constexpr Milliseconds kMoreWait{50};

}  // namespace

void Channel::count_stale(const Frame& frame, std::optional<Loop::Time> first) {
  ++counts_.stale;
  const Loop::Time now = Loop::Clock::now();
  const auto age = first ? std::optional{now - *first} : recent_.age(frame.unit, frame.pdu, now);
  std::optional<Milliseconds> told;
  if (age) told = std::chrono::ceil<Milliseconds>(*age);
  hooks_.stale(frame.unit, told);
}

/// What is, by its form, the answer to a request on its way.
void Channel::take_answer(std::size_t index, const Frame& frame, Answer answer) {
  Flight& flight = flights_[index];
  if (bus_.framing == Framing::tcp) {
    end(index, End::answered, answer.text, std::move(answer));
    return;
  }
  const Loop::Time now = Loop::Clock::now();
  const Doubt doubt = recent_.doubt(frame.unit, flight.transaction.request, frame.pdu, now);
  if (flight.held) {
    take_second(index, frame, std::move(answer), doubt);
    return;
  }
  const auto patience = recent_.patience(frame.unit, frame.pdu.size());
  if (doubt != Doubt::none && flight.since + patience > now) {
    ++counts_.held;
    flight.held = Held{std::move(answer), frame.pdu, doubt, now, now_ms(), flight.since + patience};
    return;
  }
  recent_.note(frame.unit, flight.transaction.request, frame.pdu, flight.since, now);
  end(index, End::answered, answer.text, std::move(answer));
}

/// One of the two is not the answer: the one that repeats another is not, if only one does.
void Channel::take_second(std::size_t index, const Frame& frame, Answer answer, Doubt doubt) {
  Flight& flight = flights_[index];
  Held held = *std::exchange(flight.held, std::nullopt);
  const bool same = held.pdu == frame.pdu;
  if (doubt == Doubt::repeat && held.doubt == Doubt::repeat && !same) {
    count_stale(frame);
    end(index, End::garbled, "two answers came, and either may be late");
    return;
  }
  const bool first = same || doubt == Doubt::repeat;
  count_stale(first ? frame : Frame{0, frame.unit, held.pdu},
              same ? std::optional{held.came} : std::nullopt);
  if (!first) held = Held{std::move(answer), frame.pdu, doubt, Loop::Clock::now(), now_ms(), {}};
  take_held(index, std::move(held));
}

void Channel::take_held(std::size_t index, Held held) {
  const Flight& flight = flights_[index];
  recent_.note(flight.transaction.unit, flight.transaction.request, held.pdu, flight.since,
               held.came);
  end(index, End::answered, held.answer.text, std::move(held.answer), held.at);
}

/// No other answer came: it was the one, unless something came that was garbled.
void Channel::end_held(std::size_t index) {
  Flight& flight = flights_[index];
  const bool more = reader_.pending() > 0 || last_byte_ > flight.held->came;
  if (more && last_byte_ + kMoreWait > Loop::Clock::now()) {
    flight.held->until = last_byte_ + kMoreWait;
    return;
  }
  Held held = *std::exchange(flight.held, std::nullopt);
  if (more) {
    reader_.discard();
    end(index, End::garbled, "more came behind the answer, and it may be late");
    return;
  }
  take_held(index, std::move(held));
}

}  // namespace tbgw::modbus
