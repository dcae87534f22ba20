// SPDX-License-Identifier: Apache-2.0
// Which message does the platform end the connection over? MQTT 3.1.1 does not say, and sending it
// again would go on for ever.
#include <algorithm>
#include <array>

#include "tb/outbox.hpp"

namespace tbgw::tb {
namespace {

using std::chrono::seconds;

/// A server that is started anew is away once; twice is a reason to look.
constexpr std::uint8_t kSuspect = 2;
/// The silence before a trial, by the trials that went before: a platform that only wants us to be
/// slower (rate limits) has its chance to take the message.
constexpr std::array<seconds, 5> kSilence{seconds{0}, seconds{2}, seconds{10}, seconds{30},
                                          seconds{60}};
/// So many trials prove it.
constexpr std::uint8_t kTrials = 3;
/// So many if the platform took nothing since the last verdict: it may be out of order itself.
constexpr std::uint8_t kTrialsInDoubt = 5;

void count(std::uint8_t& counter) {
  if (counter < 255) ++counter;
}

}  // namespace

bool is_suspect(const Message& message) {
  return message.blamed >= kSuspect;
}

/// The stored message that was on its way alone. (A device is announced for the sake of its first
/// message.)
Message* Outbox::only_culprit() {
  if (flying_.size() != 1) return nullptr;
  const Place only = flying_.begin()->second;
  if (only->lane == Message::Lane::stored) return &*only;
  if (only->lane == Message::Lane::urgent) return nullptr;
  for (const Place place : line_of(only->device)) {
    if (place->state == Message::State::waiting) return &*place;
  }
  return nullptr;
}

const Message* Outbox::blame() {
  Message* const only = only_culprit();
  if (only == nullptr) {
    for (const auto& [id, place] : flying_) {
      if (place->lane == Message::Lane::stored) count(place->blamed);
    }
    return nullptr;
  }
  const bool was_suspect = is_suspect(*only);
  count(only->blamed);
  if (!was_suspect) return nullptr;
  if (is_divisible(*only)) return only;
  count(only->alone);
  if (only->alone < (takes_messages_ ? kTrials : kTrialsInDoubt)) return nullptr;
  takes_messages_ = false;
  return only;
}

seconds Outbox::silence_before(const Message& message) const {
  return kSilence[std::min<std::size_t>(message.alone, kSilence.size() - 1)];
}

bool Outbox::has_suspects() const {
  const Messages& stored = lanes_[static_cast<std::size_t>(Message::Lane::stored)];
  return std::any_of(stored.begin(), stored.end(), is_suspect);
}

}  // namespace tbgw::tb
