// SPDX-License-Identifier: Apache-2.0
#include "modbus/channel.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "modbus/timing.hpp"

namespace tbgw::modbus {
namespace {

using End = TransactionEnd::Kind;
using std::chrono::duration_cast;

/// After a garbled answer the line is watched so long: more may come.
constexpr Milliseconds kGarbledWait{50};

bool is_broadcast(const Bus& bus, const Transaction& transaction) {
  // On Modbus/TCP unit 0 is the device itself.
  return transaction.unit == 0 && bus.framing != Framing::tcp;
}

Expectation expectation_of(const Transaction& transaction, std::uint16_t wire_id) {
  return {wire_id, transaction.unit, transaction.request.function,
          answer_size(transaction.request)};
}

}  // namespace

void Channel::start(Transaction transaction) {
  auto pdu = to_pdu(transaction.request);
  // What is there now answers nothing that is asked now. (Modbus/TCP tells by itself.)
  const bool told_apart = bus_.framing == Framing::tcp;
  if (pdu && open_ && !told_apart && flights_.empty()) {
    take_frames();
    read_all();
  }
  TransactionEnd failed{transaction.id, End::cut_off, {}, "not connected", now_ms(), {}};
  if (!pdu) {
    failed.kind = End::refused;
    failed.text = pdu.error().text;
  }
  if (!pdu || !open_) {
    hooks_.ended(std::move(failed));
    return;
  }
  if (flights_.empty()) {
    reader_.discard();
    checksums_seen_ = reader_.counts().checksum;
  }
  const Loop::Time now = Loop::Clock::now();
  const std::string bytes = wrap(bus_.framing, {++last_wire_id_, transaction.unit, *pdu});
  const auto on_wire = wire_time(bus_, bytes.size());
  Flight flight;
  flight.wire_id = last_wire_id_;
  flight.since = now;
  flight.until = now + transaction.timeout;
  flight.broadcast = is_broadcast(bus_, transaction);
  if (flight.broadcast) flight.until = now + on_wire + bus_.turnaround;
  flight.transaction = std::move(transaction);
  flights_.push_back(std::move(flight));
  ++counts_.requests;
  last_byte_ = now;
  if (bus_.serial.local_echo && bus_.transport == Transport::serial) reader_.expect_echo(bytes);
  expect();
  unsent_ += bytes;
  if (bus_.transport != Transport::udp) return;
  // Each its own datagram; one that finds no room is lost like any other.
  write_some();
  unsent_.clear();
}

void Channel::flush() {
  // Behind the last answer of those that came together.
  const bool waits = reading_ && (bus_.framing != Framing::tcp || reader_.pending() > 0);
  if (!waits) write_some();
  if (!reading_) arm();
}

/// Where bytes are garbled, the answer to the oldest request is looked for.
void Channel::expect() {
  if (flights_.empty() || flights_.front().broadcast) {
    reader_.expect(std::nullopt);
  } else {
    reader_.expect(expectation_of(flights_.front().transaction, flights_.front().wire_id));
  }
}

void Channel::write_some() {
  if (unsent_.empty() || !open_) return;
  const auto put = stream_->write(unsent_);
  if (!put) {
    lose(put.error().text);
    return;
  }
  unsent_.erase(0, *put);
  if (unsent_.empty() == !waits_to_write_) return;
  waits_to_write_ = !unsent_.empty();
  loop_.set_events(watched_, static_cast<short>(waits_to_write_ ? POLLIN | POLLOUT : POLLIN));
}

void Channel::on_ready(short revents) {
  if ((revents & POLLOUT) != 0) write_some();
  if (open_ && (revents & ~POLLOUT) != 0) read_all();
  arm();
}

/// False if the stream was lost.
bool Channel::read_all() {
  const bool nested = std::exchange(reading_, true);
  const bool good = read_blocks();
  reading_ = nested;
  if (!nested) write_some();
  return good && open_;
}

bool Channel::read_blocks() {
  std::array<char, 16384> block;  // NOLINT: filled by read
  for (int i = 0; i < 16 && open_; ++i) {
    const auto got = stream_->read(block);
    if (!got) {
      take_frames();
      if (open_) lose(got.error().text);
      return false;
    }
    if (*got == 0) return true;
    last_byte_ = Loop::Clock::now();
    silent_in_a_row_ = 0;
    for (Flight& flight : flights_)
      flight.heard = true;
    if (bus_.transport == Transport::udp) reader_.discard();  // a datagram is a frame
    reader_.feed({block.data(), *got});
    take_frames();
    if (*got < block.size() && bus_.transport != Transport::udp) return true;
  }
  return true;
}

void Channel::take_frames() {
  while (auto frame = reader_.next())
    take_frame(*frame);
}

void Channel::take_frame(const Frame& frame) {
  const bool ids = bus_.framing == Framing::tcp;
  const auto flight = std::find_if(flights_.begin(), flights_.end(), [&](const Flight& one) {
    return !one.broadcast && one.transaction.unit == frame.unit &&
           (!ids || one.wire_id == frame.transaction);
  });
  if (flight == flights_.end()) {
    count_stale(frame);
    return;
  }
  Answer answer = check_answer(flight->transaction.request, frame.pdu);
  const auto index = static_cast<std::size_t>(flight - flights_.begin());
  if (answer.kind != Answer::Kind::wrong) {
    take_answer(index, frame, std::move(answer));
  } else if (ids) {
    // It names this request: no other answer will come.
    end(index, End::garbled, "the answer " + answer.text);
  } else {
    // Perhaps a late one to something asked before.
    ++counts_.stale;
    flight->wrong = "the answer " + answer.text;
  }
}

void Channel::end(std::size_t index, End kind, std::string text, Answer answer, EpochMs at) {
  const Flight flight = std::move(flights_[index]);
  flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(index));
  const Loop::Time now = Loop::Clock::now();
  const auto spent = duration_cast<Milliseconds>(now - flight.since);
  counts_.busy_ms += static_cast<std::uint64_t>(spent.count());
  if (kind == End::answered) {
    ++(answer.kind == Answer::Kind::exception ? counts_.exceptions : counts_.answers);
  }
  if (kind == End::silent) ++counts_.timeouts;
  if (kind == End::garbled) ++counts_.garbled;
  quiet_until_ = now + silence_of(bus_) + bus_.delay;
  expect();
  hooks_.ended({flight.transaction.id, kind, std::move(answer), std::move(text), at, spent});
}

void Channel::end_all(End kind, const std::string& why) {
  std::deque<Flight> flights = std::exchange(flights_, {});
  for (const Flight& flight : flights) {
    const auto spent = duration_cast<Milliseconds>(Loop::Clock::now() - flight.since);
    hooks_.ended({flight.transaction.id, kind, {}, why, now_ms(), spent});
  }
}

Loop::Time Channel::ready_at() const {
  const unsigned most = bus_.framing == Framing::tcp ? std::max(1U, bus_.pipeline) : 1U;
  if (!open_ || flights_.size() >= most) return Loop::Time::max();
  return std::max(quiet_until_, last_byte_ + silence_of(bus_));
}

void Channel::arm() {
  loop_.cancel(timer_);
  if (flights_.empty()) return;
  Loop::Time due = Loop::Time::max();
  for (const Flight& flight : flights_)
    due = std::min(due, flight.deadline());
  if (reader_.counts().checksum > checksums_seen_) {
    due = std::min(due, last_byte_ + kGarbledWait + silence_of(bus_) * 4);
  }
  timer_ = loop_.at(due, [this] { on_timer(); });
}

void Channel::on_timer() {
  // Bytes that came while this process was not running came in time.
  read_all();
  if (open_) end_overdue(Loop::Clock::now());
  arm();
}

void Channel::end_overdue(Loop::Time now) {
  const bool garbled = reader_.counts().checksum > checksums_seen_ &&
                       now >= last_byte_ + kGarbledWait + silence_of(bus_) * 4;
  for (std::size_t i = 0; i < flights_.size();) {
    const bool over = garbled || flights_[i].deadline() <= now;
    const std::size_t before = flights_.size();
    const std::uint64_t id = flights_[i].transaction.id;
    if (over) end_one(i, now, garbled);
    if (!open_) return;
    const bool same = flights_.size() == before && flights_[i].transaction.id == id;
    i = same ? i + 1 : 0;  // the owner may have started others
  }
  // A peer that restarted without a word keeps a connection that is none.
  if (silent_in_a_row_ >= 4 && bus_.transport == Transport::tcp && flights_.empty()) {
    silent_in_a_row_ = 0;
    lose("no answer to anything");
  }
}

/// What becomes of a request whose time is up, or that got a garbled answer.
void Channel::end_one(std::size_t index, Loop::Time now, bool garbled) {
  Flight& flight = flights_[index];
  if (flight.broadcast) {
    if (flight.until <= now) end(index, End::sent, "");
  } else if (garbled) {
    checksums_seen_ = reader_.counts().checksum;
    reader_.discard();
    end(index, End::garbled, "the answer has a wrong check");
  } else if (flight.held) {
    end_held(index);
  } else {
    reader_.discard();
    if (!flight.heard) ++silent_in_a_row_;
    const auto after = duration_cast<Milliseconds>(now - flight.since);
    end(index, End::silent,
        (flight.wrong.empty() ? "no answer" : flight.wrong + "; no other came") + " within " +
            std::to_string(after.count()) + " ms");
  }
}

ChannelCounts Channel::counts() const {
  ChannelCounts out = counts_;
  const FrameCounts& now = reader_.counts();
  out.frames = {earlier_.frames + now.frames, earlier_.garbage + now.garbage,
                earlier_.checksum + now.checksum, earlier_.echo + now.echo};
  return out;
}

}  // namespace tbgw::modbus
