// SPDX-License-Identifier: Apache-2.0
// Which message does the platform end the connection over? MQTT 3.1.1 does not say, and sending it
// again would go on for ever.
#include <algorithm>
#include <array>
#include <utility>

#include "tb/outbox.hpp"

namespace tbgw::tb {
namespace {

using std::chrono::seconds;

/// A server that is started anew is away once; twice is a reason to look.
constexpr std::uint8_t kSuspect = 2;
/// The silence before a trial, by the trials that went before: a platform that only wants us to be
/// slower (rate limits) has its chance to take the message.
constexpr std::array<seconds, 4> kSilence{seconds{0}, seconds{2}, seconds{10}, seconds{30}};
/// So many trials prove it.
constexpr std::uint8_t kTrials = 3;
/// So many if the platform took nothing since the last verdict: it may be out of order itself.
constexpr std::uint8_t kTrialsInDoubt = 4;
/// Acknowledgements may come in another order, but not so late.
constexpr seconds kPassedOver{10};
constexpr seconds kPassedOverAgain{5};

Time passed_over_at(const Message& message) {
  return message.sent + (message.passed == 0 ? kPassedOver : kPassedOverAgain);
}

void count(std::uint8_t& counter) {
  if (counter < 255) ++counter;
}

}  // namespace

bool is_suspect(const Message& message) {
  return message.blamed >= kSuspect;
}

const Message* Outbox::blame() {
  if (bad_ > 0) return blame_batch();
  for (Message& message : lane(Message::Lane::stored)) {
    const bool on_its_way =
        message.state == Message::State::sent || message.state == Message::State::doubtful;
    if (on_its_way) count(message.blamed);
  }
  for (const auto& [id, place] : flying_) {
    if (place->lane != Message::Lane::control || place->kind != Message::Kind::connect) continue;
    // A device is announced for the sake of its first message.
    const Line& line = line_of(place->device);
    const auto first = std::find_if(line.begin(), line.end(), [](const Place& stored) {
      return stored->state == Message::State::waiting;
    });
    if (first != line.end()) count((*first)->blamed);
  }
  start_probing();
  return nullptr;
}

/// Every stored message up to the last suspect is looked at: order is kept that way.
void Outbox::start_probing() {
  std::size_t position = 0;
  for (const Message& message : lane(Message::Lane::stored)) {
    ++position;
    if (is_suspect(message) && message.state != Message::State::acknowledged) bad_ = position;
  }
  batch_ = std::max<std::size_t>(1, bad_ / 2);
}

/// The connection ended over one of the batch.
Message* Outbox::blame_batch() {
  // A device is announced for the sake of its first message, which then is on its way too.
  const bool announcing = next_stored_ != lanes_[2].end() && !next_stored_->tried &&
                          std::any_of(flying_.begin(), flying_.end(), [&](const auto& entry) {
                            const Message& message = *entry.second;
                            return message.lane == Message::Lane::control &&
                                   message.device == next_stored_->device &&
                                   message.kind == Message::Kind::connect;
                          });
  if (announcing && batch_sent_ < batch_) {
    next_stored_->tried = true;
    ++batch_sent_;
  }
  if (batch_sent_ == 0) return nullptr;
  bad_ = batch_sent_;
  batch_ = std::max<std::size_t>(1, bad_ / 2);
  if (bad_ > 1) return nullptr;
  Messages& stored = lane(Message::Lane::stored);
  const auto only = std::find_if(stored.begin(), stored.end(),
                                 [](const Message& message) { return message.tried; });
  if (is_divisible(*only)) {
    bad_ = 2;  // its halves
    return &*only;
  }
  count(only->alone);
  if (only->alone < (takes_messages_ ? kTrials : kTrialsInDoubt)) return nullptr;
  takes_messages_ = false;
  bad_ = 0;
  return &*only;
}

/// One of the batch is done: what of the first half is left, and then the other one.
void Outbox::leave_batch(Message& message) {
  if (!std::exchange(message.tried, false) || bad_ == 0) return;
  --bad_;
  --batch_;
  --batch_sent_;
  if (batch_ == 0) batch_ = std::max<std::size_t>(1, bad_ / 2);
}

bool Outbox::is_passed_over(const Message& message) const {
  return message.lane == Message::Lane::stored &&
         message.place < newest_taken_[static_cast<std::size_t>(message.kind)];
}

int Outbox::passed_over(Time now) const {
  for (const auto& [id, place] : flying_) {
    if (passed_over_at(*place) <= now && is_passed_over(*place)) return id;
  }
  return 0;
}

Time Outbox::next_look() const {
  Time first = Time::max();
  for (const auto& [id, place] : flying_) {
    if (is_passed_over(*place)) first = std::min(first, passed_over_at(*place));
  }
  return first;
}

/// The same message with another packet id; and the next one of its device that is acknowledged, or
/// nothing might come behind it that tells.
void Outbox::send_again(int packet_id) {
  const auto found = flying_.find(packet_id);
  if (found == flying_.end()) return;
  const Place place = found->second;
  Message& message = *place;
  flying_.erase(found);
  message.state = Message::State::waiting;
  count(message.passed);
  uncount(message);
  if (std::exchange(message.tried, false)) --batch_sent_;
  ++resent_;
  Line& line = line_of(message.device);
  const auto behind = std::next(std::find(line.begin(), line.end(), place));
  const auto witness = std::find_if(behind, line.end(), [&](const Place& later) {
    return later->kind == message.kind && later->state == Message::State::acknowledged;
  });
  if (witness != line.end()) {
    (*witness)->state = Message::State::waiting;
    ++resent_;
  }
  send_again_from(line, behind);
  look_for_next_stored();
}

void Outbox::note_passed(int packet_id) {
  if (const auto found = flying_.find(packet_id); found != flying_.end()) {
    count(found->second->passed);
  }
}

seconds Outbox::silence_before(const Message& message) const {
  return kSilence[std::min<std::size_t>(message.alone, kSilence.size() - 1)];
}

bool Outbox::has_suspects() const {
  if (bad_ > 0) return true;
  const Messages& stored = lanes_[static_cast<std::size_t>(Message::Lane::stored)];
  return std::any_of(stored.begin(), stored.end(), is_suspect);
}

}  // namespace tbgw::tb
