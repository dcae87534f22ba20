// SPDX-License-Identifier: Apache-2.0
#include "tb/outbox.hpp"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

namespace tbgw::tb {
namespace {

using Lane = Message::Lane;
using State = Message::State;

/// A suspect is halved.
constexpr std::size_t kSuspectParts = 2;

/// The message with the same frame around the bytes of some slices that are neighbours.
Message part_of(const Message& whole, std::span<const Slice> slices) {
  const Slice& first = whole.slices.front();
  const Slice& last = whole.slices.back();
  Message part;
  part.kind = whole.kind;
  part.device = whole.device;
  part.blamed = whole.blamed;
  part.passed = whole.passed;
  part.topic = whole.topic;
  part.payload = whole.payload.substr(0, first.begin);
  const std::uint32_t begin = slices.front().begin;
  part.payload += whole.payload.substr(begin, slices.back().begin + slices.back().size - begin);
  part.payload += whole.payload.substr(std::size_t{last.begin} + last.size);
  for (const Slice& slice : slices)
    part.slices.push_back({slice.record, slice.begin - begin + first.begin, slice.size});
  return part;
}

}  // namespace

std::size_t Message::bytes() const {
  constexpr std::size_t kBookkeeping = 128;  // list node, packet id, place in line
  return sizeof(Message) + kBookkeeping + topic.capacity() + payload.capacity() +
         slices.capacity() * sizeof(Slice);
}

std::size_t packet_size(const Message& message) {
  return message.topic.size() + kPacketOverhead + message.payload.size();
}

bool is_divisible(const Message& message) {
  return std::any_of(message.slices.begin(), message.slices.end(), [&](const Slice& slice) {
    return slice.begin != message.slices.front().begin;
  });
}

Outbox::Line& Outbox::line_of(DeviceId device) {
  if (device >= lines_.size()) lines_.resize(std::size_t{device} + 1);
  return lines_[device];
}

void Outbox::add(Message message) {
  bytes_ += message.bytes();
  Messages& messages = lane(message.lane);
  const Place place = messages.insert(messages.end(), std::move(message));
  if (place->lane != Lane::stored) return;
  line_of(place->device).push_back(place);
  if (next_stored_ == messages.end()) next_stored_ = place;
}

Outbox::Place Outbox::first_waiting(Lane which) {
  if (which == Lane::stored) return next_stored_;
  Messages& messages = lane(which);
  return std::find_if(messages.begin(), messages.end(),
                      [](const Message& message) { return message.state == State::waiting; });
}

const Message* Outbox::next(Lane which) {
  const Place place = first_waiting(which);
  return place == lane(which).end() ? nullptr : &*place;
}

bool Outbox::has_window() const {
  if (bad_ > 0) return batch_sent_ < batch_;
  if (in_flight_ == 0) return true;
  return in_flight_ < limits_.messages && in_flight_bytes_ < limits_.bytes;
}

void Outbox::sent(Lane which, int packet_id, Time now) {
  const Place place = first_waiting(which);
  place->state = State::sent;
  place->sent = now;
  place->place = ++sent_;
  flying_[packet_id] = place;
  if (which == Lane::urgent) return;
  place->counted = true;
  ++in_flight_;
  in_flight_bytes_ += place->payload.size();
  if (which != Lane::stored) return;
  if (bad_ > 0) {
    place->tried = true;
    ++batch_sent_;
  }
  Messages& messages = lane(Lane::stored);
  do {
    ++next_stored_;
  } while (next_stored_ != messages.end() && next_stored_->state != State::waiting);
}

const Message* Outbox::find(int packet_id) const {
  const auto found = flying_.find(packet_id);
  return found == flying_.end() ? nullptr : &*found->second;
}

void Outbox::acknowledged(int packet_id) {
  const auto found = flying_.find(packet_id);
  if (found == flying_.end()) return;
  const Place place = found->second;
  flying_.erase(found);
  take(place);
}

void Outbox::doubted(int packet_id, Time until) {
  const auto found = flying_.find(packet_id);
  if (found == flying_.end()) return;
  const Place place = found->second;
  flying_.erase(found);
  place->state = State::doubtful;
  uncount(*place);
  doubts_.push_back({place, until});
}

void Outbox::settle(Time now) {
  while (!doubts_.empty() && doubts_.front().until <= now) {
    const Place place = doubts_.front().place;
    doubts_.pop_front();
    take(place);
  }
}

Time Outbox::first_doubt() const {
  return doubts_.empty() ? Time::max() : doubts_.front().until;
}

void Outbox::uncount(Message& message) {
  if (!std::exchange(message.counted, false)) return;
  --in_flight_;
  in_flight_bytes_ -= message.payload.size();
}

void Outbox::take(Place place) {
  place->state = State::acknowledged;
  std::uint64_t& newest = newest_taken_[static_cast<std::size_t>(place->kind)];
  newest = std::max(newest, place->place);
  if (place->lane == Lane::stored) {
    largest_taken_ = std::max(largest_taken_, packet_size(*place));
    place->blamed = place->alone = place->passed = 0;
    takes_messages_ = true;
    finish_line(place->device);
  } else {
    finish(place);
  }
}

void Outbox::finish_line(DeviceId device) {
  Line& line = line_of(device);
  while (!line.empty() && line.front()->state == State::acknowledged) {
    const Place place = line.front();
    line.pop_front();
    finish(place);
  }
}

void Outbox::finish(Place place) {
  if (place->lane != Lane::urgent) {
    for (const Slice& slice : place->slices)
      ledger_.release(slice.record);
  }
  bytes_ -= place->bytes();
  if (place->state == State::acknowledged) ++finished_;
  uncount(*place);
  leave_batch(*place);
  if (place->state == State::doubtful) {
    doubts_.erase(std::find_if(doubts_.begin(), doubts_.end(),
                               [&](const Doubt& doubt) { return doubt.place == place; }));
  }
  lane(place->lane).erase(place);
}

std::vector<Seq> Outbox::refused(int packet_id) {
  const auto found = flying_.find(packet_id);
  if (found == flying_.end()) return {};
  const Place place = found->second;
  flying_.erase(found);
  return refuse(place, place->slices.size());
}

std::vector<Seq> Outbox::refused_unsent(Lane which) {
  const Place place = first_waiting(which);
  return refuse(place, place->slices.size());
}

std::vector<Seq> Outbox::refused_waiting(const Message& message) {
  Messages& messages = lane(Lane::stored);
  const auto place = std::find_if(messages.begin(), messages.end(),
                                  [&](const Message& other) { return &other == &message; });
  return place == messages.end() ? std::vector<Seq>{} : refuse(place, kSuspectParts);
}

std::vector<Seq> Outbox::refuse(Place place, std::size_t most_parts) {
  std::vector<Seq> given_up;
  const auto release_all = [&] {
    for (const Slice& slice : place->slices)
      given_up.push_back(slice.record);
    if (next_stored_ == place) ++next_stored_;
    finish(place);
  };
  if (place->lane != Lane::stored) {
    release_all();
    return given_up;
  }
  const DeviceId device = place->device;
  Line& line = line_of(device);
  const auto in_line = std::find(line.begin(), line.end(), place);
  if (!is_divisible(*place)) {
    line.erase(in_line);
    release_all();
  } else {
    const std::span<const Slice> slices{place->slices};
    const std::size_t each = (slices.size() + most_parts - 1) / most_parts;
    std::vector<Message> parts;
    for (std::size_t i = 0; i < slices.size(); i += each) {
      parts.push_back(part_of(*place, slices.subspan(i, std::min(each, slices.size() - i))));
    }
    place->slices.clear();  // their holds went to the parts
    put_in_place(place, std::move(parts));
  }
  look_for_next_stored();
  finish_line(device);
  return given_up;
}

void Outbox::put_in_place(Place place, std::vector<Message> parts) {
  Line& line = line_of(place->device);
  const auto in_line = std::find(line.begin(), line.end(), place);
  for (Message& part : parts) {
    bytes_ += part.bytes();
    line.insert(in_line, lane(Lane::stored).insert(place, std::move(part)));
  }
  send_again_from(line, line.erase(in_line));
  finish(place);
}

void Outbox::look_for_next_stored() {
  Messages& messages = lane(Lane::stored);
  next_stored_ = std::find_if(messages.begin(), messages.end(), [](const Message& message) {
    return message.state == State::waiting;
  });
}

std::vector<const Message*> Outbox::waiting_larger_than(std::size_t bytes) const {
  std::vector<const Message*> larger;
  for (const Message& message : lanes_[static_cast<std::size_t>(Lane::stored)]) {
    const bool readings =
        message.kind == Message::Kind::telemetry || message.kind == Message::Kind::attributes;
    if (readings && message.state == State::waiting && packet_size(message) > bytes) {
      larger.push_back(&message);
    }
  }
  return larger;
}

void Outbox::replace(const Message& message, std::vector<Message> parts) {
  Messages& messages = lane(Lane::stored);
  const auto place = std::find_if(messages.begin(), messages.end(),
                                  [&](const Message& other) { return &other == &message; });
  if (place == messages.end()) return;
  const DeviceId device = place->device;
  put_in_place(place, std::move(parts));
  look_for_next_stored();
  finish_line(device);
}

/// Attributes that were sent behind the refused message must come after its parts once more, or an
/// older value would stay on top.
void Outbox::send_again_from(Line& line, Line::iterator from) {
  for (; from != line.end(); ++from) {
    const Place place = *from;
    if (place->kind != Message::Kind::attributes || place->state == State::waiting) continue;
    const auto flying = std::find_if(flying_.begin(), flying_.end(),
                                     [&](const auto& entry) { return entry.second == place; });
    if (flying != flying_.end()) flying_.erase(flying);
    if (place->state == State::doubtful) {
      doubts_.erase(std::find_if(doubts_.begin(), doubts_.end(),
                                 [&](const Doubt& doubt) { return doubt.place == place; }));
    }
    place->state = State::waiting;
    uncount(*place);
    ++resent_;
  }
}

std::size_t Outbox::expire(Time now) {
  std::size_t expired = 0;
  Messages& messages = lane(Lane::urgent);
  for (Place place = messages.begin(); place != messages.end();) {
    const Place here = place++;
    if (here->state != State::waiting || here->expires > now) continue;
    finish(here);
    ++expired;
  }
  return expired;
}

Time Outbox::first_expiry() const {
  Time first = Time::max();
  for (const Message& message : lanes_[static_cast<std::size_t>(Lane::urgent)]) {
    if (message.state == State::waiting) first = std::min(first, message.expires);
  }
  return first;
}

void Outbox::connection_lost() {
  flying_.clear();
  doubts_.clear();
  batch_sent_ = 0;
  newest_taken_.fill(0);
  in_flight_ = 0;
  in_flight_bytes_ = 0;
  for (const Message& message : lane(Lane::control))
    bytes_ -= message.bytes();
  lane(Lane::control).clear();
  for (const Lane which : {Lane::urgent, Lane::stored}) {
    for (Message& message : lane(which)) {
      message.counted = message.tried = false;
      if (message.state == State::waiting) continue;
      message.state = State::waiting;
      ++resent_;
    }
  }
  next_stored_ = lane(Lane::stored).begin();
}

}  // namespace tbgw::tb
